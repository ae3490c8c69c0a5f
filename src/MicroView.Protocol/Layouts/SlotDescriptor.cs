using System.Text.Json.Serialization;

namespace MicroView.Protocol;

/// <summary>A metric's type.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MetricType>))]
public enum MetricType : byte
{
    /// <summary>Only grows, but for resets.</summary>
    [JsonStringEnumMemberName("counter")] Counter,

    /// <summary>Any value.</summary>
    [JsonStringEnumMemberName("gauge")] Gauge,

    /// <summary>Buckets and a sum.</summary>
    [JsonStringEnumMemberName("histogram")] Histogram,
}

/// <summary>What a slot holds of its metric.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SlotRole>))]
public enum SlotRole : byte
{
    /// <summary>The metric itself.</summary>
    [JsonStringEnumMemberName("value")] Value,

    /// <summary>Observations in one bucket of a histogram, not cumulated.</summary>
    [JsonStringEnumMemberName("bucket")] Bucket,

    /// <summary>The sum of a histogram's observations.</summary>
    [JsonStringEnumMemberName("sum")] Sum,

    /// <summary>Neither exported nor analysed.</summary>
    [JsonStringEnumMemberName("hidden")] Hidden,
}

/// <summary>
/// What stands in one slot (docs/control-plane.md). A histogram is consecutive slots of one name and label set: its buckets in rising
/// order of <see cref="Bound"/>, then its sum. Immutable.
/// </summary>
public sealed record SlotDescriptor
{
    /// <summary>The metric's name, as the application gave it.</summary>
    public required string Name { get; init; }

    /// <summary>The metric's type.</summary>
    public MetricType Type { get; init; }

    /// <summary>What the slot holds.</summary>
    public SlotRole Role { get; init; }

    /// <summary>Labels; none when null.</summary>
    public SortedDictionary<string, string>? Labels { get; init; }

    /// <summary>Unit, such as "seconds" or "bytes".</summary>
    public string? Unit { get; init; }

    /// <summary>One line for people.</summary>
    public string? Help { get; init; }

    /// <summary>Upper bound of a bucket, inclusive, in the metric's unit; null: +Inf.</summary>
    public double? Bound { get; init; }

    /// <summary>
    /// The smallest change of the feature that matters (of a counter: per second), in its unit; null: unknown. Detection takes it as the
    /// floor of the standard deviation, so that a metric that stood still in training is not an anomaly at its first tremor.
    /// </summary>
    public double? Resolution { get; init; }

    /// <summary>Tells whether two slots belong to one metric: same name, type and labels.</summary>
    public bool IsSameMetric(SlotDescriptor other) => Name == other.Name && Type == other.Type && SameLabels(Labels, other.Labels);

    internal static bool SameLabels(SortedDictionary<string, string>? a, SortedDictionary<string, string>? b) =>
        (a?.Count ?? 0) == (b?.Count ?? 0) && (a is null || a.Count == 0 || a.SequenceEqual(b!));
}
