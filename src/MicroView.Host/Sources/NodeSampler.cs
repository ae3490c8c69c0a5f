using MicroView.Protocol;
using Microsoft.Extensions.Logging;

namespace MicroView.Host;

/// <summary>What one tick does: look for pods, sample those that are due, retire the empty. Driven by one thread, or by a test.</summary>
internal sealed class NodeSampler
{
    private readonly INodePods _pods;
    private readonly NodeSourceOptions _options;
    private readonly ILogger _log;
    private readonly SampleContext _context;
    private readonly Cadence _cadence;
    private readonly CgroupTree _cgroups;
    private readonly ProcessTable _processes;
    private readonly List<SourcePod> _sources = [], _waiting = [];
    private readonly int _slowTicks;
    private long _tick, _nextDiscovery, _lastComplaintNs;

    internal NodeSampler(INodePods pods, NodeSourceOptions options, ILogger log)
    {
        (_pods, _options, _log) = (pods, options, log);
        _context = new(options);
        _slowTicks = Math.Max(1, (int)Math.Round(options.SlowInterval / options.Tick));
        _cadence = new(options.Busiest, _slowTicks);
        var examiner = new ProcessExaminer(_context);
        _cgroups = new(_context, examiner, Found);
        _processes = new(_context, examiner, _cgroups.Covers, _waiting.Add);
    }

    internal SourceCounts Counts { get; } = new();

    /// <summary>Serves the tick that <paramref name="missed"/> ones came before.</summary>
    internal void Tick(long missed = 0)
    {
        _tick += missed;
        Counts.MissedTicks += missed;
        _context.NowNs = Clocks.MonotonicNs;
        if (_tick >= _nextDiscovery)
        {
            _nextDiscovery = _tick - _tick % _slowTicks + _slowTicks;
            Discover();
        }
        for (var i = _sources.Count - 1; i >= 0; i--)
            if (_cadence.IsDue(_sources[i].Pace, _tick) || missed > 0 && IsOverdue(_sources[i]))
                Serve(i);
        Admit();
        _tick++;
        Counts.Update(_sources, _cadence.Fast, _processes.Processes, _context.Held);
    }

    internal void Close()
    {
        foreach (var source in _sources)
        {
            source.Dispose();
            source.Close(_context);
        }
        _processes.Close();
        _sources.Clear();
    }

    private void Discover()
    {
        var before = Clocks.ThreadCpuNs;
        _cgroups.Discover();
        _processes.Discover();
        _cadence.Rank(_sources, _context.NowNs);
        Counts.DiscoveryNs += Clocks.ThreadCpuNs - before;
    }

    private bool IsOverdue(SourcePod source) => _context.NowNs - source.RowNs >= _options.SlowInterval.TotalNanoseconds;

    private void Serve(int index)
    {
        var source = _sources[index];
        try
        {
            source.WriteRow(_context);
            Counts.Rows++;
            if (source.HasEnded || source.EmptySinceNs != 0 && _context.NowNs - source.EmptySinceNs > _options.Linger.TotalNanoseconds)
                Retire(index);
            else
                _cadence.Promote(source, _context.NowNs);
        }
        catch (Exception error) when (error is InvalidOperationException or IOException or ObjectDisposedException)
        {
            Complain($"pod {source.Identity.Pod} is given up: {error.Message}");
            Retire(index);
        }
    }

    private void Retire(int index)
    {
        var source = _sources[index];
        _sources.RemoveAt(index);
        _cadence.Leave(source);
        Forget(source);
    }

    private void Forget(SourcePod source)
    {
        source.Dispose();
        if (source is ProcessGroup group)
            _processes.Drop(group);
        else if (source is CgroupPod pod)
            _cgroups.Drop(pod);
    }

    /// <summary>Its processes are no pods of their own any more.</summary>
    private void Found(CgroupPod pod)
    {
        _waiting.Add(pod);
        _processes?.CheckMembers(pod.ProcessList);
    }

    private void Admit()
    {
        if (_waiting.Count == 0)
            return;
        foreach (var source in _waiting)
        {
            try
            {
                if (_sources.Count >= _options.MaxPods)
                    throw new InvalidOperationException($"{_options.MaxPods} pods are watched, which is the most that was asked for");
                source.Admit(_pods, _context);
                _sources.Add(source);
                _cadence.Join(source);
                Counts.Rows++;
            }
            catch (Exception error) when (error is InvalidOperationException or IOException or ArgumentException)
            {
                Counts.RefusedPods++;
                Complain($"pod {source.Identity.Pod} is not watched: {error.Message}");
                Forget(source);
            }
        }
        _waiting.Clear();
        _cadence.Rank(_sources, _context.NowNs);
    }

    private void Complain(string what)
    {
        if (_lastComplaintNs != 0 && _context.NowNs - _lastComplaintNs < 10_000_000_000)
            return;
        _lastComplaintNs = _context.NowNs;
        _log.LogWarning("Node sources: {Problem}", what);
    }
}

/// <summary>What the sampling thread counts; others read it at any time.</summary>
internal sealed class SourceCounts
{
    private readonly Lock _lock = new();
    private long _windowNs, _windowCpuNs, _windowRows, _cpuNs;
    private int _processPods, _cgroupPods, _fast, _processes, _held, _unreadable;
    private double _rowsPerSecond, _cores, _microseconds;

    internal long Rows, DiscoveryNs, MissedTicks, RefusedPods;

    internal void Update(List<SourcePod> sources, int fast, int processes, int held)
    {
        var now = Clocks.MonotonicNs;
        if (_windowNs != 0 && now - _windowNs < 2_000_000_000)
            return;
        var cpu = Clocks.ThreadCpuNs;
        var (processPods, unreadable) = (0, 0);
        foreach (var source in sources)
        {
            if (source is not ProcessGroup group)
                continue;
            processPods++;
            unreadable += group.MissesIo ? 1 : 0;
        }
        lock (_lock)
        {
            (_processPods, _cgroupPods, _fast, _processes) = (processPods, sources.Count - processPods, fast, processes);
            (_held, _unreadable) = (held, unreadable);
            if (_windowNs != 0)
                Rate(now - _windowNs, cpu - _windowCpuNs, Rows - _windowRows);
            (_windowNs, _windowCpuNs, _windowRows, _cpuNs) = (now, cpu, Rows, cpu);
        }
    }

    internal NodeSourceStatistics Snapshot()
    {
        lock (_lock)
            return new(_processPods, _cgroupPods, _fast, _processes, Volatile.Read(ref RefusedPods), Volatile.Read(ref Rows), _rowsPerSecond, _cores,
                _microseconds, _cpuNs > 0 ? (double)Volatile.Read(ref DiscoveryNs) / _cpuNs : 0, Volatile.Read(ref MissedTicks), _held, _unreadable);
    }

    private void Rate(long elapsedNs, long cpuNs, long rows)
    {
        _rowsPerSecond = rows * 1e9 / elapsedNs;
        _cores = (double)cpuNs / elapsedNs;
        _microseconds = rows > 0 ? cpuNs / 1e3 / rows : 0;
    }
}
