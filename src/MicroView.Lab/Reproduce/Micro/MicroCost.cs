using System.Globalization;
using ScottPlot;

namespace MicroView.Lab;

/// <summary>CPU per pod vector: beside the artifact's code, and how it grows with the number of pods.</summary>
internal static class MicroCost
{
    private static readonly Dictionary<string, Color> s_colors = new() { ["TH"] = Figure.Green, ["FD"] = Figure.Blue, ["RFD"] = Figure.Orange, ["VAE"] = Figure.Red };

    private sealed record Point(string Model, int Pods, int Metrics, double Ns, double Best);

    public static void Draw(FigureFolder folder, FigureReport report)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(report);
        Point[] points = [.. folder.Steps.Where(step => step.Parameters.GetValueOrDefault("kind") == MicroPlan.Cost).Select(step => Read(folder, step.Id))];
        if (points.Length == 0)
            return;
        report.Heading("CPU per pod vector");
        report.Text("Reading and classifying one pod's row, by the CPU clock of the thread that does it: other programs on the machine cost it cache misses, not time. The artifact's code beside it is its numpy read loop over shared memory on one core of an AMD EPYC, its stray debug line removed, measured on another day; such machines drift by up to 1.8×.");
        report.Table(1, ["model", "pods", "metrics", "ns", "best window, ns", "artifact's code, µs", "times faster"], points.OrderBy(point => point.Model, StringComparer.Ordinal).ThenBy(point => point.Pods).ThenBy(point => point.Metrics).Select(point =>
        {
            var artifact = PublishedMicro.FixedCodeMicroseconds(point.Model, point.Pods, point.Metrics);
            return (string[])[point.Model, Text(point.Pods), Text(point.Metrics), Text(point.Ns), Text(point.Best), artifact is { } us ? Text(us) : "–", artifact is { } peer ? Text(peer * 1000 / point.Ns) : "–"];
        }));
        Growth(points, report);
        ResultFile.Write(Path.Combine(report.Folder, "cost_vs_pods.csv"), text =>
        {
            text.WriteRow("model", "pods", "metrics", "ns_cpu_per_pod_vector", "best_ns_cpu_per_pod_vector");
            foreach (var point in points)
                text.WriteRow(point.Model, point.Pods, point.Metrics, point.Ns, point.Best);
        });
    }

    private static void Growth(Point[] points, FigureReport report)
    {
        var figure = new Figure("CPU per pod vector, by pods of 64 metrics", "pods", "ns", 900, 420);
        var drawn = false;
        foreach (var model in points.Where(point => point.Metrics == 64).GroupBy(point => point.Model))
        {
            Point[] sorted = [.. model.OrderBy(point => point.Pods)];
            if (sorted.Length < 2)
                continue;
            var line = figure.Line([.. sorted.Select(point => Math.Log10(point.Pods))], [.. sorted.Select(point => point.Ns)], s_colors.GetValueOrDefault(model.Key, Figure.Grey));
            (line.LineWidth, line.MarkerSize, line.LegendText) = (2, 7, model.Key);
            drawn = true;
            var (few, many) = (sorted.FirstOrDefault(point => point.Pods == 8), sorted.FirstOrDefault(point => point.Pods == 2000));
            if (few is not null && many is not null)
                report.Text(FormattableString.Invariant($"{model.Key}: {few.Ns:0} ns with 8 pods, {many.Ns:0} ns with 2,000: {100 * (many.Ns / few.Ns - 1):+0;-0} %. Flat would be within 25 %; what is more is memory that a core's caches do not hold."));
        }
        if (!drawn)
            return;
        Figure.UsePowers(figure.Plot.Axes.Bottom, 10);
        figure.Plot.Axes.Margins(0.05, 0.1);
        figure.Plot.Axes.SetLimitsY(0, figure.Plot.Axes.GetLimits().Top);
        figure.Plot.ShowLegend(Edge.Right);
        report.Figure(figure, "cost_vs_pods", "CPU per pod vector by the number of pods. The horizontal axis is logarithmic, the vertical one begins at 0.");
    }

    private static Point Read(FigureFolder folder, string step)
    {
        using var table = folder.Open(step);
        if (!table.Read())
            throw table.Error("there is no row");
        return new(table.Cell(table.Column("model")).ToString(), (int)table.Number(table.Column("pods")), (int)table.Number(table.Column("metrics")), table.Number(table.Column("ns_cpu_per_pod_vector")), table.Number(table.Column("best_ns_cpu_per_pod_vector")));
    }

    private static string Text(double number) => number.ToString(number < 100 ? "0.#" : "#,0", CultureInfo.InvariantCulture);
}
