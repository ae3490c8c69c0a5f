namespace MicroView.Export;

/// <summary>Type of a family as Prometheus knows it.</summary>
public enum MetricType : byte
{
    /// <summary>Nothing is known about the value.</summary>
    Untyped,

    /// <summary>Only grows, but for resets.</summary>
    Counter,

    /// <summary>Goes up and down.</summary>
    Gauge,

    /// <summary>Buckets with upper bounds, and a sum.</summary>
    Histogram,
}

/// <summary>One label of a series. Any text is accepted; names are made valid and values escaped when exposed.</summary>
public readonly record struct Label(string Name, string Value)
{
    /// <summary>Lets a label be written as <c>("pod", "carts-0")</c>.</summary>
    public static implicit operator Label((string Name, string Value) pair) => new(pair.Name, pair.Value);
}

/// <summary>One bucket of a histogram.</summary>
/// <param name="UpperBound">Inclusive upper bound; +∞ for the overflow bucket.</param>
/// <param name="Slot">Slot of the row that holds the bucket's own (not cumulative) count.</param>
public readonly record struct Bucket(double UpperBound, int Slot);

/// <summary>
/// One metric of a series group: what it is called and where in the group's row its value stands. Immutable, shareable between threads.
/// </summary>
public sealed record Metric
{
    /// <summary>Name as registered. A name Prometheus cannot take is changed, see <see cref="ExpositionDocument"/>.</summary>
    public required string Name { get; init; }

    /// <summary>Type of the family.</summary>
    public required MetricType Type { get; init; }

    /// <summary>Index of the value in the group's row; not used by histograms.</summary>
    public int Slot { get; init; }

    /// <summary>Help text; the first one that is not empty speaks for the family.</summary>
    public string Help { get; init; } = "";

    /// <summary>Unit, for formats that can say it (text 0.0.4 cannot).</summary>
    public string Unit { get; init; } = "";

    /// <summary>Labels beside those of the group.</summary>
    public IReadOnlyList<Label> Labels { get; init; } = [];

    /// <summary>
    /// Buckets of a histogram, in any order. A bound of +∞ is the overflow bucket; without one nothing overflows. <c>+Inf</c> and
    /// <c>_count</c> are the sum of all buckets.
    /// </summary>
    public IReadOnlyList<Bucket> Buckets { get; init; } = [];

    /// <summary>When a counter was last 0, for formats that can say it; null: nobody knows.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>Index of a histogram's sum in the row, or -1 when it has none.</summary>
    public int SumSlot { get; init; } = -1;
}
