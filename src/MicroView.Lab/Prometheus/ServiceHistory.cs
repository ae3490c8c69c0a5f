using System.Globalization;

namespace MicroView.Lab;

/// <summary>What a Prometheus holds of one service.</summary>
/// <param name="Service">The service.</param>
/// <param name="Rows">A row per point of time at which there is any value; counters as rates.</param>
/// <param name="Stored">Series that the server stores for them.</param>
/// <param name="LeftOut">Series that were left out because there are too many.</param>
internal sealed record ServiceHistory(string Service, SeriesRows Rows, int Stored, int LeftOut);

/// <summary>Reads the history of a service, counters by rate(), the instances of a service merged: rates summed, gauges averaged.</summary>
/// <param name="client">Where to read.</param>
/// <param name="grid">The points of time.</param>
/// <param name="types">What metrics are; see <see cref="PrometheusClient.MetricTypes"/>.</param>
/// <param name="rateSeconds">The window of rate().</param>
/// <param name="mostSeries">Series per service at most.</param>
internal sealed class HistoryReader(PrometheusClient client, TimeGrid grid, IReadOnlyDictionary<string, string> types, int rateSeconds, int mostSeries)
{
    private const int MostSeries = 60; // of one query

    /// <summary>Which metrics are wanted; all unless set.</summary>
    public Func<string, bool> Wanted { get; init; } = _ => true;

    public async Task<ServiceHistory> Read(CatalogService service, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(service);
        IReadOnlyDictionary<string, string>[] series = [.. (await client.Series(service.Selector.ToString(), grid, stop).ConfigureAwait(false)).Where(labels => Wanted(labels.GetValueOrDefault("__name__", "")))];
        var (metrics, stored, leftOut) = ServiceCatalog.Choose(series, types, mostSeries);
        var merging = new InstanceMerging(series);
        var queries = metrics.Where(metric => metric.IsCounter).Select(metric => Rate(service, metric, merging, stop))
            .Concat(Batches([.. metrics.Where(metric => !metric.IsCounter)]).Select(batch => Gauges(service, batch, merging, stop)));
        var found = await Task.WhenAll(queries).ConfigureAwait(false);
        return new ServiceHistory(service.Name, Rows([.. found.SelectMany(part => part).OrderBy(part => part.Labels["__name__"], StringComparer.Ordinal)]), stored, leftOut);
    }

    /// <summary>A rate has no name, so each counter is asked for alone and gets its name back.</summary>
    private async Task<IReadOnlyList<RangeSeries>> Rate(CatalogService service, ServiceMetric metric, InstanceMerging merging, CancellationToken stop)
    {
        var rate = $"rate({service.Selector.Where("__name__", metric.Name)}[{rateSeconds}s])";
        var found = await client.Range(merging.IsNeeded ? merging.Sum(rate) : rate, grid, metric.Series, stop).ConfigureAwait(false);
        return [.. found.Select(series => series with { Labels = new Dictionary<string, string>(series.Labels, StringComparer.Ordinal) { ["__name__"] = metric.Name } })];
    }

    private async Task<IReadOnlyList<RangeSeries>> Gauges(CatalogService service, List<ServiceMetric> batch, InstanceMerging merging, CancellationToken stop)
    {
        var selector = service.Selector.WhereAny("__name__", batch.Select(metric => metric.Name)).ToString();
        return await client.Range(merging.IsNeeded ? merging.Average(selector) : selector, grid, batch.Sum(metric => metric.Series), stop).ConfigureAwait(false);
    }

    /// <summary>Metrics that are asked for together.</summary>
    private static IEnumerable<List<ServiceMetric>> Batches(IReadOnlyList<ServiceMetric> metrics)
    {
        var batch = new List<ServiceMetric>();
        foreach (var metric in metrics)
        {
            if (batch.Count > 0 && batch.Sum(taken => taken.Series) + metric.Series > MostSeries)
            {
                yield return batch;
                batch = [];
            }
            batch.Add(metric);
        }
        if (batch.Count > 0)
            yield return batch;
    }

    private SeriesRows Rows(List<RangeSeries> found)
    {
        var rows = new SeriesRows(Names([.. found.Select(series => series.Labels)]));
        for (var i = 0; i < grid.Count; i++)
        {
            if (found.TrueForAll(series => double.IsNaN(series.Values[i])))
                continue;
            var row = rows.Append(grid.At(i) * 1_000_000);
            for (var j = 0; j < row.Length; j++)
                row[j] = found[j].Values[i];
        }
        return rows;
    }

    /// <summary>name{label="value"} with the labels that tell the series of a service apart.</summary>
    internal static string[] Names(IReadOnlyList<IReadOnlyDictionary<string, string>> series)
    {
        HashSet<string> telling = [.. series.SelectMany(labels => labels.Keys).Distinct().Where(label => label != "__name__"
            && series.Where(labels => labels.ContainsKey(label)).Select(labels => labels[label]).Distinct().Count() > 1)];
        return [.. series.Select(labels =>
        {
            var inside = string.Join(",", labels.Where(label => telling.Contains(label.Key)).OrderBy(label => label.Key, StringComparer.Ordinal)
                .Select(label => string.Create(CultureInfo.InvariantCulture, $"{label.Key}={SeriesSelector.Quote(label.Value)}")));
            var name = labels.GetValueOrDefault("__name__", "");
            return inside.Length == 0 ? name : $"{name}{{{inside}}}";
        })];
    }
}

/// <summary>How the instances of a service become one: not at all where there is one, which costs the server the least.</summary>
/// <param name="series">All series of the service.</param>
internal sealed class InstanceMerging(IReadOnlyList<IReadOnlyDictionary<string, string>> series)
{
    private readonly string[] _labels = [.. series.SelectMany(labels => labels.Keys).Distinct().Where(label => !ServiceCatalog.InstanceLabels.Contains(label)).Order(StringComparer.Ordinal)];
    private readonly string[] _instance = [.. ServiceCatalog.InstanceLabels.Where(label => series.Any(labels => labels.ContainsKey(label)))];

    /// <summary>Whether a label of an instance has more than one value.</summary>
    public bool IsNeeded { get; } = ServiceCatalog.InstanceLabels.Any(label => series.Select(labels => labels.GetValueOrDefault(label)).Distinct().Count() > 1);

    public string Sum(string expression) => $"sum without ({string.Join(',', _instance)}) ({expression})";

    /// <summary>By all other labels: the name among them, which "without" would drop.</summary>
    public string Average(string expression) => $"avg by ({string.Join(',', _labels)}) ({expression})";
}
