namespace MicroView.Analysis;

/// <summary>How a feature follows from slots.</summary>
public enum FeatureKind
{
    /// <summary>The slot as it is (a gauge), in the metric's unit.</summary>
    Value,

    /// <summary>Increase of the slot per second (a counter); a fall is a reset.</summary>
    Rate,

    /// <summary>Observations per second of a histogram: increase of the sum of its buckets.</summary>
    HistogramRate,

    /// <summary>Mean of the observations made since the previous row: Δsum/Δcount, missing if there were none.</summary>
    HistogramMean,
}

/// <summary>
/// One element of a pod's feature vector and the slots it comes from. Immutable and thread-safe. No slot, a negative one, or a resolution that is negative or not
/// finite is an <see cref="ArgumentException"/>.
/// </summary>
public sealed class Feature
{
    private readonly int[] _slots;

    private Feature(FeatureKind kind, ReadOnlySpan<int> slots, int sumSlot, double resolution)
    {
        if (slots.IsEmpty)
            throw new ArgumentException("A feature needs at least one slot.", nameof(slots));
        foreach (var slot in slots)
            ArgumentOutOfRangeException.ThrowIfNegative(slot, nameof(slots));
        if (!double.IsFinite(resolution) || resolution < 0)
            throw new ArgumentOutOfRangeException(
                nameof(resolution), resolution, "A resolution is finite and not negative; 0 means unknown.");
        Kind = kind;
        SumSlot = sumSlot;
        Resolution = resolution;
        _slots = slots.ToArray();
    }

    /// <summary>How the feature follows from its slots.</summary>
    public FeatureKind Kind { get; }

    /// <summary>The slot of a value or rate, or all bucket slots of a histogram.</summary>
    public ReadOnlySpan<int> Slots => _slots;

    /// <summary>The slot of a histogram's sum, -1 for the other kinds.</summary>
    public int SumSlot { get; }

    /// <summary>The smallest change that matters, in the feature's unit (per second for rates); 0 when unknown.</summary>
    public double Resolution { get; }

    /// <summary>A gauge.</summary>
    public static Feature Value(int slot, double resolution = 0) => new(FeatureKind.Value, [slot], -1, resolution);

    /// <summary>A counter; the resolution is per second.</summary>
    public static Feature Rate(int slot, double resolution = 0) => new(FeatureKind.Rate, [slot], -1, resolution);

    /// <summary>The rate of a histogram's observations; all its bucket slots, in any order.</summary>
    public static Feature HistogramRate(ReadOnlySpan<int> buckets, double resolution = 0) =>
        new(FeatureKind.HistogramRate, buckets, -1, resolution);

    /// <summary>The mean of a histogram's new observations, from all its bucket slots and the slot of its sum.</summary>
    public static Feature HistogramMean(ReadOnlySpan<int> buckets, int sumSlot, double resolution = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sumSlot);
        return new(FeatureKind.HistogramMean, buckets, sumSlot, resolution);
    }

    /// <summary>Whether both come from the same slots in the same way, whatever their resolution.</summary>
    internal bool SameSource(Feature other) =>
        Kind == other.Kind && SumSlot == other.SumSlot && _slots.AsSpan().SequenceEqual(other._slots);
}
