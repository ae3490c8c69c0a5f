using MicroView.Export;

namespace MicroView.Collector;

/// <summary>
/// Decides which of a pod's rows are sent. Everything older than the recorder's window before the newest row is decided: a sample per baseline interval. What is in the window is
/// undecided, until it leaves it, or until an alarm opens and all of it is sent. So a pod's rows are decided once, in their order, and nothing is ever sent that is older than what was.
/// For one thread, the sender's.
/// </summary>
internal sealed class PodSamples
{
    private const long SilenceMs = 5000; // without a new row, the clock decides instead
    private readonly SamplePolicy _policy;
    private readonly long _holdMs, _baselineMs, _windowMs;
    private readonly WallClock _clock;
    private readonly SampleStatistics _statistics;
    private readonly RowBatches _metrics, _score;
    private double[] _row = [];
    private long _next, _scanned, _dueMs = long.MinValue, _fullUntilMs = long.MinValue;
    private bool _wasFull, _isPaused;

    public PodSamples(string pod, SampleOptions options, WallClock clock, SampleQueue queue, SampleStatistics statistics)
    {
        (Pod, _policy, _clock, _statistics) = (pod, options.PolicyOf(pod), clock, statistics);
        _holdMs = Milliseconds(options.Hold);
        _baselineMs = Milliseconds(_policy.Baseline);
        // Where nothing is ever sent at once, or everything, nothing has to wait.
        _windowMs = _policy.Full == FullResolution.Alarm ? Milliseconds(_policy.Recorder) : 0;
        (_metrics, _score) = (new(queue, statistics, isOfRows: true), new(queue, statistics, isOfRows: true));
    }

    public string Pod { get; }

    /// <summary>Its baseline interval, ms.</summary>
    public long BaselineMs => _baselineMs;

    /// <summary>Length of the window, ms.</summary>
    public long WindowMs => _windowMs;

    /// <summary>The pod; null before it has been seen.</summary>
    public MonitoredPod? Monitored { get; private set; }

    public PodFreshness? Freshness { get; private set; }

    /// <summary>True while everything of the pod is sent, as far as its rows have been looked at.</summary>
    public bool IsFull { get; private set; }

    /// <summary>When its groups were last there, monotonic ms.</summary>
    public long SeenMs { get; set; }

    /// <summary>Its groups, as they are named now.</summary>
    public void Show(PodFreshness freshness, SeriesGroup metrics, SeriesGroup? score)
    {
        if (!ReferenceEquals(freshness.Pod, Monitored))
        {
            Finish(); // another instance begins at its own first row
            Release();
            (_next, _scanned, _dueMs, _fullUntilMs, _wasFull, IsFull) = (0, 0, long.MinValue, long.MinValue, false, false);
        }
        (Monitored, Freshness) = (freshness.Pod, freshness);
        _metrics.Become(PushedSeries.Of(metrics, _metrics.Series));
        _score.Become(score is null ? null : PushedSeries.Of(score, _score.Series));
    }

    /// <summary>Looks at what is new and sends what is decided.</summary>
    public void Scan()
    {
        if (Monitored?.Flight?.Ring is not { } ring)
            return;
        Skip(ring.Oldest - _next);
        var head = ring.Head;
        for (_scanned = Math.Max(_scanned, _next); _scanned < head; _scanned++)
            if (ring.TryTime(_scanned, out var timeMs, out var isAlarm))
                See(ring, timeMs, isAlarm);
        DecideEarly(ring, head);
        if (head > 0 && ring.TryTime(head - 1, out var newestMs, out _) && _clock.NowMs - newestMs > SilenceMs)
            Decide(_clock.NowMs - _windowMs);
        FollowFreshness(ring);
        Flush();
    }

    /// <summary>Decides all that there is, as at the baseline; for the end.</summary>
    public void Finish()
    {
        Scan();
        Decide(long.MaxValue);
        Flush();
    }

    /// <summary>The pod is gone: the same, and its series end.</summary>
    public void Leave()
    {
        Finish();
        _metrics.Become(null);
        _score.Become(null);
        Release();
    }

    /// <summary>Gives the recorder up: should the pod come back, nothing is sent twice.</summary>
    private void Release()
    {
        if (Monitored is not null)
            Monitored.Flight = null;
        Monitored = null;
    }

