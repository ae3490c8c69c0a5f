using MicroView.Analysis;
using MicroView.Export;
using MicroView.Protocol;
using ExportType = MicroView.Export.MetricType;

namespace MicroView.Collector;

/// <summary>Tells whether a pod's values may pass for fresh: its last read says so, and its LMAP still runs.</summary>
/// <param name="pod">The pod.</param>
/// <param name="lmap">Its LMAP.</param>
/// <param name="limitNs">How long ago the LMAP's last look at it may be.</param>
/// <param name="clock">What time it is.</param>
internal sealed class PodFreshness(MonitoredPod pod, LmapStatistics lmap, long limitNs, CollectorClock clock)
{
    public MonitoredPod Pod => pod;

    public bool IsFresh => pod.IsReadable && pod.FreshTimeNs != 0 && clock.NowNs - lmap.LastLookNs <= limitNs;

    /// <summary>Age of the newest row, s; NaN before the first.</summary>
    public double AgeSeconds => pod.FreshTimeNs is not 0 and var sampled ? Math.Max(0, clock.NowNs - sampled) / 1e9 : double.NaN;
}

/// <summary>Makes the series of pods in one document.</summary>
internal sealed class PodSeriesFactory(ExpositionDocument document)
{
    private readonly Lock _gate = new();
    private readonly HashSet<PodSeries> _all = [];

    public PodSeries Create(PodFreshness pod, PodLayout layout, PodSchema schema)
    {
        var series = new PodSeries(document, pod, layout, schema, Forget);
        lock (_gate)
            _all.Add(series);
        return series;
    }

    /// <summary>Before a scrape: which metrics explain an alarm is in labels, so these series come and go.</summary>
    public void FollowAlarms()
    {
        lock (_gate)
            foreach (var series in _all)
                series.FollowAlarm();
    }

    private void Forget(PodSeries series)
    {
        lock (_gate)
            _all.Remove(series);
    }
}

/// <summary>A pod's series: its metrics, its health and score, and during an alarm what explains it. Disposing takes them out.</summary>
internal sealed class PodSeries : IDisposable
{
    private readonly ExpositionDocument _document;
    private readonly PodFreshness _freshness;
    private readonly PodLayout _layout;
    private readonly PodSchema _schema;
    private readonly Action<PodSeries> _forget;
    private readonly List<Label> _labels;
    private readonly SeriesGroup _score;
    private readonly SeriesGroup _health;
    private readonly SeriesGroup _metrics;
    private SeriesGroup? _attribution;
    private IReadOnlyList<AttributionShare> _explained = [];

    public PodSeries(ExpositionDocument document, PodFreshness pod, PodLayout layout, PodSchema schema, Action<PodSeries> forget)
    {
        (_document, _freshness, _layout, _schema, _forget) = (document, pod, layout, schema, forget);
        _labels = LabelsOf(layout);
        // Ours first: a pod that registers one of these names cannot take it away.
        _score = document.Add(_labels, PodScoreRow.Metrics, PodScoreRow.Length, new PodScoreRow(pod));
        _health = document.Add(_labels, PodHealthRow.Metrics, PodHealthRow.Length, new PodHealthRow(pod));
        _metrics = document.Add(_labels, schema.Metrics, MonitoredPod.Padded(schema.Slots), new PodMetricsRow(pod));
    }

    /// <summary>Metrics that cannot be exposed, as readable lines.</summary>
    public IReadOnlyList<string> Rejected => _metrics.Rejected;

    public bool Shows(PodLayout layout, PodSchema schema) =>
        ReferenceEquals(schema, _schema) && layout.Service == _layout.Service && layout.Container == _layout.Container
        && (layout.Labels ?? []).SequenceEqual(_layout.Labels ?? []);

    public void FollowAlarm()
    {
        var explained = _freshness.Pod.AlarmOpen && _freshness.IsFresh ? _freshness.Pod.Attributions : [];
        if (ReferenceEquals(explained, _explained) || (explained.Count == 0 && _attribution is null))
            return;
        var sameMetrics = explained.Count == _explained.Count && explained.Zip(_explained).All(pair => pair.First.Metric == pair.Second.Metric);
        _explained = explained;
        if (sameMetrics)
            return;
        _attribution?.Dispose();
        _attribution = explained.Count == 0 ? null : _document.Add(_labels, AttributionMetrics(explained), explained.Count, new AttributionRow(this));
    }

    public void Dispose()
    {
        _forget(this);
        _metrics.Dispose();
        _health.Dispose();
        _score.Dispose();
        _attribution?.Dispose();
    }

    /// <summary>pod, service and container are ours; a pod's own label of such a name is renamed as Prometheus does it.</summary>
    private static List<Label> LabelsOf(PodLayout layout)
    {
        var labels = new List<Label> { ("pod", layout.Pod) };
        if (layout.Service is { } service)
            labels.Add(("service", service));
        if (layout.Container is { } container)
            labels.Add(("container", container));
        string[] reserved = ["pod", "service", "container"];
        var taken = (layout.Labels ?? []).Keys.Concat(reserved).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, value) in layout.Labels ?? [])
        {
            var shown = name;
            while (reserved.Contains(shown) || (shown != name && !taken.Add(shown)))
                shown = "exported_" + shown;
            labels.Add((shown, value));
        }
        return labels;
    }

    private static Metric[] AttributionMetrics(IReadOnlyList<AttributionShare> shares) =>
        [.. shares.Select((share, slot) => new Metric
        {
            Name = "microview_attribution",
            Type = ExportType.Gauge,
            Help = "Share of the anomaly score that a metric explains, during an alarm.",
            Labels = [("metric", share.Metric)],
            Slot = slot,
        })];

    private sealed class AttributionRow(PodSeries series) : IPodRow
    {
        public PodFreshness Freshness => series._freshness;

        public bool TryRead(Span<double> row)
        {
            var shares = series._explained;
            if (shares.Count != row.Length || !series._freshness.IsFresh)
                return false;
            for (var i = 0; i < row.Length; i++)
                row[i] = shares[i].Share;
            return true;
        }
    }
}
