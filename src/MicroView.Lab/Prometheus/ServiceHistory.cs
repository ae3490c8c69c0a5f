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
    private const string MetricLabel = "microview_metric";
    private const int MostMetrics = 20, MostSeries = 60; // of one query

    /// <summary>Which metrics of a service are wanted; all unless set.</summary>
    public Func<string, bool> Wanted { get; init; } = _ => true;

    public async Task<ServiceHistory> Read(CatalogService service, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(service);
        var series = await client.Series(service.Selector.ToString(), grid, stop).ConfigureAwait(false);
        var (metrics, stored, leftOut) = ServiceCatalog.Choose(series.Where(labels => Wanted(labels.GetValueOrDefault("__name__", ""))), types, mostSeries);
        var found = new List<RangeSeries>();
        foreach (var batch in Batches(metrics))
            found.AddRange(await client.Range(string.Join(" or ", batch.Select(metric => Expression(service, metric))), grid, batch.Sum(metric => metric.Series), stop).ConfigureAwait(false));
        return new ServiceHistory(service.Name, Rows(found), stored, leftOut);
    }

    /// <summary>Metrics that are asked for together.</summary>
    private static IEnumerable<List<ServiceMetric>> Batches(IReadOnlyList<ServiceMetric> metrics)
    {
        var batch = new List<ServiceMetric>();
        foreach (var metric in metrics)
        {
            if (batch.Count == MostMetrics || (batch.Count > 0 && batch.Sum(taken => taken.Series) + metric.Series > MostSeries))
            {
                yield return batch;
                batch = [];
            }
            batch.Add(metric);
        }
        if (batch.Count > 0)
            yield return batch;
    }

    /// <summary>The metric, its name in a label, because what is calculated has no name.</summary>
    private string Expression(CatalogService service, ServiceMetric metric)
    {
        var selector = service.Selector.Where("__name__", metric.Name);
        var (sum, value) = metric.IsCounter ? ("sum", $"rate({selector}[{rateSeconds}s])") : ("avg", selector.ToString());
        return $"label_replace({sum} without ({string.Join(',', ServiceCatalog.InstanceLabels)}) ({value}), \"{MetricLabel}\", {SeriesSelector.Quote(metric.Name)}, \"\", \"\")";
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
        HashSet<string> telling = [.. series.SelectMany(labels => labels.Keys).Distinct().Where(label => label != MetricLabel
            && series.Where(labels => labels.ContainsKey(label)).Select(labels => labels[label]).Distinct().Count() > 1)];
        return [.. series.Select(labels =>
        {
            var inside = string.Join(",", labels.Where(label => telling.Contains(label.Key)).OrderBy(label => label.Key, StringComparer.Ordinal)
                .Select(label => string.Create(CultureInfo.InvariantCulture, $"{label.Key}={SeriesSelector.Quote(label.Value)}")));
            var name = labels.GetValueOrDefault(MetricLabel, "");
            return inside.Length == 0 ? name : $"{name}{{{inside}}}";
        })];
    }
}
