namespace MicroView.Analysis;

/// <summary>
/// The feature vector of a layout, compiled once per generation: which of a row's <see cref="SlotCount"/> slots make which of its
/// <see cref="Count"/> features. Immutable and thread-safe;
/// pods of one layout may share it.
/// </summary>
public sealed class FeatureMap
{
    private readonly Feature[] _features;
    private readonly Run[] _runs;
    private readonly int[] _histograms;
    private readonly byte[] _rateBits;

    /// <summary>Compiles <paramref name="features"/>; their order is the order of the feature vector.</summary>
    /// <exception cref="ArgumentException">No features.</exception>
    public FeatureMap(IReadOnlyList<Feature> features)
    {
        ArgumentNullException.ThrowIfNull(features);
        if (features.Count == 0)
            throw new ArgumentException("A feature map needs at least one feature.", nameof(features));
        _features = [.. features];
        Stride = RowMatrix.Padded(_features.Length);
        _rateBits = new byte[Stride / 8];
        var runs = new List<Run>();
        var histograms = new List<int>();
        for (var i = 0; i < _features.Length; i++)
        {
            var feature = _features[i];
            SlotCount = Math.Max(SlotCount, LastSlot(feature) + 1);
            if (feature.Kind is FeatureKind.Rate or FeatureKind.HistogramRate)
                _rateBits[i / 8] |= (byte)(1 << (i % 8));
            if (feature.Kind is FeatureKind.HistogramRate or FeatureKind.HistogramMean)
                histograms.Add(i);
            else if (runs.Count > 0 && runs[^1].Continues(feature.Slots[0], i))
                runs[^1] = runs[^1] with { Length = runs[^1].Length + 1 };
            else
                runs.Add(new Run(feature.Slots[0], i, 1));
        }
        _runs = [.. runs];
        _histograms = [.. histograms];
        IsDirect = _histograms.Length == 0 && _runs is [{ Source: 0 }];
    }

    /// <summary>Length of the feature vector.</summary>
    public int Count => _features.Length;

    /// <summary>Length of a row of slots that holds every source: the highest slot used plus one.</summary>
    public int SlotCount { get; }

    /// <summary>Feature <paramref name="index"/>.</summary>
    public Feature this[int index] => _features[index];

    /// <summary><see cref="Count"/> rounded up to a multiple of eight.</summary>
    internal int Stride { get; }

    /// <summary>Feature i is slot i, so the kernels read the caller's row in place.</summary>
    internal bool IsDirect { get; }

    /// <summary>Stretches of features whose slots are consecutive.</summary>
    internal ReadOnlySpan<Run> Runs => _runs;

    /// <summary>Indices of histogram features.</summary>
    internal ReadOnlySpan<int> Histograms => _histograms;

    /// <summary>One bit per feature, set for rates; eight features to a byte.</summary>
    internal byte[] RateBits => _rateBits;

    private static int LastSlot(Feature feature)
    {
        var last = feature.SumSlot;
        foreach (var slot in feature.Slots)
            last = Math.Max(last, slot);
        return last;
    }

    internal readonly record struct Run(int Source, int Target, int Length)
    {
        public bool Continues(int source, int target) => source == Source + Length && target == Target + Length;
    }
}
