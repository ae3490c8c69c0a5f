using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>A histogram of a target in its pod's page: consecutive cells, buckets in rising order with +Inf last, then the sum.</summary>
/// <param name="Name">Its family.</param>
/// <param name="Labels">Labels of all its series, without le.</param>
/// <param name="Bounds">Finite upper bounds, rising.</param>
/// <param name="FirstCell">Cell of the first bucket.</param>
internal sealed record PageHistogram(string Name, SortedDictionary<string, string> Labels, double[] Bounds, int FirstCell)
{
    /// <summary>Buckets of one histogram: what an endpoint of ours exposes.</summary>
    internal const int MaxBuckets = 512;

    private const int ReshapeAfter = 10; // scrapes: a target that restarts with other buckets, not one that was slow with one
    private int _incomplete;

    internal string? Help { get; init; }

    internal string? Unit { get; init; }

    /// <summary>It has lacked some of its buckets and had others for so long that they will not come back.</summary>
    internal bool IsToBeReshaped => _incomplete >= ReshapeAfter;

    internal int Cells => Bounds.Length + 2;

    internal int OverflowCell => FirstCell + Bounds.Length;

    internal int SumCell => OverflowCell + 1;

    /// <summary>The cell of a bucket; -1 when the histogram has no such bound.</summary>
    internal int CellOf(double bound)
    {
        if (double.IsPositiveInfinity(bound))
            return OverflowCell;
        var at = Array.BinarySearch(Bounds, bound);
        return at < 0 ? -1 : FirstCell + at;
    }

    /// <summary>
    /// Turns cumulative counts into each bucket's own. A histogram of which a bucket is missing is missing as a whole: nothing tells how the
    /// observations between its neighbours lie.
    /// </summary>
    internal void Differ(ReadOnlySpan<double> cells, Span<double> row)
    {
        var counts = cells.Slice(FirstCell, Bounds.Length + 1);
        var missing = 0;
        foreach (var count in counts)
            missing += double.IsNaN(count) ? 1 : 0;
        _incomplete = missing == 0 || missing == counts.Length ? 0 : _incomplete + 1;
        if (missing > 0)
        {
            row.Slice(FirstCell, Cells).Fill(double.NaN);
            return;
        }
        var target = row.Slice(FirstCell, counts.Length);
        for (var i = counts.Length - 1; i > 0; i--)
            target[i] = counts[i] - counts[i - 1];
        target[0] = counts[0];
        row[SumCell] = cells[SumCell];
    }

    /// <summary>Its slots as the control plane tells of them.</summary>
    internal IEnumerable<SlotDescriptor> Describe()
    {
        var labels = Labels.Count == 0 ? null : Labels;
        foreach (var bound in Bounds)
            yield return new() { Name = Name, Type = MetricType.Histogram, Role = SlotRole.Bucket, Labels = labels, Bound = bound, Help = Help, Unit = Unit };
        yield return new() { Name = Name, Type = MetricType.Histogram, Role = SlotRole.Bucket, Labels = labels, Help = Help, Unit = Unit };
        yield return new() { Name = Name, Type = MetricType.Histogram, Role = SlotRole.Sum, Labels = labels, Help = Help, Unit = Unit };
    }
}
