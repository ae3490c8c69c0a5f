using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>What one scrape's new series come to.</summary>
/// <param name="limit">Slots that there may be.</param>
/// <param name="table">Where their texts are bound.</param>
/// <param name="dropped">Counts what gets no slot, by <see cref="DroppedSample"/>.</param>
internal sealed class Absorption(int limit, SeriesTable table, long[] dropped)
{
    /// <summary>Cells with the values that they got.</summary>
    internal List<(int Cell, double Value)> Values { get; } = [];

    internal bool HasRoom(int slots, int more, params ReadOnlySpan<NewSeries> asking)
    {
        if (slots + more <= limit)
            return true;
        dropped[(int)DroppedSample.Limit] += asking.Length; // not remembered: there may be room another time
        return false;
    }

    internal bool IsValid(SlotDescriptor descriptor, params ReadOnlySpan<NewSeries> asking)
    {
        if (NameRules.Check(descriptor) is null)
            return true;
        foreach (var series in asking)
            Remember(series, SeriesTable.Invalid);
        return false;
    }

    /// <summary>A bucket without a usable bound is passed over.</summary>
    internal bool HasBound(NewSeries series)
    {
        if (!double.IsNaN(series.Bound) && !double.IsNegativeInfinity(series.Bound))
            return true;
        Remember(series, SeriesTable.Invalid);
        return false;
    }

    internal bool Refuse(List<NewSeries> all)
    {
        foreach (var series in all)
            Remember(series, SeriesTable.Invalid);
        return false;
    }

    internal void Bind(NewSeries series, int cell)
    {
        Remember(series, cell);
        if (cell >= 0)
            Values.Add((cell, series.Value));
    }

    /// <summary>A histogram's series go on in other cells.</summary>
    internal void Move(PageHistogram from, int[] to, Span<double> cells)
    {
        table.Rebind(from.FirstCell, to);
        for (var i = 0; i < to.Length; i++)
        {
            if (to[i] >= 0)
                Values.Add((to[i], cells[from.FirstCell + i]));
            cells[from.FirstCell + i] = double.NaN;
        }
    }

    private void Remember(NewSeries series, int cell)
    {
        if (cell == SeriesTable.Invalid)
            dropped[(int)DroppedSample.Invalid]++;
        if (series.Entry >= 0)
            table.Bind(series.Entry, cell);
        else if (!table.TryAdd(series.Text, cell))
            dropped[(int)DroppedSample.Limit]++;
    }
}
