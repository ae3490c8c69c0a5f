using System.Globalization;
using ScottPlot;

namespace MicroView.Lab;

/// <summary>Draws the tracing figure from the tables of its steps.</summary>
internal static class TracingDrawing
{
    private const double TargetShare = 0.24, TargetCoverage = 0.96;

    private static readonly (string Method, Color Color, MarkerShape Marker)[] Curves =
    [
        ("RFD", Figure.Blue, MarkerShape.FilledCircle), ($"RFD, {TracingPoint.Held}", Figure.Blue, MarkerShape.OpenCircle), ($"RFD, {TracingPoint.Waiting}", Figure.Blue, MarkerShape.FilledSquare), ("FD", Figure.Green, MarkerShape.FilledCircle),
        ("RFD, all metrics", Color.FromHex("#56B4E9"), MarkerShape.FilledTriangleUp), ("VAE", Figure.Orange, MarkerShape.FilledCircle), ("TH", Color.FromHex("#CC79A7"), MarkerShape.FilledCircle), ("latency trigger", Figure.Red, MarkerShape.FilledDiamond),
    ];

    public static void Draw(FigureFolder folder, FigureReport report)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(report);
        IReadOnlyList<TracingPoint>[] runs = [.. folder.Steps.Select(step => { using var table = folder.Open(step.Id); return (IReadOnlyList<TracingPoint>)[.. TracingPoint.Read(table)]; })];
        TracingMean[] means = [.. runs.SelectMany(run => run).GroupBy(point => (point.Method, point.Chosen, point.Setting)).Select(group => TracingMean.Of(group.Key.Method, group.Key.Chosen, group.Key.Setting, [.. group]))];
        Summary(report, runs, means);
        report.Figure(LabelFree(means, runs.Length), "coverage", "Without labels: coverage of slow and failed traces against the share of traces kept. Thresholds from the 90th to the 99.9th percentile of the quiet time; bars are 95 % confidence intervals over runs.");
        report.Figure(Chosen(means, runs.Length), "chosen", "What each way does at its own setting, and what was chosen by the labels of the very traces that are judged (red), as in the artifact. The paper's figure is of its own testbed.");
        report.Heading("Without labels");
        Table(report, means.Where(mean => mean.Chosen == TracingPoint.LabelFree));
        report.Heading("Chosen by labels, and references");
        report.Text("By labels: per service the best F1 of the paper's grid on the injected faults. Nobody who runs a service has these.");
        Table(report, means.Where(mean => mean.Chosen is TracingPoint.ByLabels or TracingPoint.Reference));
    }

    private static void Summary(FigureReport report, IReadOnlyList<TracingPoint>[] runs, TracingMean[] means)
    {
        report.Heading("In short");
        var lines = new List<string>();
        foreach (var method in (string[])["RFD", $"RFD, {TracingPoint.Held}", $"RFD, {TracingPoint.Waiting}", "FD", "VAE", "RFD, all metrics", "control word, as deployed"])
            if (means.FirstOrDefault(mean => mean is { Chosen: TracingPoint.LabelFree, Setting: TracingPoint.Own } && mean.Method == method) is { } own)
            {
                var reached = runs.Count(run => run.Any(point => point.Method == method && point is { Chosen: TracingPoint.LabelFree, Setting: TracingPoint.Own, Share: < TargetShare, Coverage: >= TargetCoverage }));
                lines.Add($"{method}, without labels, at its own setting: {own.Text}. At least 96 % of the traces worth keeping at less than 24 % kept: in {reached} of {runs.Length} runs.");
            }
        if (means.FirstOrDefault(mean => mean.Method == TracingPoint.WorthKeeping) is { } worth)
            lines.Add(FormattableString.Invariant($"{100 * worth.Share:0.0} % of the traces are worth keeping; {100 * worth.Coverage:0.0} % of these began during an injected fault or within 5 s of its end: those that a fault explains. The others are spread over the whole time, one by one: they limit every way that watches services rather than traces."));
        if (means.FirstOrDefault(mean => mean.Method == TracingPoint.QuietTail) is { } tail)
            lines.Add(FormattableString.Invariant($"{100 * tail.Share:0.0} % of the traces of the quiet time are as slow (mean + 3 standard deviations of a latency that is not Gaussian), with no fault about: the tail that these operations have anyway."));
        if (means.FirstOrDefault(mean => mean.Method == TracingPoint.Counts) is { } counts)
            lines.Add(FormattableString.Invariant($"{runs.Length} runs, {counts.Share:0} traces judged and {counts.Coverage:0} of them worth keeping, on average."));
        if (means.FirstOrDefault(mean => mean is { Method: "oracle of faults" }) is { } oracle)
            lines.Add($"Who knows the faults to the millisecond and keeps exactly the traces that begin in them has {oracle.Text}: what is slow in the seconds after a fault is not in it.");
        var best = means.Where(mean => mean.Chosen == TracingPoint.LabelFree && mean.Share < TargetShare).MaxBy(mean => mean.Coverage);
        if (best is not null)
            lines.Add($"The most that anything label-free covers below 24 % kept: {best.Method} ({best.Setting}), {best.Text}.");
        var enough = means.Where(mean => mean is { Chosen: TracingPoint.LabelFree, Explained: >= TargetCoverage }).MinBy(mean => mean.Share);
        lines.Add(enough is null ? "Of those that a fault explains, nothing label-free covers 96 %."
            : FormattableString.Invariant($"Of those that a fault explains, 96 % takes {enough.Method} ({enough.Setting}): {100 * enough.Explained:0.0} % of them at {100 * enough.Share:0.0} % of all traces kept."));
        report.Items(lines);
    }

    private static Figure LabelFree(TracingMean[] means, int runs)
    {
        var figure = Empty($"Trace sampling without labels, {runs} run{(runs == 1 ? "" : "s")}");
        foreach (var (method, color, marker) in Curves)
            Curve(figure, [.. means.Where(mean => mean.Method == method && mean.Chosen == TracingPoint.LabelFree)], method, color, marker);
        Curve(figure, [.. means.Where(mean => mean.Method == "control word, as deployed")], "control word, as deployed", Color.FromHex("#000000"), MarkerShape.FilledSquare);
        Curve(figure, [.. means.Where(mean => mean.Method == "head sampling")], "head sampling", Figure.Grey, MarkerShape.FilledSquare);
        Curve(figure, [.. means.Where(mean => mean.Method == "oracle of faults")], "knows the faults", Figure.Grey, MarkerShape.OpenTriangleUp);
        Curve(figure, [.. means.Where(mean => mean.Method == "oracle of traces")], "knows the traces", Figure.Grey, MarkerShape.OpenDiamond);
        return figure;
    }

    private static Figure Chosen(TracingMean[] means, int runs)
    {
        var figure = Empty($"Trace sampling at chosen settings, {runs} run{(runs == 1 ? "" : "s")}");
        var paper = figure.Dots([100 * TargetShare], [97], Figure.Orange);
        (paper.MarkerShape, paper.MarkerSize, paper.LegendText) = (MarkerShape.Asterisk, 12, "paper: FD, by labels, DSB Hotel");
        foreach (var mean in means.Where(mean => mean.Chosen == TracingPoint.ByLabels))
            Curve(figure, [mean], $"{mean.Method}, by labels", Figure.Red, mean.Method.StartsWith("FD", StringComparison.Ordinal) ? MarkerShape.FilledCircle : MarkerShape.FilledSquare);
        var shapes = new[] { MarkerShape.FilledCircle, MarkerShape.OpenCircle, MarkerShape.FilledSquare, MarkerShape.OpenSquare, MarkerShape.FilledDiamond, MarkerShape.OpenDiamond, MarkerShape.FilledTriangleUp, MarkerShape.OpenTriangleUp, MarkerShape.FilledTriangleDown };
        // Colour and shape together are one way each.
        foreach (var kind in means.Where(mean => mean is { Chosen: TracingPoint.LabelFree, Setting: TracingPoint.Own }).GroupBy(ColorOf))
            foreach (var (index, mean) in kind.Index())
                Curve(figure, [mean], $"{mean.Method}, label-free", kind.Key, shapes[index % shapes.Length]);
        Curve(figure, [.. means.Where(mean => mean.Method == "head sampling")], "head sampling", Figure.Grey, MarkerShape.FilledSquare);
        return figure;
    }

    private static Color ColorOf(TracingMean mean) => mean.Method.Contains(TracingPoint.AllMetrics, StringComparison.Ordinal) ? Color.FromHex("#56B4E9")
        : mean.Method.Contains(", grid", StringComparison.Ordinal) ? Figure.Green : Figure.Blue;

    private static Figure Empty(string title)
    {
        var figure = new Figure(title, "traces kept, %", "traces worth keeping that were kept, %", 960, 540);
        figure.Line([0, 100], [0, 100], Color.FromHex("#CCCCCC")).LegendText = "by chance";
        figure.Plot.Axes.SetLimits(-2, 102, -2, 104);
        figure.Plot.ShowLegend(Edge.Right);
        return figure;
    }

    private static void Curve(Figure figure, TracingMean[] means, string name, Color color, MarkerShape marker)
    {
        TracingMean[] sorted = [.. means.Where(mean => double.IsFinite(mean.Coverage)).OrderBy(mean => mean.Share).ThenBy(mean => mean.Coverage)];
        if (sorted.Length == 0)
            return;
        double[] x = [.. sorted.Select(mean => 100 * mean.Share)], y = [.. sorted.Select(mean => 100 * mean.Coverage)];
        foreach (var (mean, index) in sorted.Select((mean, index) => (mean, index)).Where(pair => pair.mean.Runs > 1))
            foreach (var (dx, dy) in ((double, double)[])[(100 * mean.ShareInterval, 0), (0, 100 * mean.CoverageInterval)])
                figure.Line([Math.Max(0, x[index] - dx), Math.Min(100, x[index] + dx)], [Math.Max(0, y[index] - dy), Math.Min(100, y[index] + dy)], color.WithAlpha(0.45));
        var line = figure.Line(x, y, color);
        (line.LineWidth, line.MarkerSize, line.MarkerShape, line.LegendText) = (sorted.Length > 1 ? 1.5f : 0, 8, marker, name);
    }

    private static void Table(FigureReport report, IEnumerable<TracingMean> means) => report.Table(2, ["way", "setting", "kept, %", "±", "covered, %", "±", "covered / kept", "explained by a fault, %"],
        means.Select(mean => (string[])[mean.Chosen == TracingPoint.ByLabels ? $"{mean.Method}, by labels" : mean.Method, mean.Setting, Percent(mean.Share), Percent(mean.ShareInterval), Percent(mean.Coverage), Percent(mean.CoverageInterval),
            mean.Share > 0 ? (mean.Coverage / mean.Share).ToString("0.00", CultureInfo.InvariantCulture) : "-", Percent(mean.Explained)]));

    private static string Percent(double share) => double.IsFinite(share) ? (100 * share).ToString("0.0", CultureInfo.InvariantCulture) : "-";
}

