namespace MicroView.Lab;

/// <summary>What one way to sample comes to in one run.</summary>
/// <param name="Method">The way.</param>
/// <param name="Chosen">How its settings were chosen: <see cref="LabelFree"/>, <see cref="ByLabels"/>, or <see cref="Reference"/>.</param>
/// <param name="Setting">Its threshold or rate.</param>
/// <param name="Share">Share of all traces that it kept.</param>
/// <param name="Coverage">Share of those worth keeping that it kept.</param>
/// <param name="Explained">The same of those among them that began during an injected fault or within 5 s of its end.</param>
internal sealed record TracingPoint(string Method, string Chosen, string Setting, double Share, double Coverage, double Explained = double.NaN)
{
    public const string LabelFree = "label-free", ByLabels = "by labels", Reference = "reference", Fact = "fact";

    /// <summary>Ends the name of a way that sees levels as well (<see cref="WorkMetrics"/>).</summary>
    public const string AllMetrics = ", all metrics";

    /// <summary>Ends the name of a way that goes on keeping for 2 s after an anomaly, and of one that also waits 2 s before it drops a trace, so that an anomaly's first traces are kept.</summary>
    public const string Held = "held 2 s", Waiting = "held and 2 s back";

    /// <summary>The setting that a method has by itself.</summary>
    public const string Own = "own";

    /// <summary>Worth keeping as a share of all traces, and the share of these that began in an injected fault or the seconds after it.</summary>
    public const string WorthKeeping = "worth keeping";

    /// <summary>Share of the traces of the quiet time that are as slow as what is worth keeping: the tail that operations have anyway.</summary>
    public const string QuietTail = "slow in the quiet time";

    /// <summary>Number of traces judged, and of those worth keeping: not shares.</summary>
    public const string Counts = "traces";

    public static void Write(TextWriter text, IEnumerable<TracingPoint> points)
    {
        text.WriteRow("method", "chosen", "setting", "share", "coverage", "explained");
        foreach (var point in points)
            text.WriteRow(point.Method, point.Chosen, point.Setting, point.Share, point.Coverage, point.Explained);
    }

    public static IEnumerable<TracingPoint> Read(CsvTable table)
    {
        int[] columns = [.. ((string[])["method", "chosen", "setting", "share", "coverage", "explained"]).Select(table.Column)];
        while (table.Read())
            yield return new(table.Cell(columns[0]).ToString(), table.Cell(columns[1]).ToString(), table.Cell(columns[2]).ToString(), table.Number(columns[3]), table.Number(columns[4]), table.Number(columns[5]));
    }
}
