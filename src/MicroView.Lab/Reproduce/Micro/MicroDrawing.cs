using System.Globalization;
using ScottPlot;

namespace MicroView.Lab;

/// <summary>Figures and tables of micro, from its files.</summary>
internal static class MicroDrawing
{
    private static readonly string[] s_models = ["none", "TH", "FD", "RFD", "VAE"];
    private static readonly Dictionary<string, Color> s_colors = new() { ["none"] = Figure.Grey, ["TH"] = Figure.Green, ["FD"] = Figure.Blue, ["RFD"] = Figure.Orange, ["VAE"] = Figure.Red };

    public static void Draw(FigureFolder folder, FigureReport report)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(report);
        var points = MicroPoint.Read(folder);
        report.Heading("Read loop");
        report.Text("An LMAP reads and classifies its pods back to back. Mean over windows after the warm-up, ± standard error; the clock is the wall's, on a machine that runs the generator as well.");
        Series(report, "tput_vs_metrics", "Scrapes per second and LMAP, by metrics per pod", "metrics per pod", points.Where(point => point.Label.StartsWith("metric_", StringComparison.Ordinal) && point.Test == TestbedPlan.ReadLoop),
            point => point.Metrics, PublishedMicro.ByMetrics, "scrapes/s");
        Series(report, "tput_vs_pods", "Scrapes per second and LMAP, by pods", "pods", points.Where(point => point.Label.StartsWith("pods_", StringComparison.Ordinal) && point.Test == TestbedPlan.ReadLoop),
            point => point.Pods, PublishedMicro.ByPods, "scrapes/s");
        report.Heading("Prometheus endpoint");
        report.Text("`wrk -t1 -c1` over one connection, detection running beside. The output of each run of wrk is in `raw/LABEL/wrk_output.txt`.");
        Series(report, "prom_tput", "Requests per second of the endpoint, by metrics per pod", "metrics per pod", points.Where(point => point.Label.StartsWith("metric_", StringComparison.Ordinal) && point.Test == TestbedPlan.Prometheus),
            point => point.Metrics, new Dictionary<string, (double, double)[]> { ["none"] = PublishedMicro.Endpoint }, "requests/s");
        Series(report, "prom_tput_vs_pods", "Requests per second of the endpoint, by pods", "pods", points.Where(point => point.Label.StartsWith("pods_", StringComparison.Ordinal) && point.Test == TestbedPlan.Prometheus),
            point => point.Pods, new Dictionary<string, (double, double)[]>(), "requests/s");
        MicroCost.Draw(folder, report);
    }

    /// <summary>A figure with a line per model, its CSV, and its table.</summary>
    private static void Series(FigureReport report, string name, string title, string axis, IEnumerable<MicroPoint> points, Func<MicroPoint, int> x,
        IReadOnlyDictionary<string, (double X, double Y)[]> published, string unit)
    {
        MicroPoint[] sorted = [.. points.OrderBy(point => Array.IndexOf(s_models, point.Model)).ThenBy(x)];
        if (sorted.Length == 0)
            return;
        var figure = new Figure(title, axis, unit, 900, 480);
        foreach (var model in sorted.GroupBy(point => point.Model))
        {
            double[] xs = [.. model.Select(point => Math.Log2(x(point)))];
            var line = figure.Line(xs, [.. model.Select(point => Math.Log10(point.Rate.Mean))], s_colors[model.Key]);
            (line.LineWidth, line.MarkerSize, line.LegendText) = (2, 7, model.Key);
            foreach (var point in model.Where(point => point.Rate.Count > 1 && point.Rate.Error < point.Rate.Mean))
                Bar(figure, Math.Log2(x(point)), point.Rate, s_colors[model.Key]);
        }
        foreach (var (model, values) in published)
        {
            var line = figure.Line([.. values.Select(point => Math.Log2(point.X))], [.. values.Select(point => Math.Log10(point.Y))], s_colors[model].WithAlpha(0.7));
            (line.LineWidth, line.MarkerSize, line.MarkerShape, line.LegendText) = (1, 7, MarkerShape.OpenCircle, $"{(model == "none" ? "artifact" : model)}, published (other hardware)");
        }
        Figure.UsePowers(figure.Plot.Axes.Left, 10);
        Figure.UsePowers(figure.Plot.Axes.Bottom, 2);
        figure.Plot.Axes.Margins(0.05, 0.1);
        figure.Plot.ShowLegend(Edge.Right);
        report.Figure(figure, name, $"{title}. Filled: this machine. Open: {PublishedMicro.Remark}. Both axes are logarithmic.");
        WriteCsv(report, name, sorted);
        report.Table(2, ["label", "model", "pods", "metrics", unit, "± s.e.", "windows", "p50 ms", "p99 ms", "collector, cores", "published"], sorted.Select(point => (string[])
        [
            point.Label, point.Model, Text(point.Pods), Text(point.Metrics), Rounded(point.Rate.Mean), Rounded(point.Rate.Error), Text(point.Rate.Count), Small(point.P50), Small(point.P99), Small(point.CollectorCores),
            IsAsPublished(point) && Published(published, point.Model, x(point)) is { } value ? Text(value) : "–",
        ]));
    }

    /// <summary>The paper varies metrics with 8 pods, and pods with 64 metrics.</summary>
    private static bool IsAsPublished(MicroPoint point) => point.Label.StartsWith("metric_", StringComparison.Ordinal) ? point.Pods == 8 : point.Metrics == 64;

    private static double? Published(IReadOnlyDictionary<string, (double X, double Y)[]> published, string model, double x) =>
        published.TryGetValue(model, out var values) && values.Any(point => point.X == x) ? values.First(point => point.X == x).Y : null;

    private static void Bar(Figure figure, double x, Sampled rate, Color color)
    {
        var bar = figure.Plot.Add.Line(x, Math.Log10(rate.Mean - rate.Error), x, Math.Log10(rate.Mean + rate.Error));
        (bar.LineColor, bar.LineWidth) = (color, 1.5f);
    }

    private static void WriteCsv(FigureReport report, string name, MicroPoint[] points) => ResultFile.Write(Path.Combine(report.Folder, name + ".csv"), text =>
    {
        text.WriteRow("label", "model", "pods", "metrics", "mean", "standard_error", "windows", "p50_ms", "p90_ms", "p99_ms", "collector_cores");
        foreach (var point in points)
            text.WriteRow(point.Label, point.Model, point.Pods, point.Metrics, point.Rate.Mean, point.Rate.Error, point.Rate.Count, point.P50, point.P90, point.P99, point.CollectorCores);
    });

    private static string Text(double number) => number.ToString("#,0.##", CultureInfo.InvariantCulture);

    private static string Rounded(double number) => double.IsNaN(number) ? "–" : number.ToString(number < 100 ? "0.#" : "#,0", CultureInfo.InvariantCulture);

    private static string Small(double number) => double.IsNaN(number) ? "–" : number.ToString("0.###", CultureInfo.InvariantCulture);
}

