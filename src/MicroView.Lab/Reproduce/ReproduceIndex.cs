namespace MicroView.Lab;

/// <summary>The page that leads to the figures of a run.</summary>
internal static class ReproduceIndex
{
    /// <summary>Writes <c>index.md</c> and <c>index.html</c>; a figure's problem is what kept it from being finished.</summary>
    public static void Write(string folder, IReadOnlyList<(IFigure Figure, string? Problem)> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        var page = new FigureReport("The paper's evaluation, on this machine", folder);
        foreach (var (figure, problem) in results)
        {
            page.Heading(figure.Title);
            var finished = File.Exists(Path.Combine(folder, figure.Name, "report.html"));
            if (problem is not null)
                page.Text($"Failed: {problem}");
            if (finished)
                page.Link("report", $"{figure.Name}/report.html", figure.Section);
            else
                page.Text($"{figure.Section}: no report.");
        }
        page.Write("index");
    }
}
