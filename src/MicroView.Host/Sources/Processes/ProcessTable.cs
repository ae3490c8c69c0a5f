using System.Buffers.Text;
using System.Text;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>
/// The processes of the machine, and the groups they form. A round reads the names in /proc; a new process is examined once, again
/// after a second (a fork becomes itself only by exec) and from then on every half minute. For the sampling thread alone.
/// </summary>
internal sealed class ProcessTable
{
    private const long SecondCheckNs = 1_000_000_000, LaterChecksNs = 30_000_000_000;
    private const long TicksPerSecond = 100; // USER_HZ, the same on every Linux that .NET runs on

    private sealed class Known
    {
        internal int Round, FirstRound, Fingerprint, Checks;
        internal long StartTicks, NextCheckNs;
        internal TrackedProcess? Process;
    }

    private readonly SampleContext _context;
    private readonly ProcessExaminer _examiner;
    private readonly ProcessGrouping _grouping;
    private readonly PodFilter _filter;
    private readonly Func<ReadOnlySpan<byte>, bool> _isCovered;
    private readonly Dictionary<int, Known> _known = [];
    private readonly Dictionary<string, ProcessGroup> _groups = new(StringComparer.Ordinal);
    private readonly List<int> _gone = [];
    private readonly byte[] _entries = new byte[32 * 1024], _procRoot;
    private readonly Action<ProcessGroup> _found;
    private int _round;

    /// <param name="context">What the sampling thread reuses.</param>
    /// <param name="examiner">Asks who a process is.</param>
    /// <param name="isCovered">Tells from the text of /proc/PID/cgroup whether a cgroup pod accounts for the process.</param>
    /// <param name="found">Told of each new group; it may refuse by dropping it.</param>
    internal ProcessTable(SampleContext context, ProcessExaminer examiner, Func<ReadOnlySpan<byte>, bool> isCovered, Action<ProcessGroup> found)
    {
        (_context, _isCovered, _found) = (context, isCovered, found);
        _grouping = new(context.Options.Grouping);
        _filter = new(context.Options);
        _examiner = examiner;
        _procRoot = Encoding.UTF8.GetBytes(context.Options.ProcRoot + "\0");
    }

    /// <summary>Processes that belong to a group.</summary>
    internal int Processes { get; private set; }

    internal IReadOnlyDictionary<string, ProcessGroup> Groups => _groups;

    /// <summary>Looks for processes that came, went or changed.</summary>
    internal void Discover()
    {
        _round++;
        if (_context.Options.Processes == ProcessScope.None)
        {
            // Of all processes, only the agent's own is a pod.
            if (_context.HasCpuClock)
                See(Environment.ProcessId);
            return;
        }
        var directory = KernelFile.Open(_procRoot);
        if (directory < 0)
            return;
        for (int read; (read = KernelFile.ReadEntries(directory, _entries)) > 0;)
        {
            var entries = new DirectoryEntries(_entries.AsSpan(0, read));
            while (entries.Next())
                if (Utf8Parser.TryParse(entries.Name, out int id, out var used) && used == entries.Name.Length && id > 0)
                    See(id);
        }
        KernelFile.Close(directory);
        Forget();
    }

    /// <summary>Has the processes of a cgroup.procs file examined again at the next round: a pod of their own accounts for them now.</summary>
    internal void CheckMembers(string path)
    {
        var read = KernelFile.ReadOnce(Encoding.UTF8.GetBytes(path + "\0"), _context.Buffer);
        ReadOnlySpan<byte> text = _context.Buffer.AsSpan(0, Math.Max(0, read));
        while (KernelText.NextLine(ref text, out var line))
            if (_known.TryGetValue((int)Math.Clamp(KernelText.Number(line), 0, int.MaxValue), out var known))
                known.NextCheckNs = 0;
    }

    /// <summary>Drops a group that was retired or refused; its processes are looked at again later.</summary>
    internal void Drop(ProcessGroup group)
    {
        _groups.Remove(group.Identity.Pod);
        foreach (var known in _known.Values)
            if (known.Process is { } process && process.Group == group)
                Release(known);
        group.Close(_context);
    }

    internal void Close()
    {
        foreach (var known in _known.Values)
            Release(known);
        _known.Clear();
    }

