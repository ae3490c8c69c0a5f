namespace MicroView.Export;

/// <summary>
/// The series of one owner (a pod, an agent's own counters) that join, are read and leave together. Disposing it takes them out of
/// the document before the next scrape; disposing twice is harmless. Thread-safe.
/// </summary>
public sealed class SeriesGroup : IDisposable
{
    private readonly ExpositionDocument _document;
    private int[] _slots = [];
    private int[] _lines = [];
    private Series[] _histograms = [];

    internal SeriesGroup(ExpositionDocument document, IRowSource source, int rowLength, Series[] series, string[] rejected)
    {
        _document = document;
        Source = source;
        RowLength = rowLength;
        Series = series;
        Rejected = rejected;
    }

    /// <summary>Length of the row that the source fills.</summary>
    public int RowLength { get; }

    /// <summary>Metrics that were not taken, each as one readable line: name, reason.</summary>
    public IReadOnlyList<string> Rejected { get; }

    /// <summary>What gives the group its row.</summary>
    public IRowSource Source { get; }

    internal ExpositionDocument Document => _document;

    internal Series[] Series { get; }

    /// <summary>Leaves the document.</summary>
    public void Dispose() => _document.Remove(this);

    /// <summary>After each layout: where a slot's value goes in the stream.</summary>
    internal void CompilePlan()
    {
        var scalars = Series.Where(s => !s.IsHistogram && s.FirstLine >= 0).ToArray();
        _slots = [.. scalars.Select(s => s.Metric.Slot)];
        _lines = [.. scalars.Select(s => s.FirstLine)];
        _histograms = [.. Series.Where(s => s.IsHistogram && s.FirstLine >= 0)];
    }

    /// <summary>Reads the row and spreads it over <paramref name="lines"/>, the bits of every value in document order.</summary>
    internal bool Collect(Span<double> row, Span<long> lines)
    {
        // The buffer held another group's row: what the source leaves out must not pass for this group's.
        row.Fill(ExpositionDocument.Absent);
        if (!Source.TryRead(row))
        {
            MarkAbsent(lines);
            return false;
        }
        var slots = _slots;
        var targets = _lines.AsSpan(0, slots.Length);
        for (var i = 0; i < slots.Length; i++)
            lines[targets[i]] = BitConverter.DoubleToInt64Bits(row[slots[i]]);
        foreach (var histogram in _histograms) Accumulate(histogram, row, lines.Slice(histogram.FirstLine, histogram.LineCount));
        return true;
    }

    internal void MarkAbsent(Span<long> lines)
    {
        foreach (var line in _lines) lines[line] = ExpositionDocument.AbsentBits;
        foreach (var histogram in _histograms)
            lines.Slice(histogram.FirstLine, histogram.LineCount).Fill(ExpositionDocument.AbsentBits);
    }

    /// <summary>Makes a histogram's own lines of its buckets.</summary>
    internal static void Accumulate(Series histogram, ReadOnlySpan<double> row, Span<long> lines)
    {
        var at = 0;
        var finite = histogram.Bounds.Length;
        var count = 0.0;
        for (var i = 0; i < histogram.BucketSlots.Length; i++)
        {
            count += row[histogram.BucketSlots[i]];
            if (i < finite) lines[at++] = BitConverter.DoubleToInt64Bits(count);
        }
        if (double.IsNaN(count))
        {
            // No count is NaN: the histogram is gone.
            lines.Fill(ExpositionDocument.AbsentBits);
            return;
        }
        lines[at++] = BitConverter.DoubleToInt64Bits(count);
        if (histogram.HasSum) lines[at++] = BitConverter.DoubleToInt64Bits(row[histogram.Metric.SumSlot]);
        lines[at] = BitConverter.DoubleToInt64Bits(count);
    }
}
