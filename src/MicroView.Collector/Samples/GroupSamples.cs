using MicroView.Export;

namespace MicroView.Collector;

/// <summary>
/// Series that have no recorder: what the collector says of itself, of a pod's health, and what explains an alarm. They are read as they are now, at the baseline, and once a second
/// while their pod is anomalous. For one thread, the sender's.
/// </summary>
internal sealed class GroupSamples(PodSamples? pod, long baselineMs, WallClock clock, SampleQueue queue, SampleStatistics statistics)
{
    private const long FullMs = 1000;
    private readonly RowBatches _batches = new(queue, statistics, isOfRows: false);
    private double[] _row = [];
    private long _readMs = long.MinValue / 2;

    /// <summary>Takes the group, or the one that stands in for it now, and the names as they are.</summary>
    public void Show(SeriesGroup group) => _batches.Become(PushedSeries.Of(group, _batches.Series));

    /// <summary>Sends a row where it is due.</summary>
    public void Look(long nowMs)
    {
        var interval = pod is null ? baselineMs : pod.IsFull ? Math.Min(FullMs, pod.BaselineMs) : pod.BaselineMs;
        if (nowMs - _readMs < interval || _batches.Series is not { } series)
            return;
        _readMs = nowMs;
        if (_row.Length < series.RowLength)
            _row = new double[series.RowLength];
        var row = _row.AsSpan(0, series.RowLength);
        if (!series.TryRead(row))
            row.Fill(ExpositionDocument.Absent); // as in a scrape: what is not there has ended
        _batches.Add(clock.UnixMs(nowMs), row);
        _batches.Flush();
    }

    /// <summary>The group is gone.</summary>
    public void Leave() => _batches.Become(null);
}
