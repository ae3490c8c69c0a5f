using MicroView.Export;

namespace MicroView.Collector;

/// <summary>Gathers rows of one group into batches, each later than what the group's series already have. For one thread.</summary>
/// <param name="queue">Where batches go.</param>
/// <param name="statistics">Counts what cannot be sent.</param>
/// <param name="isOfRows">They are a pod's rows.</param>
internal sealed class RowBatches(SampleQueue queue, SampleStatistics statistics, bool isOfRows)
{
    private const int MostSamples = 4096, MostRows = 128;
    private SampleBatch? _open;

    /// <summary>Time of the last row, Unix ms.</summary>
    public long LastMs { get; private set; } = long.MinValue;

    /// <summary>Values in the last row.</summary>
    public int LastSamples { get; private set; }

    /// <summary>The series that rows belong to; set before the first.</summary>
    public PushedSeries? Series { get; private set; }

    /// <summary>Takes a row; false: it would not have been later, and is dropped.</summary>
    public bool Add(long unixMs, ReadOnlySpan<double> row)
    {
        if (Series is not { Count: > 0 } series)
            return false;
        if (unixMs <= LastMs)
        {
            statistics.Drop(DropReason.Clock, LastSamples);
            return false;
        }
        _open ??= new SampleBatch(series, Math.Clamp(MostSamples / series.Count, 1, MostRows), isOfRows);
        LastSamples = series.Spread(row, _open.Begin());
        _open.Add(LastMs = unixMs, LastSamples);
        if (_open.Rows == _open.Capacity)
            Flush();
        return true;
    }

    /// <summary>Hands over what is gathered.</summary>
    public void Flush()
    {
        if (_open is not null)
            queue.Add(_open);
        _open = null;
    }

    /// <summary>Goes on with other series: those that are no longer there end just behind their last sample.</summary>
    /// <param name="series">Null: they all end.</param>
    public void Become(PushedSeries? series)
    {
        if (ReferenceEquals(series, Series))
            return;
        Flush();
        if (Series is { Count: > 0 } former && LastMs != long.MinValue)
            End(former, series);
        Series = series;
        LastSamples = series?.Count ?? 0;
    }

    /// <summary>They are not there for now.</summary>
    public void Pause()
    {
        Flush();
        if (Series is { Count: > 0 } series && LastMs != long.MinValue)
            End(series, null);
    }

    private void End(PushedSeries former, PushedSeries? successor)
    {
        var batch = new SampleBatch(former, 1, isOfRows: false);
        var ended = former.End(successor, batch.Begin());
        if (ended == 0)
        {
            batch.Dispose();
            return;
        }
        batch.Add(++LastMs, 0);
        queue.Add(batch);
    }
}
