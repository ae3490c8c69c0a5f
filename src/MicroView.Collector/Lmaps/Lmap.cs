using System.Threading;
using Microsoft.Extensions.Logging;
using MicroView.Analysis;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>Settings of an LMAP's scrapes.</summary>
/// <param name="TickNs">How often a pod's row is classified, ns; 0: every fresh row.</param>
/// <param name="IntervalNs">From one scrape to the next, ns, 0 when back to back: a tick falls to the scrape that is nearest to it.</param>
public sealed record LmapOptions(long TickNs = 100_000_000, long IntervalNs = 0);

/// <summary>
/// A Local Metrics Processing Pipeline: reads its pods and runs their detectors. This is the scrape itself, without a thread; for one
/// thread, and without
/// allocation while nothing opens an alarm. <see cref="LmapThread"/> runs it on a schedule.
/// </summary>
public sealed class Lmap
{
    private const long LayoutRequestPeriodNs = 100_000_000; // docs/page-format.md: at most ten a second per pod
    private const long TornLimitNs = 1_000_000_000;

    private readonly long _tickNs;
    private readonly ScrapeReads? _reads;
    private readonly ILogger _logger;
    private readonly LmapStatistics _statistics = new();
    private readonly AlarmFollower _alarms = new();
    private MonitoredPod[] _pods = [];
    private LmapChange? _inbox;
    private LmapTick _tick;

    /// <summary>An LMAP without pods.</summary>
    public Lmap(int index, LmapOptions options, PageTransport transport, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(transport);
        ArgumentNullException.ThrowIfNull(logger);
        ArgumentOutOfRangeException.ThrowIfNegative(options.TickNs);
        Index = index;
        // A row can be classified no more often than it is read; such a tick is not missed.
        _tickNs = options.TickNs == 0 ? 0 : Math.Max(options.TickNs, options.IntervalNs);
        _tick = new(_tickNs, options.IntervalNs / 2);
        _reads = transport.ReadsOf(index);
        Prefetch = new(options.IntervalNs);
        _logger = logger;
    }

    /// <summary>Its number, from 0.</summary>
    public int Index { get; }

    /// <summary>What it has done.</summary>
    public LmapStatistics Statistics => _statistics;

    /// <summary>Its pods. Thread-safe to read.</summary>
    public IReadOnlyList<MonitoredPod> Pods => Volatile.Read(ref _pods);

    /// <summary>Called, on the LMAP's thread, when an alarm opens or closes. Set before the first scrape.</summary>
    public Action<AlarmEvent>? AlarmChanged { get => _alarms.Changed; set => _alarms.Changed = value; }

    /// <summary>Called, on the LMAP's thread, when a pod's header says that its layout moved: at most ten times a second per pod.</summary>
    public Action? LayoutMoved { get; set; }

    /// <summary>Takes down what is read; null: the run is not recorded. Set before the first scrape, like the next three.</summary>
    internal LmapRecorder? Recorder { get; set; }

    /// <summary>Takes the decisions; null: nobody wants them.</summary>
    internal DecisionRing? Decisions { get; set; }

    /// <summary>Takes the rows that detectors are given, in a replay; null: nobody wants them.</summary>
    internal RowFiles? Rows { get; set; }

    /// <summary>Keeps two minutes of each pod's score, for the live page.</summary>
    internal bool KeepsHistory { get; init; }

    internal PodPrefetch Prefetch { get; }

    internal CollectorClock Clock { get; init; } = CollectorClock.Live;

    /// <summary>Takes these pods from the next scrape on; for callers that run the scrapes themselves.</summary>
    public void SetPods(IReadOnlyList<MonitoredPod> pods)
    {
        ArgumentNullException.ThrowIfNull(pods);
        foreach (var pod in pods)
            pod.Source.Activate();
        Volatile.Write(ref _pods, [.. pods]);
    }

    /// <summary>
    /// Hands over a change; the thread that scrapes applies it between two scrapes. The one before must have been applied.
    /// </summary>
    internal void Post(LmapChange change) => Volatile.Write(ref _inbox, change);

