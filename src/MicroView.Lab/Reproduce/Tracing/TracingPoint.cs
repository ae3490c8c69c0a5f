namespace MicroView.Lab;

/// <summary>What one way to sample comes to in one run.</summary>
/// <param name="Method">The way.</param>
/// <param name="Chosen">How its settings were chosen: <see cref="LabelFree"/>, <see cref="ByLabels"/>, or <see cref="Reference"/>.</param>
/// <param name="Setting">Its threshold or rate.</param>
/// <param name="Share">Share of all traces that it kept.</param>
/// <param name="Coverage">Share of those worth keeping that it kept.</param>
internal sealed record TracingPoint(string Method, string Chosen, string Setting, double Share, double Coverage)
{
    public const string LabelFree = "label-free", ByLabels = "by labels", Reference = "reference", Fact = "fact";

    /// <summary>Ends the name of a way that sees levels as well (<see cref="WorkMetrics"/>).</summary>
    public const string AllMetrics = ", all metrics";

    /// <summary>The setting that a method has by itself.</summary>
    public const string Own = "own";

    /// <summary>Worth keeping as a share of all traces, and the share of these that began in an injected fault or the seconds after it.</summary>
    public const string WorthKeeping = "worth keeping";

    /// <summary>Number of traces judged, and of those worth keeping: not shares.</summary>
    public const string Counts = "traces";

    public static void Write(TextWriter text, IEnumerable<TracingPoint> points)
    {
        text.WriteRow("method", "chosen", "setting", "share", "coverage");
        foreach (var point in points)
            text.WriteRow(point.Method, point.Chosen, point.Setting, point.Share, point.Coverage);
    }

    public static IEnumerable<TracingPoint> Read(CsvTable table)
    {
        int[] columns = [.. ((string[])["method", "chosen", "setting", "share", "coverage"]).Select(table.Column)];
        while (table.Read())
            yield return new(table.Cell(columns[0]).ToString(), table.Cell(columns[1]).ToString(), table.Cell(columns[2]).ToString(), table.Number(columns[3]), table.Number(columns[4]));
    }
}
