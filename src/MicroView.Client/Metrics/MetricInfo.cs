namespace MicroView.Client;

/// <summary>What is known of a metric beside its name and labels. Immutable.</summary>
public sealed class MetricInfo
{
    /// <summary>Unit, such as "seconds" or "By"; at most 128 bytes.</summary>
    public string? Unit { get; init; }

    /// <summary>One line for people; at most 1024 bytes.</summary>
    public string? Help { get; init; }

    /// <summary>
    /// The smallest change that matters (of a counter: per second), in the metric's unit; detection takes it as the floor of the
    /// standard deviation. Null: unknown.
    /// </summary>
    public double? Resolution { get; init; }

    /// <summary>Inclusive upper bounds of a histogram's buckets, rising and finite; null: <see cref="Histogram.DefaultBounds"/>.</summary>
    public IReadOnlyList<double>? Bounds { get; init; }
}
