using System.Diagnostics;
using Microsoft.Extensions.Logging;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>What the feed looks at: nothing here makes an LMAP wait.</summary>
/// <param name="Lmaps">Who reads the pods.</param>
/// <param name="Clock">What time it is.</param>
/// <param name="Agent">Where the collector stands with its agent.</param>
/// <param name="Generation">Layout generation in force.</param>
/// <param name="AlarmCounts">Alarms opened, and events lost.</param>
/// <param name="ScrapeInterval">How often pages are read.</param>
internal sealed record LiveSource(
    IReadOnlyList<LmapRunner> Lmaps, CollectorClock Clock, Func<ConnectionView> Agent, Func<ulong> Generation, Func<(long Opened, long Lost)> AlarmCounts,
    TimeSpan ScrapeInterval)
{
    /// <summary>The pod of this id, as it is monitored now.</summary>
    public MonitoredPod? Find(string id)
    {
        foreach (var runner in Lmaps)
            foreach (var pod in runner.Lmap.Pods)
                if (pod.Pod == id)
                    return pod;
        return null;
    }
}

/// <summary>
/// Tells every open page of pods, scores, alarms and health: everything at first, then twice a second what changed. A frame is written once for all of
/// them and allocates nothing while no pod comes and no alarm opens. Thread-safe.
/// </summary>
internal sealed class LiveFeed : IDisposable
{
    /// <summary>Pages that may be open at once.</summary>
    public const int MaxPages = 16;

    private const long PeriodNs = 500_000_000;
    private const long LeastGapNs = 100_000_000; // alarms may come in bursts
    private readonly LiveSource _source;
    private readonly string _page;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly LiveJson _frame = new();
    private readonly LiveFrames _frames;
    private readonly AlarmBook _alarms = new();
    private readonly Dictionary<MonitoredPod, LivePod> _pods = [];
    private readonly List<LivePod> _all = [], _described = [], _observed = [];
    private readonly List<int> _gone = [];
    private readonly List<LiveAlarm> _told = [];
    private readonly List<LiveSubscriber> _pages = [];
    private readonly WakingThread _thread;
    private readonly string _instance = Guid.NewGuid().ToString("n");
    private LiveHealth _health;
    private long _tick, _secondNs = long.MinValue, _cpuNs, _memoryNs = long.MinValue;
    private int _next;

    /// <param name="source">What it looks at.</param>
    /// <param name="page">Tells one version of the page's files from another.</param>
    /// <param name="logger">For faults.</param>
    public LiveFeed(LiveSource source, string page, ILogger logger)
    {
        (_source, _page, _logger) = (source, page, logger);
        _frames = new LiveFrames(_frame, source.Clock);
        _thread = new WakingThread("live page", Turn, error => _logger.LogError("The live page lost a frame: {Error}", error.Message), LeastGapNs);
        _cpuNs = Clocks.ProcessCpuNs;
    }

    /// <summary>Bytes posted to pages, since the start.</summary>
    public long PostedBytes { get; private set; }

    /// <summary>Frames written, since the start.</summary>
    public long Frames { get; private set; }

    /// <summary>Pages given up because they were too slow, since the start.</summary>
    public long PagesDropped { get; private set; }

    public void Start() => _thread.Start();

    /// <summary>An alarm changed: pages hear of it at once.</summary>
    public void Take(AlarmEvent change)
    {
        _alarms.Take(change);
        _thread.Wake();
    }

    /// <summary>Opens a page, which has everything posted to it; null when too many are open.</summary>
    public LiveSubscriber? TrySubscribe()
    {
        lock (_gate)
        {
            if (_pages.Count >= MaxPages)
                return null;
            var page = new LiveSubscriber(Leave);
            if (_pages.Count == 0)
                Look(Clocks.MonotonicNs);
            WriteFull();
            _pages.Add(page);
            page.Post(_frame.Written.Span, isFirst: true);
            _thread.Wake(); // while no page is open it sleeps
            PostedBytes += _frame.Written.Length;
            return page;
        }
    }

    /// <summary>Looks at every pod, and tells the open pages what changed; does nothing when there are none.</summary>
    /// <param name="nowNs">CLOCK_MONOTONIC, ns: tells when a second is over.</param>
    public void Tick(long nowNs)
    {
        lock (_gate)
        {
            _told.Clear();
            _alarms.TakeNews(_told);
            if (_pages.Count == 0)
                return;
            var second = Look(nowNs);
            if (!second && _described.Count + _observed.Count + _gone.Count + _told.Count == 0)
                return;
            WriteDelta(second);
            Post(_frame.Written.Span);
        }
    }

