using System.Diagnostics;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>
/// What the agent does by the clock, on three threads so that none waits for another: heartbeats, the leases' clock, control words and exited peers, which wait
/// for nothing; queue pairs and retirement, which may wait for the device; segments, registrations and quotas, which may wait for a file.
/// </summary>
internal sealed class HostClock : IDisposable
{
    private const int BeatsPerLook = 5;
    private static readonly TimeSpan s_segments = TimeSpan.FromMilliseconds(500), s_inspection = TimeSpan.FromSeconds(1);
    private readonly HostState _state;
    private readonly ControlListener _listener;
    private readonly RestPods? _rest;
    private readonly PeriodicThread[] _threads;
    private ulong _beat = (ulong)Stopwatch.GetTimestamp(); // differs from an earlier agent's

    internal HostClock(HostState state, ControlListener listener, RestPods? rest)
    {
        (_state, _listener, _rest) = (state, listener, rest);
        _threads =
        [
            new("heartbeat", PageFormat.HeartbeatPeriod, Beat, state.Log, missed => state.Metrics.MissedBeats.Add(missed)),
            // A lease that ends must soon reach nothing by RDMA; without, all that ends with it is a wait to give memory back.
            new("leases", state.Rdma is null ? s_inspection : PageFormat.HeartbeatPeriod, Sweep, state.Log),
            new("segments", s_segments, Reclaim, state.Log),
        ];
    }

    internal void Start() => Array.ForEach(_threads, thread => thread.Start());

    public void Dispose() => Array.ForEach(_threads, thread => thread.Dispose());

    private void Beat(long tick)
    {
        _state.Book.Beats.Beat(++_beat);
        _state.Readers.Listen();
        // What is measured in seconds: a look at each pod's word and process in turn with the beat would cost several times the beat.
        if (tick % BeatsPerLook != 0)
            return;
        var now = Clocks.MonotonicNs;
        foreach (var pod in _state.Book.Snapshot())
            if (pod.Rate.Watch(pod.Memory, _state.Options.BaseTraceRate, now, _state.Options.RateTimeout, _state.Readers))
                _state.Metrics.RatesReset.Increment();
        _listener.EndOrphans();
    }

    private void Sweep(long tick)
    {
        _state.Retirement.Release();
        if (_state.Rdma is not null && tick % (s_inspection / PageFormat.HeartbeatPeriod) != 0)
            return;
        _state.Rdma?.Queues.Inspect();
        Inspect();
    }

    private void Reclaim(long tick)
    {
        _rest?.ReclaimUnheld();
        if (tick % 2 == 0)
            _rest?.RetireTruncated();
        if (tick % 10 != 9)
            return;
        _state.Rdma?.Regions.TryAgain();
        // Reads a line of the kernel's per mapping.
        if (tick % 60 == 9)
            _state.Quota.Measure();
    }

    /// <summary>A header that its own client scribbled over is quarantined by every reader; here it is counted and named, once.</summary>
    private void Inspect()
    {
        foreach (var pod in _state.Book.Snapshot())
            if (!pod.IsDamaged && !pod.Memory.IsIntact)
                _state.Quarantine(pod, "its own client changed the header or the size; others are not affected");
    }
}
