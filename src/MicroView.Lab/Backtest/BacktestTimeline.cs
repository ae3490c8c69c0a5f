namespace MicroView.Lab;

/// <summary>A service's scores, alarms and alerts over time, as an inline SVG that fills the width.</summary>
internal static class BacktestTimeline
{
    private const double Height = 50, Low = -1.5, High = 1.5; // decades around the threshold
    private const long Minute = 60_000_000_000, Hour = 60 * Minute, Day = 24 * Hour;
    private const int MostTicks = 12;

    private static readonly long[] TickSteps = [5 * Minute, 15 * Minute, Hour, 2 * Hour, 6 * Hour, 12 * Hour, Day, 2 * Day, 7 * Day, 30 * Day];

    public static void Write(TextWriter page, BacktestService service, IEnumerable<BacktestAlarm> alarms, IEnumerable<BacktestAlert> alerts)
    {
        ArgumentNullException.ThrowIfNull(page);
        ArgumentNullException.ThrowIfNull(service);
        var width = service.Timeline.Length;
        double X(long ns) => service.UntilNs > service.FromNs ? Math.Clamp((ns - service.FromNs) / (double)(service.UntilNs - service.FromNs), 0, 1) * width : 0;
        var name = BacktestPage.Text(service.Service);
        page.Write($"<div><strong>{name}</strong> <span class=\"soft\">{CsvTime.Format(service.FromNs)} to {CsvTime.Format(service.UntilNs)}</span></div>\n<svg viewBox=\"0 0 {width} {Height}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"scores of {name}\">");
        long[] ticks = [.. Ticks(service.FromNs, service.UntilNs)];
        foreach (var tick in ticks)
            page.Write($"<line class=\"hour\" x1=\"{BacktestPage.Number(X(tick), "0.##")}\" x2=\"{BacktestPage.Number(X(tick), "0.##")}\" y1=\"0\" y2=\"{Height}\"/>");
        foreach (var alarm in alarms)
            Bar(page, "alarm", X(alarm.StartNs), X(alarm.EndNs), 0, Height, $"alarm {alarm.Start}");
        foreach (var alert in alerts)
            Bar(page, "alert", X(alert.StartNs), X(alert.EndNs), Height - 5, 5, $"{alert.Name} {alert.Start}");
        var limit = BacktestPage.Number(Y(1), "0.#");
        page.Write($"<line class=\"limit\" x1=\"0\" x2=\"{width}\" y1=\"{limit}\" y2=\"{limit}\"/><path class=\"score\" d=\"");
        var pen = 'M';
        for (var i = 0; i < width; i++)
        {
            if (float.IsNaN(service.Timeline[i]))
            {
                pen = 'M';
                continue;
            }
            page.Write($"{pen}{i} {BacktestPage.Number(Y(service.Timeline[i]), "0.#")}");
            pen = 'L';
        }
        page.Write("\"/></svg>\n<div class=\"hours\">");
        // In HTML: text in a picture that is stretched would be stretched with it.
        foreach (var tick in ticks)
            page.Write($"<span style=\"left:{BacktestPage.Number(100 * X(tick) / width, "0.##")}%\">{TickLabel(tick)}</span>");
        page.Write("</div>\n");
    }

    /// <summary>Round times between two, never at the very edges, where a label would stick out.</summary>
    private static IEnumerable<long> Ticks(long from, long until)
    {
        var step = TickSteps.FirstOrDefault(step => (until - from) / step <= MostTicks, TickSteps[^1]);
        var margin = (until - from) / 50;
        for (var tick = from / step * step; tick < until - margin; tick += step)
            if (tick > from + margin)
                yield return tick;
    }

    /// <summary>The date at midnight, else the time of day.</summary>
    private static string TickLabel(long tick) => CsvTime.Format(tick) is var text && tick % Day == 0 ? text[5..10] : text[11..16];

    private static void Bar(TextWriter page, string kind, double from, double until, double top, double height, string title) =>
        page.Write($"<rect class=\"{kind}\" x=\"{BacktestPage.Number(from, "0.##")}\" y=\"{top}\" width=\"{BacktestPage.Number(Math.Max(1.5, until - from), "0.##")}\" height=\"{height}\"><title>{BacktestPage.Text(title)}</title></rect>");

    private static double Y(double ratio) => Height * (1 - (Math.Clamp(Math.Log10(Math.Max(ratio, 1e-9)), Low, High) - Low) / (High - Low));
}
