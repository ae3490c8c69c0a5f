using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>One process: its held files and what they said last. For the sampling thread alone.</summary>
internal sealed class TrackedProcess
{
    /// <summary>Files that it may hold open.</summary>
    internal const int Files = 4;

    private static readonly int PageBytes = Environment.SystemPageSize;
    private readonly byte[] _openFiles;
    private HeldFile _stat, _memory, _io, _scheduler;
    private long _readNs;
    private ProcessCells _cells;

    internal TrackedProcess(int id, long startTicks, string procRoot)
    {
        (Id, StartTicks) = (id, startTicks);
        var folder = $"{procRoot}/{id}";
        _stat = new(folder + "/stat");
        _memory = new(folder + "/statm");
        _io = new(folder + "/io");
        _scheduler = new(folder + "/schedstat");
        _openFiles = System.Text.Encoding.UTF8.GetBytes(folder + "/fd\0");
    }

    internal int Id { get; }

    /// <summary>With the id, tells this process from a later one.</summary>
    internal long StartTicks { get; }

    internal ProcessGroup? Group { get; set; }

    /// <summary>It was found gone: the table drops it at its next round.</summary>
    internal bool HasEnded { get; set; }

    /// <summary>What this process last said; a counter that it could not tell stands at 0.</summary>
    internal ref readonly ProcessCells Cells => ref _cells;

    /// <summary>Whether a file can be read: unknown before the first sample.</summary>
    internal bool HasMemory { get; private set; } = true;

    internal bool HasIo { get; private set; } = true;

    internal bool HasScheduler { get; private set; } = true;

    internal bool HasOpenFiles { get; private set; } = true;

    /// <summary>True when it used CPU since the sample before.</summary>
    internal bool HasRun { get; private set; }

    /// <summary>
    /// Reads what may have changed; false when the process is gone. A process whose CPU clock stands still, to the nanosecond, did
    /// nothing and faulted nothing: its other files are read only every few seconds, for what others may do to it (swap its memory out).
    /// </summary>
    internal bool Sample(SampleContext context)
    {
        long cpu = -1;
        HasRun = true;
        if (context.HasCpuClock)
        {
            cpu = Clocks.CpuNsOf(Id);
            if (cpu < 0)
                return false;
            HasRun = cpu != _cells[ProcessMetric.CpuNs];
            if (!HasRun && context.NowNs - _readNs < context.IdleRefreshNs)
                return true;
        }
        if (!_stat.TryRead(context, out var text, out var error))
            return !HeldFile.IsGone(error);
        if (!ProcessStat.TryParse(text, out var stat))
            return true; // cut or malformed: what was known stands
        if (stat.StartTicks != StartTicks || stat.IsDead)
            return false;
        _readNs = context.NowNs;
        _cells[ProcessMetric.CpuNs] = cpu >= 0 ? cpu : stat.CpuTicks * 10_000_000;
        _cells[ProcessMetric.MinorFaults] = stat.MinorFaults;
        _cells[ProcessMetric.MajorFaults] = stat.MajorFaults;
        _cells[ProcessMetric.Threads] = stat.Threads;
        _cells[ProcessMetric.Members] = 1;
        ReadMemory(context);
        ReadIo(context);
        ReadScheduler(context);
        ReadOpenFiles();
        return true;
    }

    internal void Close(SampleContext context)
    {
        _stat.Close(context);
        _memory.Close(context);
        _io.Close(context);
        _scheduler.Close(context);
    }

    private void ReadMemory(SampleContext context)
    {
        if (!HasMemory || !(HasMemory = _memory.TryRead(context, out var text, out var error) || HeldFile.IsPassing(error)))
            return;
        var total = KernelText.Number(KernelText.NextWord(ref text));
        var resident = KernelText.Number(KernelText.NextWord(ref text));
        var ofFiles = KernelText.Number(KernelText.NextWord(ref text));
        if (ofFiles < 0 || text.Length == 0)
            return;
        _cells[ProcessMetric.VirtualBytes] = total * PageBytes;
        _cells[ProcessMetric.ResidentBytes] = resident * PageBytes;
        _cells[ProcessMetric.AnonymousBytes] = Math.Max(0, resident - ofFiles) * PageBytes;
    }

    private void ReadIo(SampleContext context)
    {
        if (!HasIo || !(HasIo = _io.TryRead(context, out var text, out var error) || HeldFile.IsPassing(error)))
            return;
        Span<long> values = stackalloc long[6]; // rchar, wchar, syscr, syscw, read_bytes, write_bytes, in this order since Linux 2.6.20
        foreach (ref var value in values)
        {
            if (!KernelText.NextLine(ref text, out var line) || text.Length == 0) // a seventh line follows, so none of the six is cut
                return;
            _ = KernelText.NextWord(ref line);
            value = KernelText.Number(line);
            if (value < 0)
                return;
        }
        for (var i = 0; i < values.Length; i++)
            _cells[ProcessMetrics.OfIo[i]] = values[i];
    }

    private void ReadScheduler(SampleContext context)
    {
        if (!HasScheduler || !(HasScheduler = _scheduler.TryRead(context, out var text, out var error) || HeldFile.IsPassing(error)))
            return;
        _ = KernelText.NextWord(ref text);
        var wait = KernelText.Number(KernelText.NextWord(ref text));
        var switches = KernelText.Number(KernelText.NextWord(ref text));
        if (switches < 0 || text.Length == 0)
            return;
        _cells[ProcessMetric.WaitNs] = wait;
        _cells[ProcessMetric.Switches] = switches;
    }

    private void ReadOpenFiles()
    {
        if (!HasOpenFiles)
            return;
        var answer = KernelFile.Status(_openFiles, out var count, out _);
        HasOpenFiles = answer == 0 ? count > 0 || _cells[ProcessMetric.OpenFiles] > 0 : HeldFile.IsPassing(answer);
        if (answer == 0)
            _cells[ProcessMetric.OpenFiles] = count;
    }
}
