using System.Globalization;

namespace MicroView.Lab;

/// <summary>A backtest on stdout: a row per service, and what it comes to.</summary>
internal static class BacktestSummary
{
    private static readonly string[] CountedWithAlerts = ["unconfirmed", "unconfirmed/day"], CountedAlone = ["alarms/day"];

    public static void Write(TextWriter output, BacktestReport report)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(report);
        var known = report.Alerts is not null;
        var table = new TextTable(1, ["service", "metrics", "learnt", "judged", "days", "alarms", .. known ? CountedWithAlerts : CountedAlone, "samples saved"]);
        foreach (var service in report.Services.Where(service => service.PassedOver is null))
            table.Add([service.Service, Text(service.Metrics), Text(service.Learnt), Text(service.Judged), Text(service.Days, "0.00"), Text(service.Alarms),
                .. known ? [Text(service.Unconfirmed ?? 0)] : Array.Empty<string>(), Text(service.FalsePerDay, "0.00"), Saved(service)]);
        table.Write(output);
        foreach (var service in report.Services.Where(service => service.PassedOver is not null))
            output.WriteLine($"{service.Service}: passed over: {service.PassedOver}");
        foreach (var line in Lines(report))
            output.WriteLine(line);
    }

    /// <summary>What it comes to, in sentences; also on the page.</summary>
    public static IEnumerable<string> Lines(BacktestReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var judged = report.Services.Count(service => service.PassedOver is null);
        yield return $"{report.Alarms.Count} {(report.Alarms.Count == 1 ? "alarm" : "alarms")} in {Text(report.Services.Sum(service => service.Days), "0.0")} days of {judged} {(judged == 1 ? "service" : "services")}";
        if (report.Alerts is { } alerts)
        {
            BacktestAlert[] counted = [.. alerts.Where(alert => alert.Judged)];
            double[] leads = [.. counted.Select(alert => alert.LeadSeconds).OfType<double>().Order()];
            yield return counted.Length == 0 ? "none of your alerts fired while a service of theirs was judged"
                : $"{leads.Length} of your {counted.Length} alerts had an alarm beside them; {leads.Count(lead => lead > 0)} of these came earlier{(leads.Length > 0 ? $", the median by {Lead(leads[leads.Length / 2])}" : "")}";
            if (counted.Length < alerts.Count)
                yield return $"{alerts.Count - counted.Length} alerts name no service that was judged at their time, and count for nothing";
        }
        yield return report.Alerts is null
            ? $"{Text(report.FalsePerServiceAndDay, "0.00")} alarms per service and day; which of them were false, nothing here says: --alerts compares them with your own"
            : $"{Text(report.FalsePerServiceAndDay, "0.00")} alarms per service and day without an alert of yours beside them: false, or faults that you had no alert for";
        yield return $"{Text(100 * report.SamplesSaved, "0.0")} % of the samples need not have been stored (one each 30 s outside alarms, all inside)";
    }

    /// <summary>A lead for people: 2.5 min, or -30 s when later.</summary>
    public static string Lead(double seconds) => seconds < 0 ? $"-{SeriesFile.Duration((long)(-seconds * 1e9))}" : SeriesFile.Duration((long)(seconds * 1e9)) is var text && seconds == 0 ? "0 s" : text;

    public static string Saved(BacktestService service) => service.Samples > 0 ? Text(100 * (1 - service.Kept / (double)service.Samples), "0.0") + " %" : "-";

    private static string Text(double number, string format = "0") => number.ToString(format, CultureInfo.InvariantCulture);
}