    public void Dispose()
    {
        _thread.Dispose();
        _frame.Dispose();
    }

    /// <summary>With no page open it sleeps until there is one, or an alarm to take down.</summary>
    private long Turn(long nowNs)
    {
        Tick(nowNs);
        return _pages.Count > 0 ? nowNs + PeriodNs : long.MaxValue;
    }

    /// <summary>Answers whether a second has passed since it last did.</summary>
    private bool Look(long now)
    {
        _tick++;
        _described.Clear();
        _observed.Clear();
        _gone.Clear();
        var present = 0;
        for (var i = 0; i < _source.Lmaps.Count; i++)
        {
            var pods = _source.Lmaps[i].Lmap.Pods;
            present += pods.Count;
            for (var at = 0; at < pods.Count; at++)
                LookAt(pods[at], _source.Lmaps[i]);
        }
        if (present != _all.Count)
            _all.RemoveAll(IsGone);
        if (_secondNs != long.MinValue && now - _secondNs < 950_000_000)
            return false;
        TakeHealth(now);
        return true;
    }

    private void LookAt(MonitoredPod pod, LmapRunner runner)
    {
        if (!_pods.TryGetValue(pod, out var live))
        {
            var freshness = new PodFreshness(pod, runner.Lmap.Statistics, runner.SilenceLimitNs, _source.Clock);
            live = new LivePod(++_next, pod, freshness, runner.Lmap.Index);
            _pods.Add(pod, live);
            _all.Add(live);
        }
        live.SeenAt = _tick;
        if (live.Describe())
            _described.Add(live);
        if (live.Observe())
            _observed.Add(live);
    }

    private bool IsGone(LivePod live)
    {
        if (live.SeenAt == _tick)
            return false;
        _pods.Remove(live.Pod);
        _gone.Add(live.Number);
        return true;
    }

    private void TakeHealth(long now)
    {
        var cpu = Clocks.ProcessCpuNs;
        var cores = _secondNs == long.MinValue ? double.NaN : (double)(cpu - _cpuNs) / (now - _secondNs);
        (_secondNs, _cpuNs) = (now, cpu);
        var memory = _health.MemoryBytes;
        if (_memoryNs == long.MinValue || now - _memoryNs > 5_000_000_000) // /proc is read for it
            (_memoryNs, memory) = (now, Environment.WorkingSet);
        var (opened, lost) = _source.AlarmCounts();
        _health = new(_source.Agent(), _source.Generation(), cores, memory, opened, lost, _pages.Count, PagesDropped);
    }

    private void WriteFull()
    {
        _frame.Begin("event: full\ndata: "u8);
        var json = _frame.Json;
        json.WriteString("instance"u8, _instance);
        json.WriteString("page"u8, _page);
        json.WriteString("machine"u8, Environment.MachineName);
        json.WriteNumber("interval"u8, _source.ScrapeInterval.TotalSeconds);
        WriteTime();
        _frames.WritePods(_all, withHistory: true);
        _frames.WriteScores(_all);
        var alarms = new List<LiveAlarm>();
        _alarms.CopyTo(alarms);
        _frames.WriteAlarms(alarms);
        _frames.WriteHealth(_health with { Pages = _pages.Count + 1 }, _source.Lmaps);
        _frame.End();
        Frames++;
    }

    private void WriteDelta(bool second)
    {
        _frame.Begin("event: delta\ndata: "u8);
        WriteTime();
        _frames.WriteGone(_gone);
        _frames.WritePods(_described, withHistory: false);
        _frames.WriteScores(_observed);
        _frames.WriteAlarms(_told);
        if (second)
            _frames.WriteHealth(_health, _source.Lmaps);
        _frame.End();
        Frames++;
    }

    private void WriteTime() => _frame.Json.WriteNumber("now"u8, _source.Clock.UnixNs(_source.Clock.NowNs) / 1_000_000);

    private void Post(ReadOnlySpan<byte> frame)
    {
        for (var i = _pages.Count - 1; i >= 0; i--)
        {
            PostedBytes += frame.Length;
            if (_pages[i].Post(frame))
                continue;
            PagesDropped++;
            _pages.RemoveAt(i);
        }
    }

    private void Leave(LiveSubscriber page)
    {
        lock (_gate)
            _pages.Remove(page);
    }
}
