using System.Diagnostics;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>
/// What the agent does by the clock, on threads so that none waits for another: heartbeats, the leases' clock, control words and exited peers, which wait
/// for nothing; queue pairs and retirement, which may wait for the device, if there is one; segments, registrations and quotas, which may wait for a file. To wake
/// costs more than most of what there is to do, so what can share a wake-up does.
/// </summary>
internal sealed class HostClock : IDisposable
{
    private static readonly TimeSpan s_sweep = TimeSpan.FromSeconds(1); // with the next beat
    private static readonly TimeSpan s_queues = TimeSpan.FromMilliseconds(100), s_segments = TimeSpan.FromMilliseconds(500), s_queueInspection = TimeSpan.FromSeconds(1), s_inspection = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_registrations = TimeSpan.FromSeconds(5), s_measure = TimeSpan.FromSeconds(30), s_quietMeasure = TimeSpan.FromMinutes(5);
    private readonly HostState _state;
    private readonly ControlListener _listener;
    private readonly RestPods? _rest;
    private readonly List<PeriodicThread> _threads;
    private ulong _beat = (ulong)Stopwatch.GetTimestamp(); // differs from an earlier agent's
    private long _sweptNs, _inspectedNs, _triedNs, _measuredNs = Clocks.MonotonicNs;

    internal HostClock(HostState state, ControlListener listener, RestPods? rest)
    {
        (_state, _listener, _rest) = (state, listener, rest);
        _threads =
        [
            new("heartbeat", () => IsQuiet ? PageFormat.LocalHeartbeatPeriod : PageFormat.HeartbeatPeriod, _ => Beat(), state.Log, missed => state.Metrics.MissedBeats.Add(missed), state.Exits),
            new("segments", () => state.Rdma is null && rest is not { Count: > 0 } ? s_measure : s_segments, Reclaim, state.Log),
        ];
        (state.HurryBeats, state.HurrySegments) = (_threads[0].Hurry, _threads[1].Hurry);
        // A lease that ends must soon reach nothing by RDMA; without, all that ends with it is a wait to give memory back.
        if (state.Rdma is not null)
            _threads.Add(new("leases", () => s_queues, Sweep, state.Log));
    }

    internal void Start() => _threads.ForEach(thread => thread.Start());

    public void Dispose() => _threads.ForEach(thread => thread.Dispose());

    /// <summary>Nothing that a beat sees to is in a hurry: nobody reads by RDMA, no rate moves, no memory waits to be given up.</summary>
    private bool IsQuiet => _state.Rdma is null && !_state.RatesMove && !_state.Retirement.IsWaiting;

    private void Beat()
    {
        _state.Book.Beats.Beat(++_beat);
        _state.Readers.Listen();
        var sweeps = IsDue(ref _sweptNs, s_sweep);
        _listener.EndOrphans();
        var inspects = IsDue(ref _inspectedNs, s_inspection);
        if (_state.RatesMove || inspects)
            WatchRates();
        if (_state.Rdma is not null)
            return;
        if (sweeps)
            _state.Retirement.Release();
        if (inspects)
            Inspect();
    }

    /// <summary>A look at each pod's word costs several times its heartbeat. While nobody has taken one, only a forged word is to be found.</summary>
    private void WatchRates()
    {
        var now = Clocks.MonotonicNs;
        _state.RatesMove = false; // before looking: who takes one meanwhile says so again
        foreach (var pod in ClientPods())
        {
            if (pod.Rate.Watch(pod.Memory, _state.Options.BaseTraceRate, now, _state.Options.RateTimeout, _state.Readers))
                _state.Metrics.RatesReset.Increment();
            if (!pod.Rate.IsSettled)
                _state.RatesMove = true;
        }
    }

    /// <summary>Those whose memory somebody else than the agent writes.</summary>
    private IEnumerable<ServedPod> ClientPods() => _state.Book.Snapshot().Where(pod => pod.Identity.Kind != PodKind.Node);

    private void Sweep(long tick)
    {
        _state.Retirement.Release();
        if (tick % (s_queueInspection / s_queues) == 0)
            _state.Rdma!.Queues.Inspect();
        if (tick % (s_inspection / s_queues) == 0)
            Inspect();
    }

    private void Reclaim(long tick)
    {
        _rest?.ReclaimUnheld();
        _rest?.RetireTruncated();
        if (_state.Rdma is { } rdma && IsDue(ref _triedNs, s_registrations))
            rdma.Regions.TryAgain();
        // Reads a line of the kernel's per descriptor and mapping.
        if (IsDue(ref _measuredNs, _state.Quota.HasMoved ? s_measure : s_quietMeasure))
            _state.Quota.Measure();
    }

    private static bool IsDue(ref long lastNs, TimeSpan period)
    {
        var now = Clocks.MonotonicNs;
        if (now - lastNs < period.Ticks * 100)
            return false;
        lastNs = now;
        return true;
    }

    /// <summary>A header that its own client scribbled over is quarantined by every reader; here it is counted and named, once.</summary>
    private void Inspect()
    {
        foreach (var pod in ClientPods())
            if (!pod.IsDamaged && !pod.Memory.IsIntact)
                _state.Quarantine(pod, "its own client changed the header or the size; others are not affected");
    }
}
