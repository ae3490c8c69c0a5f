namespace MicroView.Lab;

/// <summary>A service's scores, alarms and alerts over time, as an inline SVG that fills the width.</summary>
internal static class BacktestTimeline
{
    private const double Height = 50, Low = -1.5, High = 1.5; // decades around the threshold

    public static void Write(TextWriter page, BacktestService service, IEnumerable<BacktestAlarm> alarms, IEnumerable<BacktestAlert> alerts)
    {
        ArgumentNullException.ThrowIfNull(page);
        ArgumentNullException.ThrowIfNull(service);
        var width = service.Timeline.Length;
        double X(long ns) => service.UntilNs > service.FromNs ? Math.Clamp((ns - service.FromNs) / (double)(service.UntilNs - service.FromNs), 0, 1) * width : 0;
        var name = BacktestPage.Text(service.Service);
        page.Write($"<div><strong>{name}</strong> <span class=\"soft\">{CsvTime.Format(service.FromNs)} to {CsvTime.Format(service.UntilNs)}</span></div>\n<svg viewBox=\"0 0 {width} {Height}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"scores of {name}\">");
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
        page.Write("\"/></svg>\n");
    }

    private static void Bar(TextWriter page, string kind, double from, double until, double top, double height, string title) =>
        page.Write($"<rect class=\"{kind}\" x=\"{BacktestPage.Number(from, "0.##")}\" y=\"{top}\" width=\"{BacktestPage.Number(Math.Max(1.5, until - from), "0.##")}\" height=\"{height}\"><title>{BacktestPage.Text(title)}</title></rect>");

    private static double Y(double ratio) => Height * (1 - (Math.Clamp(Math.Log10(Math.Max(ratio, 1e-9)), Low, High) - Low) / (High - Low));
}
