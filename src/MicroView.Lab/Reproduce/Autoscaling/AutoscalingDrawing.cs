using System.Globalization;
using ScottPlot;

namespace MicroView.Lab;

/// <summary>Figures and tables of the autoscaling runs.</summary>
internal static class AutoscalingDrawing
{
    private const int Shown = 3;

    public static void Draw(FigureFolder folder, FigureReport report)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(report);
        AutoscalingStory[] stories = [.. folder.Steps.Select(step => AutoscalingStory.Read(folder, step.Id))];
        report.Text("Users come in steps. The HPA asks for replicas; the node has no place for the fifth, which becomes Failed. Before time 0 the load is quiet, and the detectors learn. All times are the cluster's.");
        report.Heading("When what happens");
        report.Table(1, ["seconds after the steps began", .. stories.Select(story => AutoscalingFigure.TitleOf(story.Variant))], Rows(stories, folder));
        WriteEvents(folder, stories);
        foreach (var story in stories)
        {
            report.Heading(AutoscalingFigure.TitleOf(story.Variant));
            var suffix = story.Variant == AutoscalingPlan.ByCpu ? "" : $"_{story.Variant}";
            DrawScores(report, story, AutoscalingScores.Paper, $"fig9{suffix}", "The paper's detector");
            DrawScores(report, story, AutoscalingScores.Live, $"fig9_live{suffix}", "RFD, as deployed");
            DrawReplicas(report, story, $"replicas{suffix}");
            DrawTop(folder, report, story, suffix);
        }
    }

    private static IEnumerable<string[]> Rows(AutoscalingStory[] stories, FigureFolder folder)
    {
        var most = folder.Steps.Count > 0 ? int.Parse(folder.Steps[0].Parameters["max_replicas"], CultureInfo.InvariantCulture) : 0;
        string[] Line(string what, Func<AutoscalingStory, double?> when) => [what, .. stories.Select(story => Text(when(story)))];
        string[] Share(string what, Func<AutoscalingStory, double> share) => [what, .. stories.Select(story => share(story).ToString("P1", CultureInfo.InvariantCulture))];
        yield return Line("the paper's detector flags (three rows in a row)", story => story.FirstFlag(AutoscalingScores.Paper));
        yield return Line("RFD flags live (three rows in a row)", story => story.FirstFlag(AutoscalingScores.Live));
        yield return Line("RFD's alarm opens", story => story.FirstAlarm);
        yield return Line("the HPA asks for more replicas than before the steps", story => story.FirstAct);
        yield return Line("the HPA has asked for the most it may", story => story.AtMost(most));
        yield return Line("the first replica is Failed", story => story.FirstFailed);
        yield return Line("the objective breaks (three samples in a row)", story => story.FirstBreak);
        yield return Share("of the steps' time it is broken", story => story.BrokenShare);
        yield return Share("rows of the quiet load, not learnt from, that the paper's detector flags", story => story.QuietShare(AutoscalingScores.Paper));
        yield return Share("the same for RFD", story => story.QuietShare(AutoscalingScores.Live));
    }

    private static void WriteEvents(FigureFolder folder, AutoscalingStory[] stories) => ResultFile.Write(folder.Drawn("events.csv"), text =>
    {
        text.WriteRow(["event", .. stories.Select(story => story.Variant)]);
        foreach (var row in Rows(stories, folder))
            text.WriteRow([.. row]);
    });

    /// <summary>The paper's figure: load, score, threshold, anomalous points.</summary>
    private static void DrawScores(FigureReport report, AutoscalingStory story, string detector, string name, string title)
    {
        var rows = story.Judged(detector).ToArray();
        if (rows.Length == 0)
            return;
        var figure = new Figure($"{title} ({detector}), {AutoscalingFigure.TitleOf(story.Variant)}", "seconds of the cluster since the steps began", "score by threshold", 960, 400);
        DrawUsers(figure, story);
        double[] x = [.. rows.Select(row => row.Seconds)], y = [.. rows.Select(Ratio)];
        Label(figure.Line(x, y, Figure.Blue), "score by threshold", 1.2f);
        Label(figure.Line([x[0], x[^1]], [1, 1], Figure.Grey), "threshold", 1.2f);
        var anomalous = rows.Where(row => row.IsAnomalous).ToArray();
        if (anomalous.Length > 0)
        {
            var dots = figure.Dots([.. anomalous.Select(row => row.Seconds)], [.. anomalous.Select(Ratio)], Figure.Red);
            (dots.MarkerSize, dots.LegendText) = (4, "anomalous");
        }
        MarkEvents(figure, story);
        figure.Plot.Axes.SetLimitsY(0, Math.Max(1.5, 1.1 * Quantile(y, 0.99)));
        figure.Plot.Axes.SetLimitsX(story.Moments[0].Seconds, story.Moments[^1].Seconds);
        figure.Plot.ShowLegend(Edge.Bottom);
        report.Figure(figure, name, $"{title}: score by threshold, anomalous rows, and users (right). Vertical lines: first Failed replica (orange), objective broken (green).");
    }

    private static void DrawReplicas(FigureReport report, AutoscalingStory story, string name)
    {
        var figure = new Figure($"Replicas and latency, {AutoscalingFigure.TitleOf(story.Variant)}", "seconds of the cluster since the steps began", "pods", 960, 360);
        double[] x = [.. story.Moments.Select(moment => moment.Seconds)];
        Label(figure.Line(x, [.. story.Moments.Select(moment => moment.Replicas)], Figure.Blue), "asked for", 1.6f);
        Label(figure.Line(x, [.. story.Moments.Select(moment => moment.Ready)], Figure.Green), "ready", 1.6f);
        Label(figure.Line(x, [.. story.Moments.Select(moment => moment.Failed)], Figure.Orange), "Failed, so far", 1.6f);
        var latency = figure.Line(x, [.. story.Moments.Select(moment => double.IsNaN(moment.P95) ? 0 : moment.P95 / 1000)], Figure.Red);
        latency.Axes.YAxis = figure.Plot.Axes.Right;
        Label(latency, "95th percentile of latency, s (right)", 1.2f);
        NameRight(figure, "seconds");
        figure.Plot.Axes.SetLimitsX(x[0], x[^1]);
        figure.Plot.ShowLegend(Edge.Bottom);
        report.Figure(figure, name, "Replicas that the HPA asks for, that are ready and that are Failed; latency at the right.");
    }

    private static void DrawTop(FigureFolder folder, FigureReport report, AutoscalingStory story, string suffix)
    {
        var all = story.TopMetrics();
        ResultFile.Write(folder.Drawn($"top_metrics{suffix}.csv"), text =>
        {
            text.WriteRow("metric", "anomalous_rows", "mean_share");
            foreach (var (metric, rows, share) in all)
                text.WriteRow(metric, rows, share);
        });
        if (all.Count == 0)
        {
            report.Text("The paper's detector has flagged no row of the steps, so there are no top metrics.");
            return;
        }
        var top = all.Take(Shown).ToArray();
        var figure = new Figure($"Top metrics, {AutoscalingFigure.TitleOf(story.Variant)}", "anomalous rows that the metric is among the first three of", "", 960, 60 + 60 * Shown);
        for (var i = 0; i < top.Length; i++)
        {
            var bar = figure.Plot.Add.Bar(top.Length - i, top[i].Rows);
            bar.Horizontal = true;
            bar.Bars[0].FillColor = Figure.Blue;
            (bar.Bars[0].Size, bar.Bars[0].LineWidth) = (0.6, 0);
        }
        figure.Plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericManual([.. top.Select((_, i) => (double)(top.Length - i))], [.. top.Select(metric => metric.Metric)]);
        figure.Plot.Axes.Margins(left: 0);
        report.Figure(figure, $"top_metrics{suffix}", "The three metrics that explain the most rows which the paper's detector flags.");
        report.Table(1, ["metric", "anomalous rows", "mean share"], top.Select(metric => (string[])[$"`{metric.Metric}`", Text(metric.Rows), metric.Share.ToString("P0", CultureInfo.InvariantCulture)]));
    }

    private static void DrawUsers(Figure figure, AutoscalingStory story)
    {
        var users = figure.Line([.. story.Moments.Select(moment => moment.Seconds)], [.. story.Moments.Select(moment => moment.Users)], Figure.Grey.WithAlpha(0.9));
        users.Axes.YAxis = figure.Plot.Axes.Right;
        Label(users, "users (right)", 1.6f);
        NameRight(figure, "users");
    }

    private static void NameRight(Figure figure, string text)
    {
        var label = figure.Plot.Axes.Right.Label;
        (label.Text, label.Bold, label.FontSize) = (text, false, 13);
    }

    private static void MarkEvents(Figure figure, AutoscalingStory story)
    {
        if (story.FirstFailed is { } failed)
            figure.Plot.Add.VerticalLine(failed, 1.5f, Figure.Orange).LegendText = "first Failed replica";
        if (story.FirstBreak is { } broken)
            figure.Plot.Add.VerticalLine(broken, 1.5f, Figure.Green).LegendText = "objective broken";
    }

    private static void Label(ScottPlot.Plottables.Scatter line, string text, float width) => (line.LegendText, line.LineWidth) = (text, width);

    private static double Ratio(JudgedRow row) => row.Threshold > 0 ? row.Score / row.Threshold : 0;

    private static double Quantile(double[] values, double share) => values.Order().ElementAt((int)(share * (values.Length - 1)));

    private static string Text(double? value) => value is { } known ? known.ToString("0.#", CultureInfo.InvariantCulture) : "never";
}
