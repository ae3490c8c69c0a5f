using System.Diagnostics;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>
/// The agent's periodic threads: one for heartbeats every 100 ms, control words, exited peers and retirement; one for what may wait for a file.
/// Threads of their own, so that a busy thread pool makes no pod look stale.
/// </summary>
internal sealed class HostClock : IDisposable
{
    private readonly HostState _state;
    private readonly ControlListener _listener;
    private readonly RestPods? _rest;
    private static readonly TimeSpan s_maintenance = TimeSpan.FromMilliseconds(500);
    private readonly Thread _thread, _maintenance;
    private readonly ManualResetEventSlim _stop = new();
    private ulong _beat = (ulong)Stopwatch.GetTimestamp(); // differs from an earlier agent's

    internal HostClock(HostState state, ControlListener listener, RestPods? rest)
    {
        (_state, _listener, _rest) = (state, listener, rest);
        _thread = new(Run) { IsBackground = true, Name = "microview-clock" };
        _maintenance = new(RunMaintenance) { IsBackground = true, Name = "microview-upkeep" };
    }

    internal void Start()
    {
        _thread.Start();
        _maintenance.Start();
    }

    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        _maintenance.Join();
        _stop.Dispose();
    }

    private void Run()
    {
        var due = Stopwatch.GetTimestamp();
        var period = (long)(PageFormat.HeartbeatPeriod.TotalSeconds * Stopwatch.Frequency);
        for (var tick = 0L; ; tick++)
        {
            due += period;
            var wait = due - Stopwatch.GetTimestamp();
            if (wait < -period)
            {
                _state.Metrics.MissedBeats.Add(-wait / period);
                due = Stopwatch.GetTimestamp();
            }
            if (_stop.Wait(TimeSpan.FromSeconds(Math.Max(wait, 0) / (double)Stopwatch.Frequency)))
                return;
            try
            {
                Tick(tick);
            }
            catch (Exception error)
            {
                _state.Log.Unexpected("the heartbeat", error.ToString());
            }
        }
    }

    private void Tick(long tick)
    {
        var pods = _state.Book.Snapshot();
        var now = Clocks.MonotonicNs;
        _beat++;
        foreach (var pod in pods)
        {
            pod.Memory.Beat(_beat);
            if (pod.Rate.Watch(pod.Memory, _state.Options.BaseTraceRate, now, _state.Options.RateTimeout))
                _state.Metrics.RatesReset.Increment();
        }
        _listener.EndOrphans();
        _state.Retirement.Release();
    }

    /// <summary>What may wait for a file or a lock, and so must not stand between two heartbeats.</summary>
    private void Maintain(long tick)
    {
        _rest?.ReclaimUnheld();
        if (tick % 2 != 0)
            return;
        var pods = _state.Book.Snapshot();
        Inspect(pods);
        _state.Rdma?.Queues.Inspect();
        if (tick % 10 != 0)
            return;
        _state.Quota.Measure();
        _state.Rdma?.Regions.TryAgain(pods);
    }

    private void RunMaintenance()
    {
        for (var tick = 1L; !_stop.Wait(s_maintenance); tick++)
        {
            try
            {
                Maintain(tick);
            }
            catch (Exception error)
            {
                _state.Log.Unexpected("maintenance", error.ToString());
            }
        }
    }

    /// <summary>A header that its own client scribbled over is quarantined by every reader; here it is counted and named, once.</summary>
    private void Inspect(ServedPod[] pods)
    {
        foreach (var pod in pods)
        {
            if (pod.IsDamaged || pod.Memory.IsIntact)
                continue;
            pod.IsDamaged = true;
            _state.Metrics.Quarantined.Increment();
            _state.Log.Quarantined(pod.Id, "its own client changed the header or the size; others are not affected");
        }
        _rest?.RetireTruncated();
    }
}