    /// <summary>Rows that were overwritten before they were looked at. In quiet times the next one does as well.</summary>
    private void Skip(long rows)
    {
        if (rows <= 0)
            return;
        _next += rows;
        _statistics.Decide(rows * Lines);
        if (IsFull)
            _statistics.Drop(DropReason.Overrun, rows * Lines);
    }

    private void See(FlightRing ring, long timeMs, bool isAlarm)
    {
        if (isAlarm)
            _fullUntilMs = timeMs + _holdMs;
        IsFull = _policy.Full == FullResolution.Always || (_policy.Full == FullResolution.Alarm && timeMs <= _fullUntilMs);
        if (!IsFull || !_wasFull)
            Decide(timeMs - _windowMs - (IsFull ? 1 : 0), _scanned);
        _wasFull = IsFull;
        if (!IsFull)
            return;
        for (; _next <= _scanned; _next++)
        {
            if (ring.TryTime(_next, out var rowMs, out _) && Send(ring, rowMs))
                _dueMs = rowMs + _baselineMs;
            else
                _statistics.Drop(DropReason.Overrun, Lines);
        }
    }

    /// <summary>Decides on the rows up to a time: one per baseline interval.</summary>
    private void Decide(long limitMs, long last = long.MaxValue)
    {
        if (Monitored?.Flight?.Ring is not { } ring)
            return;
        for (last = Math.Min(last, _scanned); _next <= last && _next < ring.Head; _next++)
        {
            if (!ring.TryTime(_next, out var timeMs, out _))
                continue;
            if (timeMs > limitMs)
                return;
            if (timeMs < _dueMs)
                _statistics.Decide(Lines);
            else if (Send(ring, timeMs))
                _dueMs = _dueMs != long.MinValue && _dueMs + _baselineMs > timeMs ? _dueMs + _baselineMs : timeMs + _baselineMs; // on the grid that the first one began
        }
    }

    /// <summary>Where memory is short, the window is as long as the ring: its oldest rows are decided before they are overwritten.</summary>
    private void DecideEarly(FlightRing ring, long head)
    {
        var kept = ring.Capacity - ring.Reserve;
        if (head - _next > kept && ring.TryTime(head - kept, out var limitMs, out _))
            Decide(limitMs);
    }

    /// <summary>Sends the row at <see cref="_next"/>; false: it has been overwritten.</summary>
    private bool Send(FlightRing ring, long timeMs)
    {
        if (_row.Length < ring.Slots)
            _row = new double[ring.Slots];
        var row = _row.AsSpan(0, ring.Slots);
        if (!ring.TryRow(_next, row))
            return false;
        _isPaused = false;
        var slots = row[..^PodFlight.Behind];
        PodMetricsRow.Show(slots);
        var unixMs = _clock.UnixMs(timeMs);
        Put(_metrics, slots);
        Put(_score, row[^PodFlight.Behind..]);
        return true;

        void Put(RowBatches batches, ReadOnlySpan<double> values)
        {
            // A pod that has grown: its group's row is longer than what the recorder had then.
            if (batches.Series is { } series && series.RowLength > values.Length)
            {
                Span<double> longer = new double[series.RowLength];
                longer.Fill(ExpositionDocument.Absent);
                values.CopyTo(longer);
                batches.Add(unixMs, longer);
            }
            else
            {
                batches.Add(unixMs, values);
            }
            _statistics.Decide(batches.LastSamples);
        }
    }

    /// <summary>Values that are not fresh are not exposed: once all rows are sent, the series end until there are new ones.</summary>
    private void FollowFreshness(FlightRing ring)
    {
        if (_isPaused || _next < ring.Head || Freshness is not { IsFresh: false })
            return;
        (_isPaused, IsFull) = (true, false);
        _metrics.Pause();
        _score.Pause();
    }

    private void Flush()
    {
        _metrics.Flush();
        _score.Flush();
    }

    /// <summary>Samples that a row has.</summary>
    private int Lines => _metrics.LastSamples + _score.LastSamples;

    private static long Milliseconds(TimeSpan time) => (long)Math.Round(time.TotalMilliseconds);
}