    internal bool HasPost => Volatile.Read(ref _inbox) is not null;

    /// <summary>Applies what was posted.</summary>
    internal void ApplyPost()
    {
        if (Interlocked.Exchange(ref _inbox, null) is not { } change)
            return;
        if (Recorder is not null)
            change.Recorded?.Applied(Recorder, Index);
        foreach (var adoption in change.Adoptions)
            Adopt(adoption);
        Volatile.Write(ref _pods, change.Pods);
        HasUnread |= change.Adoptions.Count > 0 || Array.Exists(change.Pods, static pod => pod.FreshTimeNs == 0);
        change.Applied.TrySetResult();
    }

    /// <summary>Pods have come, or have changed their metrics, since the last scrape that could read. For the LMAP's own thread.</summary>
    internal bool HasUnread { get; private set; }

    /// <summary>False while its transport cannot read anything.</summary>
    internal bool CanRead => _reads?.IsReady ?? true;

    /// <summary>
    /// Reads every pod once and classifies the rows that are due.
    /// </summary>
    /// <param name="nowNs">CLOCK_MONOTONIC, ns: times live rows, ticks and heartbeats.</param>
    public void ScrapeOnce(long nowNs)
    {
        var canRead = CanRead;
        HasUnread &= !canRead;
        var due = _tick.IsDue(nowNs, out var missed);
        _statistics.MissedTicks += missed;
        Pass(nowNs, due, looks: false);
        if (canRead)
            _statistics.Scrapes++;
    }

    /// <summary>
    /// Looks at the headers of every pod and takes no row: tells between two scrapes that are far apart whose heartbeat stands still.
    /// </summary>
    /// <param name="nowNs">CLOCK_MONOTONIC, ns.</param>
    public void LookOnce(long nowNs) => Pass(nowNs, due: false, looks: true);

    private void Pass(long nowNs, bool due, bool looks)
    {
        var pods = _pods;
        Recorder?.Begin(nowNs, looks);
        _reads?.Begin(pods, nowNs);
        if (!looks)
            Prefetch.Begin(pods, nowNs);
        for (var i = 0; i < pods.Length;)
        {
            try
            {
                for (; i < pods.Length; i++)
                    if (looks)
                        Look(pods[i], nowNs);
                    else
                        Scrape(pods, i, nowNs, due);
            }
#pragma warning disable CA1031 // One bad pod must not take the LMAP down.
            catch (Exception error)
#pragma warning restore CA1031
            {
                TakeOut(pods[i], error);
                _alarms.End(pods[i++], Clock, nowNs);
            }
        }
        if (!looks)
            Prefetch.End();
        _reads?.End();
        Recorder?.End();
        _statistics.LastLookNs = nowNs;
    }

    private void Adopt(PodAdoption adoption)
    {
        try
        {
            adoption.Pod.Adopt(adoption.Layout, adoption.Schema, adoption.Source);
        }
#pragma warning disable CA1031 // One bad pod must not take the LMAP down.
        catch (Exception error)
#pragma warning restore CA1031
        {
            TakeOut(adoption.Pod, error);
            _alarms.End(adoption.Pod, Clock, Clock.NowNs);
        }
    }

    private void Scrape(MonitoredPod[] pods, int index, long nowNs, bool due)
    {
        Prefetch.Before(index);
        var pod = pods[index];
        if (pod.Status == RowStatus.Quarantined)
            return;
        var row = pod.CurrentRow;
        var status = pod.Source.Read(row.BeginWrite(), nowNs);
        if (status == RowStatus.Fresh)
        {
            var time = pod.Source.RowTimeNs;
            pod.IsLive = time == 0;
            pod.RowTimeNs = time = pod.IsLive ? nowNs : time;
            pod.IsPending = true;
            row.Publish(time);
            pod.FreshTimeNs = pod.Source.SharesClock ? time : nowNs;
            _statistics.FreshRows++;
        }
        else
        {
            status = Note(pod, status, nowNs);
        }
        if (pod.Status != status)
            pod.Status = status;
        if (pod.Source.Generation != pod.KnownGeneration && pod.Source.Generation != 0)
            AskForLayout(pod, nowNs);
        if (pod.IsPending && IsDue(pod, due))
            Classify(pod, nowNs);
        if (status == RowStatus.Fresh)
            pod.Flight?.Take(pod, nowNs); // behind the detector: the row goes with what it said
        Prefetch.After(index);
    }

