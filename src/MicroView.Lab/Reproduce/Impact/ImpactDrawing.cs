using System.Globalization;
using ScottPlot;

namespace MicroView.Lab;

/// <summary>Figures and tables of impact, from its files. Every value is compared with no monitoring in the same round.</summary>
internal static class ImpactDrawing
{
    private static readonly Dictionary<string, Color> s_colors = new() { [ImpactFigure.Ours] = Figure.Blue, ["prometheus-net"] = Figure.Orange, ["opentelemetry"] = Figure.Red };
    private static readonly string[] s_columns = ["requests_per_second", "p50_ms", "p90_ms", "p99_ms", "app_us_per_request", "app_cores", "monitor_cores", "scrapes_per_second"];

    private sealed record Row(int Round, string Monitor, double Interval, IReadOnlyDictionary<string, double> Values);

    public static void Draw(FigureFolder folder, FigureReport report)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(report);
        Row[] rows = [.. folder.Steps.Index().SelectMany(step => folder.Rows(step.Item.Id).Select(row => new Row(step.Index, row["monitor"], Number(row["interval"]), s_columns.ToDictionary(column => column, column => Number(row[column])))))];
        if (rows.Length == 0)
            return;
        Noise(rows, report);
        Relative(rows, report, "impact_throughput", "requests_per_second", "Throughput, of that without monitoring", "share of throughput");
        Relative(rows, report, "impact_cpu", "app_us_per_request", "CPU of the service per request, of that without monitoring", "times the CPU");
        Relative(rows, report, "impact_latency", "p99_ms", "99th percentile of latency, of that without monitoring", "times the latency");
        report.Heading("All measurements");
        report.Table(2, ["monitor", "scrapes every", "requests/s", "p50 ms", "p90 ms", "p99 ms", "µs CPU of the service per request", "cores of the service", "cores of the monitor", "scrapes/s"], rows.GroupBy(row => (row.Monitor, row.Interval)).Select(group => (string[])
        [
            group.Key.Monitor, group.Key.Interval > 0 ? OverheadFigure.Interval(group.Key.Interval) : "–", .. s_columns.Select(column => Text(Sampled.Of([.. group.Select(row => row.Values[column])]))),
        ]));
        ResultFile.Write(Path.Combine(report.Folder, "impact.csv"), text =>
        {
            text.WriteRow(["round", "monitor", "interval", .. s_columns]);
            foreach (var row in rows)
                text.WriteRow([row.Round + 1, row.Monitor, row.Interval, .. s_columns.Select(column => (object)row.Values[column])]);
        });
    }

    private static void Noise(Row[] rows, FigureReport report)
    {
        double[] differences = [.. rows.GroupBy(row => row.Round).Select(round => (First: round.FirstOrDefault(row => row.Monitor == ImpactFigure.None), Again: round.FirstOrDefault(row => row.Monitor == ImpactFigure.NoneAgain)))
            .Where(pair => pair.First is not null && pair.Again is not null).Select(pair => Math.Abs(pair.Again!.Values["requests_per_second"] / pair.First!.Values["requests_per_second"] - 1))];
        if (differences.Length == 0)
            return;
        report.Text(FormattableString.Invariant($"Noise: nothing is measured twice in each round; the two throughputs differ by {100 * differences.Average():0.0} % on average and {100 * differences.Max():0.0} % at most, in {differences.Length} rounds. A smaller difference is none. Throughput and latency also follow what else the machine does; CPU per request hardly does."));
        foreach (var (monitor, interval) in rows.Where(row => row.Interval > 0).Select(row => (row.Monitor, row.Interval)).Distinct())
        {
            var share = Of(rows, monitor, interval, "requests_per_second");
            report.Text(FormattableString.Invariant($"{monitor}, scraped every {OverheadFigure.Interval(interval)}: {100 * (share.Mean - 1):+0.0;-0.0} % throughput{(share.Count > 1 ? FormattableString.Invariant($" ± {100 * share.Error:0.0}") : "")}."));
        }
    }

    /// <summary>A column relative to no monitoring in the same round (both measurements of it), by interval.</summary>
    private static Sampled Of(Row[] rows, string monitor, double interval, string column) => Sampled.Of([.. rows.Where(row => row.Monitor == monitor && row.Interval == interval)
        .Select(row => row.Values[column] / rows.Where(other => other.Round == row.Round && other.Interval == 0).Average(other => other.Values[column]))]);

    private static void Relative(Row[] rows, FigureReport report, string name, string column, string title, string unit)
    {
        double[] intervals = [.. rows.Where(row => row.Interval > 0).Select(row => row.Interval).Distinct().OrderDescending()];
        var figure = new Figure(title, "time between scrapes", unit, 900, 420);
        figure.Line([-0.3, intervals.Length - 0.7], [1, 1], Figure.Grey).LegendText = "no monitoring";
        foreach (var monitor in rows.Where(row => row.Interval > 0).GroupBy(row => row.Monitor))
        {
            double[] own = [.. intervals.Where(interval => monitor.Any(row => row.Interval == interval))];
            Sampled[] values = [.. own.Select(interval => Of(rows, monitor.Key, interval, column))];
            var line = figure.Line([.. own.Select(interval => (double)Array.IndexOf(intervals, interval))], [.. values.Select(value => value.Mean)], s_colors.GetValueOrDefault(monitor.Key, Figure.Green));
            (line.LineWidth, line.MarkerSize, line.LegendText) = (2, 8, monitor.Key);
            foreach (var (interval, value) in own.Zip(values).Where(pair => pair.Second.Count > 1))
            {
                var bar = figure.Plot.Add.Line(Array.IndexOf(intervals, interval), value.Mean - value.Error, Array.IndexOf(intervals, interval), value.Mean + value.Error);
                (bar.LineColor, bar.LineWidth) = (s_colors.GetValueOrDefault(monitor.Key, Figure.Green), 1.5f);
            }
        }
        figure.Plot.Axes.Bottom.SetTicks([.. intervals.Select((_, i) => (double)i)], [.. intervals.Select(OverheadFigure.Interval)]);
        figure.Plot.Axes.Margins(0.1, 0.15);
        figure.Plot.ShowLegend(Edge.Right);
        report.Figure(figure, name, $"{title}, by the time between scrapes.");
    }

    private static double Number(string text) => text.Length == 0 ? double.NaN : double.Parse(text, CultureInfo.InvariantCulture);

    private static string Text(Sampled value)
    {
        var format = value.Mean >= 100 ? "#,0" : value.Mean >= 10 ? "0.0" : "0.000";
        return value.Mean.ToString(format, CultureInfo.InvariantCulture) + (value.Count > 1 ? $" ± {value.Error.ToString(format, CultureInfo.InvariantCulture)}" : "");
    }
}
