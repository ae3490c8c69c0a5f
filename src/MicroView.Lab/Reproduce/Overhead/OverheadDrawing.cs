using System.Globalization;
using ScottPlot;

namespace MicroView.Lab;

/// <summary>Figures and tables of overhead, from its files.</summary>
internal static class OverheadDrawing
{
    // A process clock has ticks of 10 ms: less than this is not seen.
    private const double LeastCores = 1e-4;
    private const double LeastKilobits = 0.01;
    private const string PublishedName = "cAdvisor, published (other hardware)";

    // The paper's cAdvisor with Prometheus, 100 containers.
    private static readonly (double Generation, double Ingestion, double Cores)[] s_published = [(1, 1, 0.555), (10, 10, 0.06)];

    private static readonly (double, double)[] s_intervals = [(0.01, 0.01), (0.1, 0.1), (1, 1), (1, 10), (1, 60), (10, 10), (10, 60), (60, 60)];

    public static void Draw(FigureFolder folder, FigureReport report)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(report);
        var points = OverheadPoint.Read(folder);
        report.Heading("Cores");
        Headline(points, report);
        ByContainers(points, report, "cores_vs_containers", "CPU cores to generate and ingest, every second", "cores", point => point.Cores.Mean, LeastCores);
        ByIntervals(points, report);
        report.Heading("Network");
        ByContainers([.. points.Where(point => point.Net > 0)], report, "net_vs_containers", "Network between endpoint and Prometheus, every second", "kbit/s", point => point.Net, LeastKilobits);
        report.Heading("All measurements");
        report.Text("Generation / ingestion. Cores: mean over samples ± standard error. The collector of `microview-lmap` generates, ingests and detects in one process, which stands under generate.");
        report.Table(2, ["system", "intervals", "containers", "cores", "± s.e.", "generate", "ingest", "kbit/s", "series", "series per container"], points.OrderBy(point => point.Containers).ThenBy(point => point.Generation).ThenBy(point => point.Ingestion).ThenBy(point => point.Cores.Mean).Select(point => (string[])
        [
            point.System, point.Intervals, Text(point.Containers), Small(point.Cores.Mean), Small(point.Cores.Error), Small(point.Generate), Small(point.Ingest), Text(point.Net), Count(point.Series),
            Count((double)point.Series / point.Containers),
        ]));
        WriteCsv(points, report);
    }

    /// <summary>Ours against the cheapest peer, in the same step.</summary>
    private static void Headline(IReadOnlyList<OverheadPoint> points, FigureReport report)
    {
        foreach (var setting in points.Where(point => point.Generation == 1 && point.Ingestion == 1).GroupBy(point => point.Containers).OrderBy(setting => setting.Key))
        {
            var peers = setting.Where(point => !IsOurs(point)).OrderBy(point => point.Cores.Mean).ToArray();
            if (peers.Length == 0)
                continue;
            var peer = peers[0];
            var ours = setting.Where(IsOurs).Select(point => FormattableString.Invariant($"{point.System} {point.Cores.Mean:0.0000} ({Times(peer.Cores.Mean, point.Cores.Mean)})"));
            var telling = peers.FirstOrDefault(point => OverheadFigure.Systems.First(system => system.Name == point.System).Told is not null);
            report.Text(FormattableString.Invariant($"{setting.Key} containers, every second: the cheapest peer, {peer.System}, takes {peer.Cores.Mean:0.0000} cores; {string.Join(", ", ours)}.")
                + (telling is null || telling == peer ? "" : FormattableString.Invariant($" The cheapest that tells of each container, {telling.System}, takes {telling.Cores.Mean:0.0000}.")));
        }
    }

    private static string Times(double peer, double ours) =>
        ours <= peer ? FormattableString.Invariant($"{peer / ours:0.0} times less") : FormattableString.Invariant($"{ours / peer:0.0} times more");

    private static void ByContainers(IReadOnlyList<OverheadPoint> points, FigureReport report, string name, string title, string unit, Func<OverheadPoint, double> value, double least)
    {
        var shown = points.Where(point => point.Generation == 1 && point.Ingestion == 1).ToArray();
        if (shown.Length == 0)
            return;
        var figure = new Figure(title, "containers", unit, 900, 480);
        foreach (var system in shown.GroupBy(point => point.System).OrderBy(system => Order(system.Key)))
        {
            var sorted = system.OrderBy(point => point.Containers).ToArray();
            var line = figure.Line([.. sorted.Select(point => Math.Log10(point.Containers))], [.. sorted.Select(point => Math.Log10(Math.Max(least, value(point))))], Colour(system.Key));
            (line.LineWidth, line.MarkerSize, line.LegendText) = (2, 8, system.Key);
            line.MarkerShape = IsOurs(sorted[0]) ? MarkerShape.FilledCircle : MarkerShape.FilledSquare;
        }
        if (unit == "cores")
        {
            var published = figure.Dots([2], [Math.Log10(s_published[0].Cores)], Figure.Grey);
            (published.MarkerSize, published.MarkerShape, published.LegendText) = (10, MarkerShape.OpenCircle, PublishedName);
        }
        Figure.UsePowers(figure.Plot.Axes.Left, 10);
        Figure.UsePowers(figure.Plot.Axes.Bottom, 10);
        figure.Plot.Axes.Margins(0.08, 0.1);
        figure.Plot.ShowLegend(Edge.Right);
        report.Figure(figure, name, $"{title}. Circles: MicroView. Squares: peers, each with Debian's Prometheus. Both axes are logarithmic.");
    }

    private static void ByIntervals(IReadOnlyList<OverheadPoint> points, FigureReport report)
    {
        if (points.Count == 0)
            return;
        // The number of containers with the most settings, 100 before others.
        var containers = points.GroupBy(point => point.Containers).OrderByDescending(group => group.DistinctBy(point => point.Intervals).Count()).ThenBy(group => Math.Abs(group.Key - 100)).First().Key;
        var shown = points.Where(point => point.Containers == containers).ToArray();
        (double, double)[] intervals = [.. s_intervals.Where(pair => shown.Any(point => (point.Generation, point.Ingestion) == pair))];
        if (intervals.Length < 2)
            return;
        var figure = new Figure($"CPU cores by intervals of generation and ingestion, {containers} containers", "generated every (above), ingested every (below)", "cores", 900, 480);
        foreach (var system in shown.GroupBy(point => point.System).OrderBy(system => Order(system.Key)))
        {
            var sorted = system.OrderBy(At).ToArray();
            var dots = figure.Dots([.. sorted.Select(point => (double)At(point))], [.. sorted.Select(point => Math.Log10(Math.Max(LeastCores, point.Cores.Mean)))], Colour(system.Key));
            (dots.MarkerSize, dots.LegendText, dots.MarkerShape) = (9, system.Key, IsOurs(sorted[0]) ? MarkerShape.FilledCircle : MarkerShape.FilledSquare);
        }
        var published = containers == 100 ? s_published.Where(point => intervals.Contains((point.Generation, point.Ingestion))).ToArray() : [];
        if (published.Length > 0)
        {
            var dots = figure.Dots([.. published.Select(point => (double)Array.IndexOf(intervals, (point.Generation, point.Ingestion)))], [.. published.Select(point => Math.Log10(point.Cores))], Figure.Grey);
            (dots.MarkerSize, dots.MarkerShape, dots.LegendText) = (10, MarkerShape.OpenCircle, PublishedName);
        }
        Figure.UsePowers(figure.Plot.Axes.Left, 10);
        figure.Plot.Axes.Bottom.SetTicks([.. intervals.Select((_, i) => (double)i)], [.. intervals.Select(pair => $"{OverheadFigure.Interval(pair.Item1)}\n{OverheadFigure.Interval(pair.Item2)}")]);
        figure.Plot.Axes.Margins(0.1, 0.1);
        figure.Plot.ShowLegend(Edge.Right);
        report.Figure(figure, "cores_vs_intervals", $"CPU cores with {containers} containers, by how often values are generated and ingested. The vertical axis is logarithmic.");

        int At(OverheadPoint point) => Array.IndexOf(intervals, (point.Generation, point.Ingestion));
    }

    private static void WriteCsv(IReadOnlyList<OverheadPoint> points, FigureReport report) => ResultFile.Write(Path.Combine(report.Folder, "overhead.csv"), text =>
    {
        text.WriteRow("system", "containers", "generation", "ingestion", "cores", "standard_error", "samples", "cores_generate", "cores_ingest", "kbit_per_second", "series");
        foreach (var point in points)
            text.WriteRow(point.System, point.Containers, point.Generation, point.Ingestion, point.Cores.Mean, point.Cores.Error, point.Cores.Count, point.Generate, point.Ingest, point.Net, point.Series);
    });

    private static bool IsOurs(OverheadPoint point) => OverheadFigure.Systems.First(system => system.Name == point.System).IsOurs;

    private static int Order(string system) => OverheadFigure.Systems.Index().OrderBy(entry => !entry.Item.IsOurs).Select((entry, i) => (entry.Item.Name, i)).First(entry => entry.Name == system).i;

    private static Color Colour(string system) => system switch
    {
        "microview" => Figure.Blue, "microview-lmap" => Color.FromHex("#56B4E9"), "microview-pods" => Figure.Green,
        "node-exporter" => Figure.Orange, "process-exporter" => Figure.Red, "netdata" => Color.FromHex("#CC79A7"), _ => Color.FromHex("#000000"),
    };

    private static string Text(double number) => number.ToString(number < 100 ? "0.##" : "#,0", CultureInfo.InvariantCulture);

    private static string Count(double series) => series > 0 ? Text(series) : "–";

    private static string Small(double number) => double.IsNaN(number) ? "–" : number.ToString("0.0000", CultureInfo.InvariantCulture);
}
