using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>
/// The stream of one pod's values, a row per scrape as it comes: looks at the published row often enough to miss none, and tells how many it missed all the
/// same. The LMAP that reads the pod does not know of it. For one task.
/// </summary>
/// <param name="id">The pod's id.</param>
/// <param name="source">Where pods are found.</param>
internal sealed class PodValues(string id, LiveSource source) : IDisposable
{
    private const long SearchNs = 500_000_000; // is it the same pod still?
    private const long GatherNs = 50_000_000; // rows of this long go out together: more frames than that nobody sees
    private const int MaxGathered = 256;
    private readonly LiveJson _frame = new();
    private MonitoredPod? _pod;
    private PublishedRow? _row;
    private PodColumns? _columns;
    private double[] _slots = [], _values = [], _told = [];
    private long _version, _searchedNs = long.MinValue, _sentNs = long.MinValue / 2, _offsetNs;
    private int _gathered;
    private bool _wasGone;

    /// <summary>What is to be sent; empty: nothing yet.</summary>
    public ReadOnlyMemory<byte> Frame { get; private set; }

    /// <summary>How often to look: four times per scrape, within what timers can do and people can see.</summary>
    public static TimeSpan PeriodOf(TimeSpan interval) => TimeSpan.FromMilliseconds(Math.Clamp(interval.TotalMilliseconds / 4, 5, 100));

    /// <summary>Looks once; afterwards <see cref="Frame"/> is what to send.</summary>
    /// <param name="nowNs">CLOCK_MONOTONIC, ns.</param>
    public void Look(long nowNs)
    {
        Frame = default;
        if (_searchedNs == long.MinValue || nowNs - _searchedNs >= SearchNs)
        {
            _searchedNs = nowNs;
            if (!Search())
                return;
        }
        if (_pod is not { } pod)
            return;
        if (_columns?.IsOf(pod.Schema) != true || !ReferenceEquals(_row, pod.Row))
        {
            if (_gathered > 0)
                Send(nowNs); // in the columns that they were read in
            else
                Describe(pod);
            return;
        }
        Gather(pod);
        if (_gathered > 0 && (_gathered >= MaxGathered || nowNs - _sentNs >= GatherNs))
            Send(nowNs);
    }

    public async Task SendAsync(Stream body, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(PeriodOf(source.ScrapeInterval));
        do
        {
            Look(Clocks.MonotonicNs);
            if (Frame.IsEmpty)
                continue;
            await body.WriteAsync(Frame, cancellation).ConfigureAwait(false); // who reads slowly misses rows, and is told how many
            await body.FlushAsync(cancellation).ConfigureAwait(false);
        }
        while (await timer.WaitForNextTickAsync(cancellation).ConfigureAwait(false));
    }

    public void Dispose() => _frame.Dispose();

    /// <summary>False when the pod is away.</summary>
    private bool Search()
    {
        var pod = source.Find(id);
        if (!ReferenceEquals(pod, _pod))
            (_columns, _gathered) = (null, 0);
        _pod = pod;
        if (pod is null && !_wasGone)
        {
            _frame.Begin("event: gone\ndata: "u8);
            _frame.Json.WriteString("pod"u8, id);
            Finish();
        }
        _wasGone = pod is null;
        return pod is not null;
    }

    private void Describe(MonitoredPod pod)
    {
        (_row, _version, _offsetNs) = (pod.Row, 0, 0);
        _columns = PodColumns.Of(pod.Schema);
        _slots = new double[Math.Max(pod.Schema.Slots, 1)];
        (_values, _told) = (new double[_columns.Count], new double[_columns.Count]);
        _told.AsSpan().Fill(double.NaN);
        _frame.Begin("event: pod\ndata: "u8);
        _frame.Json.WriteString("pod"u8, pod.Pod);
        _frame.Json.WriteNumber("interval"u8, source.ScrapeInterval.TotalSeconds);
        _frame.Json.WriteStartArray("history"u8);
        foreach (var (score, threshold) in pod.History?.Read(source.Clock.NowNs) ?? [])
        {
            _frame.Json.WriteStartArray();
            _frame.WriteShort(score);
            _frame.WriteShort(threshold);
            _frame.Json.WriteEndArray();
        }
        _frame.Json.WriteEndArray();
        _columns.Describe(_frame);
        Finish();
    }

    /// <summary>Takes the newest row, if it is new: [time in ms, rows missed before it, then column and value of each that changed].</summary>
    private void Gather(MonitoredPod pod)
    {
        var row = _row!;
        var version = row.Version;
        if (version == _version || !row.TryCopy(_slots, out var timeNs))
            return;
        if (_gathered++ == 0)
        {
            _frame.Begin("event: rows\ndata: "u8);
            _frame.Json.WriteStartArray("rows"u8);
        }
        var missed = _version == 0 ? 0 : version - _version - 1;
        _version = version;
        _columns!.Read(_slots, _values);
        _frame.Json.WriteStartArray();
        _frame.Json.WriteNumberValue(UnixMs(pod, timeNs));
        _frame.Json.WriteNumberValue(missed);
        for (var i = 0; i < _values.Length; i++)
        {
            if (_values[i].Equals(_told[i]))
                continue;
            _told[i] = _values[i];
            _frame.Json.WriteNumberValue(i);
            _frame.WriteExact(_values[i]);
        }
        _frame.Json.WriteEndArray();
    }

    /// <summary>Another machine's row clock is taken for ours from the first row on: what lies between two rows stays exact.</summary>
    private double UnixMs(MonitoredPod pod, long timeNs)
    {
        if (_offsetNs == 0)
            _offsetNs = pod.IsLive || pod.Source.SharesClock ? source.Clock.UnixNs(0) : source.Clock.UnixNs(source.Clock.NowNs) - timeNs;
        return Math.Round((timeNs + _offsetNs) / 1e6, 2);
    }

    private void Send(long nowNs)
    {
        _frame.Json.WriteEndArray();
        Finish();
        (_gathered, _sentNs) = (0, nowNs);
    }

    private void Finish()
    {
        _frame.End();
        Frame = _frame.Written;
    }
}
