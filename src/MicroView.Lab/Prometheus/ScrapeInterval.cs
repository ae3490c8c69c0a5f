namespace MicroView.Lab;

/// <summary>How often a Prometheus scrapes, by the samples that it has.</summary>
internal static class ScrapeInterval
{
    private const int LookBackSeconds = 900;
    private const int Tried = 5;

    /// <summary>Seconds between samples of the first services that have some just before the end; null if none has.</summary>
    public static async Task<int?> Find(PrometheusClient client, IEnumerable<CatalogService> services, TimeGrid time, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(services);
        foreach (var service in services.Take(Tried))
        {
            var series = await client.Series(service.Selector.ToString(), time, stop).ConfigureAwait(false);
            if (series.Select(labels => labels.GetValueOrDefault("__name__", "")).Where(name => name.Length > 0).Order(StringComparer.Ordinal).FirstOrDefault() is not { } name)
                continue;
            var samples = await client.SampleTimes(service.Selector.Where("__name__", name).ToString(), LookBackSeconds, time.EndMs, stop).ConfigureAwait(false);
            double[] steps = [.. samples.SelectMany(times => times.Zip(times.Skip(1), (earlier, later) => later - earlier)).Order()];
            if (steps.Length > 0)
                return Math.Max(1, (int)Math.Round(steps[steps.Length / 2]));
        }
        return null;
    }
}
