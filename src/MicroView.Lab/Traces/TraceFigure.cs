using ScottPlot;

namespace MicroView.Lab;

/// <summary>Coverage over cost: traces worth keeping that were kept, over all traces kept.</summary>
internal static class TraceFigure
{
    private static readonly Color[] Colors = [Figure.Blue, Figure.Green, Figure.Orange, Color.FromHex("#CC79A7")];

    public static void Write(string path, IReadOnlyList<(string Model, SamplingOutcome[] Points)> curves, SamplingOutcome latency, SamplingOutcome[] head)
    {
        ArgumentNullException.ThrowIfNull(curves);
        ArgumentNullException.ThrowIfNull(head);
        var figure = new Figure("Trace sampling", "traces kept, %", "traces worth keeping that were kept, %", 640, 460);
        var chance = figure.Line([0, 100], [0, 100], Figure.Grey);
        chance.LegendText = "by chance";
        foreach (var (index, (model, points)) in curves.Index())
        {
            var sorted = points.OrderBy(point => point.Share).ToArray();
            var line = figure.Line([.. sorted.Select(point => 100 * point.Share)], [.. sorted.Select(point => 100 * point.Coverage)], Colors[index % Colors.Length]);
            (line.LineWidth, line.MarkerSize, line.LegendText) = (2, 6, model);
        }
        Points(figure, [latency], Figure.Red, "latency trigger");
        Points(figure, head, Figure.Grey, "head sampling");
        figure.Plot.Axes.SetLimits(-2, 102, -2, 102);
        figure.Plot.ShowLegend(Alignment.LowerRight);
        figure.Save(path);
    }

    private static void Points(Figure figure, SamplingOutcome[] outcomes, Color color, string legend)
    {
        var dots = figure.Dots([.. outcomes.Select(point => 100 * point.Share)], [.. outcomes.Select(point => 100 * point.Coverage)], color);
        (dots.MarkerSize, dots.LegendText) = (8, legend);
    }
}