    private void See(int id)
    {
        if (!_known.TryGetValue(id, out var known))
            _known.Add(id, known = new() { StartTicks = -1 });
        known.Round = _round;
        if (known.Process is { HasEnded: true })
        {
            Release(known);
            known.NextCheckNs = 0;
        }
        if (_context.NowNs >= known.NextCheckNs)
            Check(id, known);
    }

    private void Check(int id, Known known)
    {
        if (!_examiner.TryReadStat(id, out var stat, out var name))
            return;
        if (stat.StartTicks != known.StartTicks)
        {
            Release(known);
            (known.StartTicks, known.FirstRound, known.Checks, known.Fingerprint) = (stat.StartTicks, _round, 0, 0);
        }
        known.Checks++;
        known.NextCheckNs = _context.NowNs + (known.Checks == 1 ? SecondCheckNs : LaterChecksNs);
        var isSelf = id == Environment.ProcessId && _context.HasCpuClock;
        if (stat.IsKernelThread || stat.IsDead || !isSelf && IsOutOfScope(id))
        {
            Release(known);
            return;
        }
        var fingerprint = _examiner.Fingerprint(id, name);
        if (known.Process is not null && known.Checks > 2 && fingerprint == known.Fingerprint)
            return;
        known.Fingerprint = fingerprint;
        Place(id, known, isSelf);
    }

    private bool IsOutOfScope(int id) => _context.Options.Processes switch
    {
        ProcessScope.None => true,
        ProcessScope.All => false,
        _ => _isCovered(_examiner.Cgroup(id)),
    };

    private void Place(int id, Known known, bool isSelf)
    {
        if (!_examiner.TryReadStat(id, out _, out var nameBytes))
            return;
        var name = Encoding.UTF8.GetString(nameBytes);
        var (pod, service) = _grouping.Name(_examiner.Facts(id, name));
        if (isSelf)
            pod = service + "-agent";
        if (known.Process?.Group is { } current && current.Identity.Pod == pod)
            return;
        var isNew = !_groups.TryGetValue(pod, out var group);
        if (isNew && !isSelf && IsTooYoung(known))
        {
            known.NextCheckNs = 0;
            return;
        }
        if (!isSelf && !_filter.Accepts(pod, service))
        {
            Release(known);
            return;
        }
        var process = known.Process ?? new TrackedProcess(id, known.StartTicks, _context.Options.ProcRoot);
        if (process.Group is null && known.Process is null)
            Processes++;
        process.Group?.Leave(process, _context.NowNs);
        known.Process = process;
        group ??= Found(pod, service, id, isSelf);
        var isNewcomer = known.FirstRound > 1 && known.Checks <= 2; // it was not there a round ago
        var countsPast = !group.IsAdmitted || isNewcomer;
        if (!countsPast)
            process.Sample(_context);
        group.Join(process, countsPast, _examiner.BootSeconds + known.StartTicks / TicksPerSecond);
        if (isNew)
            _found(group);
    }

    private ProcessGroup Found(string pod, string service, int id, bool isSelf)
    {
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["source"] = "process" };
        if (isSelf)
            labels["self"] = "true";
        var group = new ProcessGroup(new(pod, service, Labels: labels), isSelf);
        if (!isSelf && _examiner.HasOwnNetwork(id))
            group.Network = new(_context.Options.ProcRoot, id);
        _groups.Add(pod, group);
        return group;
    }

    private double AgeSeconds(Known known)
    {
        if (!_context.HasCpuClock)
            return double.MaxValue; // a fixture's clock is not this machine's
        return Environment.TickCount64 / 1000.0 - known.StartTicks / (double)TicksPerSecond;
    }

    private bool IsTooYoung(Known known) => AgeSeconds(known) < _context.Options.MinimumAge.TotalSeconds;

    private void Release(Known known)
    {
        if (known.Process is not { } process)
            return;
        process.Group?.Leave(process, _context.NowNs);
        process.Close(_context);
        known.Process = null;
        Processes--;
    }

    private void Forget()
    {
        foreach (var (id, known) in _known)
        {
            if (known.Round == _round)
                continue;
            Release(known);
            _gone.Add(id);
        }
        foreach (var id in _gone)
            _known.Remove(id);
        _gone.Clear();
    }
}