/// <summary>A way at a setting over all runs: means, and half-widths of 95 % confidence intervals by Student's t (NaN of one run).</summary>
internal sealed record TracingMean(string Method, string Chosen, string Setting, int Runs, double Share, double ShareInterval, double Coverage, double CoverageInterval, double Explained)
{
    // Student's t, 97.5 %, by degrees of freedom.
    private static readonly double[] T = [double.NaN, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

    public string Text => string.Create(CultureInfo.InvariantCulture, $"{100 * Coverage:0.0}{Within(CoverageInterval)} % of the traces worth keeping, at {100 * Share:0.0}{Within(ShareInterval)} % kept{(double.IsFinite(Explained) ? $" ({100 * Explained:0.0} % of those that a fault explains)" : "")}");

    public static TracingMean Of(string method, string chosen, string setting, IReadOnlyList<TracingPoint> points)
    {
        var (share, shareInterval) = Interval([.. points.Select(point => point.Share)]);
        var (coverage, coverageInterval) = Interval([.. points.Select(point => point.Coverage)]);
        return new(method, chosen, setting, points.Count, share, shareInterval, coverage, coverageInterval, points.Average(point => point.Explained));
    }

    internal static (double Mean, double HalfWidth) Interval(double[] values)
    {
        var mean = values.Average();
        if (values.Length < 2)
            return (mean, double.NaN);
        var deviation = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
        return (mean, (values.Length - 1 < T.Length ? T[values.Length - 1] : 1.96) * deviation / Math.Sqrt(values.Length));
    }

    private static string Within(double interval) => double.IsFinite(interval) ? string.Create(CultureInfo.InvariantCulture, $" ± {100 * interval:0.0}") : "";
}
