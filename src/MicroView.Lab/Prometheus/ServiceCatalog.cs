namespace MicroView.Lab;

/// <summary>A metric of a service, as it is asked for.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsCounter">Whether its rate is what matters.</param>
/// <param name="Series">Its series once instances are merged.</param>
internal sealed record ServiceMetric(string Name, bool IsCounter, int Series);

/// <summary>A service that a Prometheus knows.</summary>
/// <param name="Name">Its name: the label's value.</param>
/// <param name="Label">The label that names it.</param>
/// <param name="Selector">Its series.</param>
internal sealed record CatalogService(string Name, string Label, SeriesSelector Selector);

/// <summary>
/// Which services a Prometheus has series of, and which metrics of theirs are read. A series belongs to the first label of
/// <see cref="Labels"/> that it has.
/// </summary>
internal static class ServiceCatalog
{
    /// <summary>Labels that name a service, in the order in which they are looked for.</summary>
    public static readonly string[] Labels = ["service", "service_name", "app", "app_kubernetes_io_name", "k8s_app", "job"];

    /// <summary>Labels of an instance: their series are merged, so that a new pod is no new metric.</summary>
    public static readonly string[] InstanceLabels =
        ["instance", "pod", "pod_name", "pod_ip", "pod_uid", "uid", "id", "container_id", "node", "host", "hostname", "replica", "endpoint", "pid", "prometheus", "prometheus_replica"];

    // Buckets are many and say what _sum and _count say; the others say nothing of the service.
    private static readonly string[] UselessEndings = ["_bucket", "_created", "_info"];

    /// <summary>All services that match, by name; a name found under two labels counts for the first.</summary>
    public static async Task<IReadOnlyList<CatalogService>> Find(PrometheusClient client, SeriesSelector match, string? label, TimeGrid time, CancellationToken stop)
    {
        var services = new Dictionary<string, CatalogService>(StringComparer.Ordinal);
        string[] labels = label is null ? Labels : [label];
        for (var i = 0; i < labels.Length; i++)
        {
            var rest = labels.Take(i).Aggregate(match, (selector, earlier) => selector.Where(earlier, ""));
            foreach (var value in await client.LabelValues(labels[i], rest.ToString(), time, stop).ConfigureAwait(false))
                if (value.Length > 0)
                    services.TryAdd(value, new CatalogService(value, labels[i], rest.Where(labels[i], value)));
        }
        return [.. services.Values.OrderBy(service => service.Name, StringComparer.Ordinal)];
    }

    /// <summary>The service that a series belongs to; null if it has none of the labels.</summary>
    public static string? ServiceOf(IReadOnlyDictionary<string, string> series, string? label) =>
        (label is null ? Labels : [label]).Select(name => series.GetValueOrDefault(name)).FirstOrDefault(value => !string.IsNullOrEmpty(value));

    /// <summary>
    /// The metrics of a service that are read, by name. Of more than <paramref name="mostSeries"/> series, those of metrics with the fewest labels stay.
    /// </summary>
    /// <returns>The metrics, the series stored for them, and how many merged series were left out.</returns>
    public static (IReadOnlyList<ServiceMetric> Metrics, int Stored, int LeftOut) Choose(
        IEnumerable<IReadOnlyDictionary<string, string>> series, IReadOnlyDictionary<string, string> types, int mostSeries)
    {
        var taken = new List<ServiceMetric>();
        var (stored, merged, leftOut) = (0, 0, 0);
        var metrics = series.Where(labels => IsUseful(labels.GetValueOrDefault("__name__", ""))).GroupBy(labels => labels["__name__"], StringComparer.Ordinal)
            .Select(metric => (metric.Key, Stored: metric.Count(), Merged: metric.Select(MergedKey).Distinct(StringComparer.Ordinal).Count()));
        foreach (var metric in metrics.OrderBy(metric => metric.Merged).ThenBy(metric => metric.Key, StringComparer.Ordinal))
        {
            if (merged + metric.Merged > mostSeries)
            {
                leftOut += metric.Merged;
                continue;
            }
            taken.Add(new ServiceMetric(metric.Key, IsCounter(metric.Key, types), metric.Merged));
            (stored, merged) = (stored + metric.Stored, merged + metric.Merged);
        }
        return ([.. taken.OrderBy(metric => metric.Name, StringComparer.Ordinal)], stored, leftOut);
    }

    /// <summary>Whether a metric counts: by what targets say, else by its name.</summary>
    public static bool IsCounter(string name, IReadOnlyDictionary<string, string> types)
    {
        var ending = name.EndsWith("_sum", StringComparison.Ordinal) || name.EndsWith("_count", StringComparison.Ordinal);
        if (types.TryGetValue(name, out var said) && said is not ("unknown" or "untyped"))
            return said == "counter" || (ending && said is "histogram" or "summary");
        if (ending && types.TryGetValue(name[..name.LastIndexOf('_')], out said))
            return said is "histogram" or "summary";
        return ending || name.EndsWith("_total", StringComparison.Ordinal);
    }

    private static bool IsUseful(string name) => name.Length > 0
        && !name.StartsWith("ALERTS", StringComparison.Ordinal) && !name.StartsWith("scrape_", StringComparison.Ordinal)
        && !UselessEndings.Any(ending => name.EndsWith(ending, StringComparison.Ordinal));

    private static string MergedKey(IReadOnlyDictionary<string, string> labels) => string.Join('\u0001',
        labels.Where(label => !InstanceLabels.Contains(label.Key)).OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}\u0002{label.Value}"));
}
