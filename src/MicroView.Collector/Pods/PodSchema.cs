using System.Text;
using MicroView.Analysis;
using MicroView.Export;
using MicroView.Protocol;
using SlotType = MicroView.Protocol.MetricType;
using ExportType = MicroView.Export.MetricType;

namespace MicroView.Collector;

/// <summary>
/// What a pod's descriptors mean, compiled once per generation: the feature vector with names for people, and the metrics to
/// expose. Hidden and retired slots are in neither. Immutable.
/// </summary>
public sealed class PodSchema
{
    // What .NET's garbage collector found at its last run: gauges that stand for minutes and then step, some ten at once. Exposed, and no feature: each first
    // collection after learning would be an alarm for as long as the next one is away.
    private const string LastCollection = "dotnet.gc.last_collection.";

    private static readonly string[] s_ofHistograms = ["_bucket", "_sum", "_count"];
    private readonly List<Feature> _features = [];
    private readonly List<string> _names = [];
    private readonly List<Metric> _metrics = [];
    private readonly HashSet<int> _retired;
    private readonly IReadOnlyList<SlotDescriptor> _descriptors;

    private PodSchema(IReadOnlyList<SlotDescriptor> descriptors, IEnumerable<int> retired)
    {
        _descriptors = descriptors;
        _retired = [.. retired];
        for (var slot = 0; slot < descriptors.Count;)
            slot = AddMetric(slot);
        Map = _features.Count == 0 ? null : new FeatureMap(_features);
    }

    /// <summary>Compiles descriptors in slot order; <paramref name="retired"/> are slots whose metric was removed.</summary>
    public static PodSchema Compile(IReadOnlyList<SlotDescriptor> descriptors, IEnumerable<int> retired)
    {
        ArgumentNullException.ThrowIfNull(descriptors);
        ArgumentNullException.ThrowIfNull(retired);
        return new([.. descriptors], retired);
    }

    /// <summary>The descriptors, in slot order.</summary>
    public IReadOnlyList<SlotDescriptor> Descriptors => _descriptors;

    /// <summary>Slots of a row.</summary>
    public int Slots => _descriptors.Count;

    /// <summary>Slots whose metric was removed.</summary>
    public IReadOnlySet<int> Retired => _retired;

    /// <summary>The feature vector; null when there is nothing to analyse.</summary>
    public FeatureMap? Map { get; }

    /// <summary>What people call each feature: <c>name{label="value"}</c>, of a histogram with " rate" or " mean" behind.</summary>
    public IReadOnlyList<string> FeatureNames => _names;

    /// <summary>The metrics to expose, by slot.</summary>
    public IReadOnlyList<Metric> Metrics => _metrics;

    /// <summary>A metric's name with its labels, as in <see cref="FeatureNames"/>.</summary>
    public static string DisplayName(SlotDescriptor descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        if (descriptor.Labels is not { Count: > 0 } labels)
            return descriptor.Name;
        var text = new StringBuilder(descriptor.Name).Append('{');
        foreach (var (name, value) in labels)
            text.Append(text[^1] == '{' ? "" : ",").Append(name).Append("=\"").Append(value).Append('"');
        return text.Append('}').ToString();
    }

    /// <summary>
    /// True when this schema has features that a map of an earlier schema of the same pod lacks: slots are append-only, so new ones lie
    /// behind.
    /// </summary>
    public bool Outgrows(FeatureMap? map) => Map is not null && (map is null || Map.SlotCount > map.SlotCount);

    /// <summary>True when the features are the same, in the same order, so that what was learnt about one pod holds for the other.</summary>
    public bool HasSameFeatures(PodSchema other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return ReferenceEquals(this, other) || (_names.SequenceEqual(other._names, StringComparer.Ordinal)
            && _features.Zip(other._features).All(pair => pair.First.Kind == pair.Second.Kind && pair.First.Resolution == pair.Second.Resolution));
    }

    /// <summary>True when this schema begins with all that <paramref name="prefix"/> describes.</summary>
    public bool StartsWith(IReadOnlyList<SlotDescriptor> prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        return prefix.Count <= Slots && prefix.Select((descriptor, slot) => Same(descriptor, _descriptors[slot])).All(same => same);
    }

    private static bool Same(SlotDescriptor a, SlotDescriptor b) =>
        a.IsSameMetric(b) && a.Role == b.Role && Nullable.Equals(a.Bound, b.Bound);

    private int AddMetric(int slot)
    {
        var descriptor = _descriptors[slot];
        if (descriptor.Role == SlotRole.Bucket && descriptor.Type == SlotType.Histogram)
            return AddHistogram(slot);
        if (descriptor.Role != SlotRole.Value || descriptor.Type == SlotType.Histogram || _retired.Contains(slot))
            return slot + 1;
        var counter = descriptor.Type == SlotType.Counter;
        if (!descriptor.Name.StartsWith(LastCollection, StringComparison.Ordinal))
        {
            var resolution = descriptor.Resolution ?? 0;
            _features.Add(counter ? Feature.Rate(slot, resolution) : Feature.Value(slot, resolution));
            _names.Add(DisplayName(descriptor));
        }
        _metrics.Add(Describe(descriptor, Exposed(descriptor.Name, counter)) with { Slot = slot });
        return slot + 1;
    }

    private int AddHistogram(int first)
    {
        var descriptor = _descriptors[first];
        var next = first;
        while (next < _descriptors.Count && _descriptors[next].Role == SlotRole.Bucket && _descriptors[next].IsSameMetric(descriptor))
            next++;
        var buckets = Enumerable.Range(first, next - first).ToArray();
        var sum = -1;
        if (next < _descriptors.Count && _descriptors[next].Role == SlotRole.Sum && _descriptors[next].IsSameMetric(descriptor))
            sum = next++;
        if (Enumerable.Range(first, next - first).Any(_retired.Contains))
            return next;
        var name = DisplayName(descriptor);
        var resolution = descriptor.Resolution ?? 0;
        _features.Add(Feature.HistogramRate(buckets));
        _names.Add(name + " rate");
        if (sum >= 0)
        {
            _features.Add(Feature.HistogramMean(buckets, sum, resolution));
            _names.Add(name + " mean");
        }
        _metrics.Add(Describe(descriptor, ExportType.Histogram) with
        {
            Buckets = [.. buckets.Select(slot => new Bucket(_descriptors[slot].Bound ?? double.PositiveInfinity, slot))],
            SumSlot = sum,
        });
        return next;
    }

    /// <summary>
    /// Names stay as their owner gave them. In OpenMetrics a counter is what ends in _total, and some endings belong to histograms; where name
    /// and type disagree (the artifact's http_requests_total_3), the metric is exposed without a type rather than renamed. Detection
    /// goes by the descriptor's type alone.
    /// </summary>
    private static ExportType Exposed(string name, bool counter)
    {
        var exposed = MetricNames.SanitizeMetric(name);
        var agrees = exposed.EndsWith("_total", StringComparison.Ordinal) == counter
            && !s_ofHistograms.Any(ending => exposed.EndsWith(ending, StringComparison.Ordinal));
        return !agrees ? ExportType.Untyped : counter ? ExportType.Counter : ExportType.Gauge;
    }

    private static Metric Describe(SlotDescriptor descriptor, ExportType type) => new()
    {
        Name = descriptor.Name,
        Type = type,
        Help = descriptor.Help is { Length: > 0 } help ? help : "No help given.", // linters want a line; a client of the artifact cannot give one
        Unit = descriptor.Unit ?? "",
        Labels = [.. (descriptor.Labels ?? []).Select(label => new Label(label.Key, label.Value))],
    };
}
