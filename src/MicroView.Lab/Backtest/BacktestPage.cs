using System.Globalization;
using System.Net;

namespace MicroView.Lab;

/// <summary>A backtest as one HTML page that loads nothing: it can be mailed and opened offline.</summary>
internal static class BacktestPage
{
    private const string Style = """
        :root{color-scheme:light dark;--text:#1a1a1a;--soft:#666;--line:#ddd;--back:#fff;--score:#0072B2;--alarm:#D55E00;--alert:#009E73}
        @media(prefers-color-scheme:dark){:root{--text:#e6e6e6;--soft:#999;--line:#444;--back:#161616;--score:#56B4E9;--alarm:#E69F00}}
        body{font:15px/1.45 system-ui,sans-serif;color:var(--text);background:var(--back);max-width:72rem;margin:2rem auto;padding:0 1rem}
        h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}.soft{color:var(--soft)}
        table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th,td{text-align:left;padding:.25rem .7rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top}
        th{font-weight:600}td.n,th.n{text-align:right}.t,td.n{white-space:nowrap}td.why{min-width:26rem}.why div{display:flex}.why span{flex:none;width:2.8em;text-align:right;margin-right:.5em}code{font-size:.9em;overflow-wrap:anywhere}.wide{overflow-x:auto}
        svg{display:block;width:100%;height:56px}.hours{position:relative;height:1.5rem;font-size:.75rem;color:var(--soft)}.hours span{position:absolute;transform:translateX(-50%)}.hour{stroke:var(--line);stroke-width:1;vector-effect:non-scaling-stroke}.score{stroke:var(--score);fill:none;stroke-width:1;vector-effect:non-scaling-stroke}
        .limit{stroke:var(--soft);stroke-width:1;vector-effect:non-scaling-stroke}.alarm{fill:var(--alarm);opacity:.45}.alert{fill:var(--alert)}
        .key span{margin-right:1.2rem}.key i{display:inline-block;width:1em;height:.7em;margin-right:.35em}
        """;

