namespace MicroView.Lab;

/// <summary>The user's own alerts, from the series ALERTS that Prometheus keeps of them, and how alarms compare with them.</summary>
internal static class AlertHistory
{
    /// <summary>An alarm that is open for longer before an alert leads by no more than this.</summary>
    public const long LongestLeadNs = 1800_000_000_000;

    /// <summary>An alarm belongs to an alert if it was still open so long before it, or while it fired: what was over earlier was something else.</summary>
    public const long NearNs = 120_000_000_000;

    // Two firings with a smaller hole between them are one.
    private const long HoleNs = 300_000_000_000;

    private const string Selector = "{__name__=\"ALERTS\",alertstate=\"firing\"}";

    /// <summary>Alerts that fired on a grid of times, by start.</summary>
    public static async Task<IReadOnlyList<BacktestAlert>> Read(PrometheusClient client, TimeGrid grid, string? label, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(client);
        var series = await client.Range(Selector, grid, 100, stop).ConfigureAwait(false);
        return [.. series.SelectMany(alert => Firings(alert, grid, ServiceCatalog.ServiceOf(alert.Labels, label))).OrderBy(alert => alert.StartNs)];
    }

    private static IEnumerable<BacktestAlert> Firings(RangeSeries alert, TimeGrid grid, string? service)
    {
        var name = alert.Labels.GetValueOrDefault("alertname", "alert");
        int[] firing = [.. Enumerable.Range(0, grid.Count).Where(i => alert.Values[i] > 0)];
        for (int first = 0, i = 1; i <= firing.Length; i++)
        {
            if (i < firing.Length && (firing[i] - firing[i - 1]) * grid.StepMs * 1_000_000 <= Math.Max(HoleNs, 2 * grid.StepMs * 1_000_000))
                continue;
            var (start, end) = (grid.At(firing[first]) * 1_000_000, grid.At(firing[i - 1]) * 1_000_000);
            yield return new BacktestAlert(name, service, CsvTime.Format(start), CsvTime.Format(end), null) { StartNs = start, EndNs = end };
            first = i;
        }
    }

    /// <summary>
    /// Says of each alert how long before it an alarm of its service was open, and of each alarm which alerts it stood beside; counts the rest.
    /// </summary>
    public static IReadOnlyList<BacktestAlert> Compare(IReadOnlyList<BacktestAlert> alerts, IReadOnlyList<BacktestAlarm> alarms, IReadOnlyList<BacktestService> services)
    {
        ArgumentNullException.ThrowIfNull(alerts);
        ArgumentNullException.ThrowIfNull(services);
        foreach (var alarm in alarms)
            alarm.Alerts = [.. alerts.Where(alert => Meets(alert, alarm)).Select(alert => alert.Name).Distinct()];
        foreach (var service in services.Where(service => service.PassedOver is null))
        {
            service.Unconfirmed = alarms.Count(alarm => alarm.Service == service.Service && alarm.Alerts is []);
            service.FalsePerDay = service.Unconfirmed.Value / service.Days;
        }
        return [.. alerts.Select(alert => alert with
        {
            LeadSeconds = alarms.Where(alarm => Meets(alert, alarm)).Select(alarm => (double?)Math.Min(alert.StartNs - alarm.StartNs, LongestLeadNs) / 1e9).Max(),
            Judged = services.Any(service => service.PassedOver is null && service.Service == alert.Service && alert.StartNs >= service.FromNs && alert.StartNs <= service.UntilNs),
        })];
    }

    private static bool Meets(BacktestAlert alert, BacktestAlarm alarm) =>
        alert.Service == alarm.Service && alarm.EndNs >= alert.StartNs - NearNs && alarm.StartNs <= alert.EndNs;
}