/// <summary>A measured point: the windows of one label together.</summary>
internal sealed record MicroPoint(string Label, string Model, int Pods, int Metrics, string Test, Sampled Rate, double P50, double P90, double P99, double CollectorCores)
{
    public static IReadOnlyList<MicroPoint> Read(FigureFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var points = new List<MicroPoint>();
        foreach (var step in folder.Steps.Where(step => step.Parameters.GetValueOrDefault("kind") == MicroPlan.Run))
        {
            using var table = folder.Open(step.Id);
            var (rate, cores) = (table.Column("per_second"), table.Column("collector_cores"));
            var (p50, p90, p99) = (table.Column("p50_ms"), table.Column("p90_ms"), table.Column("p99_ms"));
            var (rates, last) = (new List<double>(), (P50: double.NaN, P90: double.NaN, P99: double.NaN, Cores: double.NaN));
            while (table.Read())
            {
                rates.Add(table.Number(rate));
                last = (table.Number(p50), table.Number(p90), table.Number(p99), table.Number(cores));
            }
            points.Add(new(step.Id, step.Parameters["model"], int.Parse(step.Parameters["pods"], CultureInfo.InvariantCulture), int.Parse(step.Parameters["metrics"], CultureInfo.InvariantCulture),
                step.Parameters["test"], Sampled.Of(rates), last.P50, last.P90, last.P99, last.Cores));
        }
        return points;
    }
}