    /// <summary>Only what is wrong is news: a pod that is well again is fresh when its row has been read.</summary>
    private void Look(MonitoredPod pod, long nowNs)
    {
        if (pod.Status == RowStatus.Quarantined)
            return;
        var status = pod.Source.Look(nowNs);
        if (status > RowStatus.Torn)
            pod.Status = Note(pod, status, nowNs);
        if (pod.Source.Generation != pod.KnownGeneration && pod.Source.Generation != 0)
            AskForLayout(pod, nowNs);
    }

    /// <summary>Counts what was not fresh. A row that stays torn is a writer that died inside it: as good as stale.</summary>
    private RowStatus Note(MonitoredPod pod, RowStatus status, long nowNs)
    {
        switch (status)
        {
            case RowStatus.Unchanged:
                _statistics.UnchangedRows++;
                break;
            case RowStatus.Torn:
                _statistics.TornRows++;
                if (pod.Status is not (RowStatus.Torn or RowStatus.Stale))
                    pod.TornSinceNs = nowNs;
                return nowNs - pod.TornSinceNs > TornLimitNs ? RowStatus.Stale : RowStatus.Torn;
            case RowStatus.Stale:
                _statistics.StaleReads++;
                pod.TornSinceNs = nowNs;
                break;
            case RowStatus.Unreadable:
                _statistics.UnreadableReads++;
                break;
            default:
                _statistics.Quarantines++;
                _alarms.End(pod, Clock, nowNs);
                _logger.LogWarning("Pod {Pod} is quarantined: its page's magic, version or epoch is not what it announced", pod.Pod);
                break;
        }
        return status;
    }

    private bool IsDue(MonitoredPod pod, bool due)
    {
        if (_tickNs == 0 || pod.IsLive)
            return due;
        // A batch row is due by its own clock; an eighth of a tick is for its jitter, which must not cost every second row.
        return pod.ClassifiedTimeNs == long.MinValue || pod.RowTimeNs - pod.ClassifiedTimeNs >= _tickNs - _tickNs / 8
            || pod.RowTimeNs < pod.ClassifiedTimeNs;
    }

    private void Classify(MonitoredPod pod, long nowNs)
    {
        pod.IsPending = false;
        // The same row is never classified twice, not even when a new source of the same object reads it again.
        if (pod.Analysis is not { } analysis || pod.RowTimeNs == pod.ClassifiedTimeNs)
            return;
        pod.ClassifiedTimeNs = pod.RowTimeNs;
        Rows?.Take(pod, nowNs);
        var seen = analysis.Observe(pod.CurrentRow.Front, pod.RowTimeNs);
        _statistics.ClassifiedRows++;
        pod.PublishObservation(seen);
        if (KeepsHistory && seen.Row == RowOutcome.Accepted && seen.State == PodState.Watching)
            (pod.History ??= new()).Take(nowNs, seen.Score, seen.Threshold);
        Decisions?.Take(pod, seen, nowNs);
        if (seen.AlarmOpen || seen.Change != AlarmChange.None)
            _alarms.Follow(pod, seen, Clock, nowNs);
    }

    private void AskForLayout(MonitoredPod pod, long nowNs)
    {
        if (pod.LastAskNs != long.MinValue && nowNs - pod.LastAskNs < LayoutRequestPeriodNs)
            return;
        pod.LastAskNs = nowNs;
        _statistics.LayoutRequests++;
        LayoutMoved?.Invoke();
    }

    private void TakeOut(MonitoredPod pod, Exception error)
    {
        pod.Status = RowStatus.Quarantined;
        _statistics.Faults++;
        _logger.LogError("Pod {Pod} is taken out: {Error}", pod.Pod, error.Message);
    }
}