    public static void Write(TextWriter page, BacktestReport report)
    {
        ArgumentNullException.ThrowIfNull(page);
        ArgumentNullException.ThrowIfNull(report);
        page.Write($"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" content=\"width=device-width\"/><title>MicroView backtest</title>\n<style>\n{Style}\n</style></head><body>\n<h1>MicroView backtest</h1>\n");
        page.Write($"<p class=\"soft\">{Text(report.Source)}, {report.From} to {report.Until}, a row each {Number(report.StepSeconds, "0.###")} s; {report.Model} learnt from the first {Number(100 * report.TrainShare, "0")} % of each service and judged the rest. {report.Queries} queries, nothing written. Times are UTC.</p>\n<ul>\n");
        foreach (var line in BacktestSummary.Lines(report))
            page.Write($"<li>{Text(line)}</li>\n");
        page.Write("</ul>\n");
        WriteServices(page, report);
        WriteDays(page, report);
        WriteAlarms(page, report);
        if (report.Alerts is not null)
            WriteAlerts(page, report.Alerts);
        WriteTimelines(page, report);
        page.Write("</body></html>\n");
    }

    private static void WriteServices(TextWriter page, BacktestReport report)
    {
        var known = report.Alerts is not null;
        page.Write("<h2>Services</h2>\n<div class=\"wide\"><table><thead><tr><th>service</th><th class=\"n\">metrics</th><th class=\"n\">left out</th><th class=\"n\">rows learnt</th><th class=\"n\">rows judged</th><th class=\"n\">alarms</th>");
        page.Write(known ? "<th class=\"n\">without an alert</th><th class=\"n\">of these, a day</th>" : "<th class=\"n\">alarms a day</th>");
        page.Write("<th class=\"n\">samples</th><th class=\"n\">need not be stored</th></tr></thead><tbody>\n");
        foreach (var service in report.Services)
        {
            page.Write($"<tr><td>{Text(service.Service)}</td>");
            if (service.PassedOver is { } reason)
                page.Write($"<td class=\"soft\" colspan=\"{(known ? 9 : 8)}\">passed over: {Text(reason)}</td></tr>\n");
            else
                page.Write($"{Cell(service.Metrics)}{Cell(service.LeftOut)}{Cell(service.Learnt)}{Cell(service.Judged)}{Cell(service.Alarms)}{(known ? Cell(service.Unconfirmed ?? 0) : "")}{Cell(service.FalsePerDay, "0.00")}{Cell(service.Samples)}<td class=\"n\">{BacktestSummary.Saved(service)}</td></tr>\n");
        }
        page.Write("</tbody></table></div>\n");
    }

    /// <summary>Alarms by service and day; where alerts are known, those without one.</summary>
    private static void WriteDays(TextWriter page, BacktestReport report)
    {
        BacktestAlarm[] counted = [.. report.Alarms.Where(alarm => alarm.Alerts is null or [])];
        page.Write($"<h2>{(report.Alerts is null ? "Alarms" : "False alarms")} per service and day</h2>\n");
        page.Write($"<p class=\"soft\">{(report.Alerts is null ? "Nothing here says which of them were false; with --alerts, only those without an alert of yours beside them are counted." : "Alarms without an alert of yours beside them: false, or faults that you had no alert for.")} Services without one are left out.</p>\n");
        if (counted.Length == 0)
        {
            page.Write("<p>None.</p>\n");
            return;
        }
        string[] days = [.. Days(report, counted)];
        page.Write("<div class=\"wide\"><table><thead><tr><th>service</th>");
        foreach (var day in days)
            page.Write($"<th class=\"n t\">{day[5..]}</th>");
        page.Write("</tr></thead><tbody>\n");
        foreach (var service in counted.GroupBy(alarm => alarm.Service).OrderBy(service => service.Key, StringComparer.Ordinal))
        {
            page.Write($"<tr><td>{Text(service.Key)}</td>");
            foreach (var day in days)
                page.Write(service.Count(alarm => alarm.Start.StartsWith(day, StringComparison.Ordinal)) is > 0 and var count ? Cell(count) : "<td class=\"n soft\">·</td>");
            page.Write("</tr>\n");
        }
        page.Write("</tbody></table></div>\n");
    }

    private static IEnumerable<string> Days(BacktestReport report, BacktestAlarm[] counted)
    {
        const long day = 86_400_000_000_000;
        BacktestService[] judged = [.. report.Services.Where(service => service.PassedOver is null)];
        // The first moment of a day alone is none of it, unless something happened then.
        var until = Math.Max(judged.Max(service => service.UntilNs), counted.Max(alarm => alarm.StartNs) + 1);
        for (var time = judged.Min(service => service.FromNs) / day * day; time < until; time += day)
            yield return CsvTime.Format(time)[..10];
    }

    private static void WriteAlarms(TextWriter page, BacktestReport report)
    {
        page.Write("<h2>Alarms you would have got</h2>\n");
        if (report.Alarms.Count == 0)
        {
            page.Write("<p>None.</p>\n");
            return;
        }
        page.Write($"<div class=\"wide\"><table><thead><tr><th>from</th><th>for</th><th>service</th><th class=\"n\">peak</th><th>because of</th>{(report.Alerts is null ? "" : "<th>your alerts</th>")}</tr></thead><tbody>\n");
        foreach (var alarm in report.Alarms)
        {
            var metrics = string.Concat(alarm.Metrics.Select(share => $"<div><span>{Number(100 * share.Share, "0")} %</span><code>{Text(share.Metric)}</code></div>"));
            var alerts = report.Alerts is null ? "" : $"<td>{Text(string.Join(", ", alarm.Alerts ?? []))}</td>";
            page.Write($"<tr><td class=\"t\">{alarm.Start}</td><td class=\"t\">{(alarm.End is null ? "open at the end" : SeriesFile.Duration(alarm.EndNs - alarm.StartNs))}</td><td>{Text(alarm.Service)}</td><td class=\"n\">{Number(alarm.Peak, "0.0")} ×</td><td class=\"why\">{metrics}</td>{alerts}</tr>\n");
        }
        page.Write("</tbody></table></div>\n<p class=\"soft\">Peak: the highest score, in thresholds. Because of: the share of the score that each metric had in the row that opened the alarm.</p>\n");
    }

    private static void WriteAlerts(TextWriter page, IReadOnlyList<BacktestAlert> alerts)
    {
        page.Write($"<h2>Lead over your alerts</h2>\n<p class=\"soft\">An alarm of the same service belongs to an alert if it was open in the {SeriesFile.Duration(AlertHistory.NearNs)} before it, or while it fired; no lead is counted as longer than {SeriesFile.Duration(AlertHistory.LongestLeadNs)}.</p>\n");
        if (alerts.Count == 0)
        {
            page.Write("<p>None fired.</p>\n");
            return;
        }
        page.Write("<div class=\"wide\"><table><thead><tr><th>fired</th><th>for</th><th>alert</th><th>service</th><th class=\"n\">the alarm came earlier by</th></tr></thead><tbody>\n");
        foreach (var alert in alerts)
        {
            var lead = !alert.Judged ? "not judged" : alert.LeadSeconds is { } seconds ? BacktestSummary.Lead(seconds) : "no alarm";
            page.Write($"<tr><td class=\"t\">{alert.Start}</td><td class=\"t\">{SeriesFile.Duration(alert.EndNs - alert.StartNs)}</td><td>{Text(alert.Name)}</td><td>{Text(alert.Service ?? "-")}</td><td class=\"n\">{lead}</td></tr>\n");
        }
        page.Write("</tbody></table></div>\n");
    }

    private static void WriteTimelines(TextWriter page, BacktestReport report)
    {
        page.Write("<h2>Scores</h2>\n<p class=\"soft key\"><span><i style=\"background:var(--score)\"></i>score, logarithmic; the grey line is the threshold</span><span><i style=\"background:var(--alarm)\"></i>alarm</span>");
        page.Write(report.Alerts is null ? "</p>\n" : "<span><i style=\"background:var(--alert)\"></i>your alert</span></p>\n");
        foreach (var service in report.Services.Where(service => service.PassedOver is null))
            BacktestTimeline.Write(page, service, report.Alarms.Where(alarm => alarm.Service == service.Service), (report.Alerts ?? []).Where(alert => alert.Service == service.Service));
    }

    internal static string Text(string text) => WebUtility.HtmlEncode(text);

    internal static string Number(double number, string format) => number.ToString(format, CultureInfo.InvariantCulture);

    private static string Cell(double number, string format = "0") => $"<td class=\"n\">{Number(number, format)}</td>";
}
