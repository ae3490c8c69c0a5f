namespace MicroView.Export;

/// <summary>One metric of a group, checked and ready to be laid out. Scalars are one line, histograms several in a row.</summary>
internal sealed class Series
{
    public required Metric Metric { get; init; }

    public required SeriesLabels LabelSet { get; init; }

    /// <summary>Sorted, escaped labels; also the identity within the family.</summary>
    public string Labels => LabelSet.Text;

    /// <summary>The family that it was laid out in; null when it stands aside.</summary>
    public Family? Family { get; set; }

    /// <summary>Finite upper bounds, ascending; empty for scalars.</summary>
    public double[] Bounds { get; private init; } = [];

    /// <summary>Slot of each bound's bucket, then that of the overflow bucket when there is one.</summary>
    public int[] BucketSlots { get; private init; } = [];

    /// <summary>First line in the stream, or -1 when the series is a duplicate and stands aside.</summary>
    public int FirstLine { get; set; } = -1;

    public bool IsHistogram => Metric.Type == MetricType.Histogram;

    public bool HasSum => IsHistogram && Metric.SumSlot >= 0;

    /// <summary>A histogram's lines are its buckets, +Inf, the sum when it has one, the count.</summary>
    public int LineCount => IsHistogram ? Bounds.Length + (HasSum ? 3 : 2) : 1;

    /// <summary>What the name of a histogram's line ends in.</summary>
    public string SuffixOf(int line) => line <= Bounds.Length ? "_bucket" : line == LineCount - 1 ? "_count" : "_sum";

    /// <summary>Upper bound of a histogram's bucket line.</summary>
    public double BoundOf(int line) => line < Bounds.Length ? Bounds[line] : double.PositiveInfinity;

    /// <exception cref="ArgumentException">The metric cannot be exposed; the message says why, without naming it.</exception>
    public static Series Create(Metric metric, IReadOnlyList<Label> groupLabels, SeriesLabels? sharedLabels, int rowLength)
    {
        if (string.IsNullOrEmpty(metric.Name)) throw new ArgumentException("has no name");
        if (metric.Name.Length > ExpositionLimits.NameLength)
            throw new ArgumentException(
                $"has a name of {metric.Name.Length} characters, more than the {ExpositionLimits.NameLength} allowed");
        var histogram = metric.Type == MetricType.Histogram;
        var labels = metric.Labels.Count == 0 && sharedLabels is not null && !histogram
            ? sharedLabels
            : LabelText.Render(groupLabels, metric.Labels, histogram);
        if (!histogram)
        {
            RequireSlot(metric.Slot, rowLength);
            return new Series { Metric = metric, LabelSet = labels };
        }
        var buckets = SortedBuckets(metric, rowLength);
        return new Series
        {
            Metric = metric,
            LabelSet = labels,
            Bounds = [.. buckets.Where(b => double.IsFinite(b.UpperBound)).Select(b => b.UpperBound)],
            BucketSlots = [.. buckets.Select(b => b.Slot)],
        };
    }

    private static Bucket[] SortedBuckets(Metric metric, int rowLength)
    {
        if (metric.Buckets.Count is 0 or > ExpositionLimits.Buckets)
            throw new ArgumentException($"is a histogram of {metric.Buckets.Count} buckets; 1 to {ExpositionLimits.Buckets} are allowed");
        if (metric.SumSlot != -1) RequireSlot(metric.SumSlot, rowLength);
        var buckets = metric.Buckets.OrderBy(b => b.UpperBound).ToArray();
        for (var i = 0; i < buckets.Length; i++)
        {
            RequireSlot(buckets[i].Slot, rowLength);
            if (double.IsNaN(buckets[i].UpperBound) || double.IsNegativeInfinity(buckets[i].UpperBound))
                throw new ArgumentException("has a bucket bound that is neither a number nor +Inf");
            if (i > 0 && buckets[i].UpperBound == buckets[i - 1].UpperBound)
                throw new ArgumentException("has two buckets with one bound");
        }
        return buckets;
    }

    private static void RequireSlot(int slot, int rowLength)
    {
        if (slot < 0 || slot >= rowLength)
            throw new ArgumentException($"names slot {slot} of a row of {rowLength}");
    }
}
