using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>A container's or a service's cgroup: its files, held open, and what they said last.</summary>
internal sealed class CgroupPod : SourcePod
{
    private const long MissingNs = 60_000_000_000; // a controller may be enabled later
    private const double Tight = 0.8; // of the limit
    private readonly HeldFile[] _files;
    private readonly CgroupFile[] _formats;
    private readonly long[] _dueNs; // of each file, when it is read again; the row's own time: with each row
    private readonly string _processes;
    private CgroupCells _cells;
    private int[] _described = [];
    private long _readNs, _statUsage = -1;
    private bool _hasQuota;

    internal CgroupPod(CgroupTree tree, string path, NodePodIdentity identity) : base(identity)
    {
        Path = path;
        _files = [.. tree.Files.Select(file => new HeldFile($"{tree.Folder(file.Controller)}{path}/{file.Name}"))];
        _formats = [.. tree.Files.Select(file => file.File)];
        _dueNs = new long[_files.Length];
        _processes = $"{tree.Folder(tree.Primary)}{path}/cgroup.procs";
        ((Span<long>)_cells).Fill(-1);
    }

    /// <summary>The cgroup's path in its hierarchy.</summary>
    internal string Path { get; }

    /// <summary>Where its member processes are listed.</summary>
    internal string ProcessList => _processes;

    /// <summary>The network of a member, when it is not the agent's own.</summary>
    internal NetworkReader? Network { get; set; }

    protected override long CpuNs => _cells[CgroupMetric.CpuNs];

    protected override void Sample(SampleContext context)
    {
        var before = _cells[CgroupMetric.CpuNs];
        if (!Read(0, context))
            return;
        var stood = before == _cells[CgroupMetric.CpuNs];
        if (stood && context.IsBusy && context.NowNs - _readNs < (long)context.Options.SlowInterval.TotalNanoseconds)
            return; // nothing ran; what others do to it (reclaim, write-back, packets) may wait for a second
        for (var i = 1; i < _files.Length; i++)
        {
            var (due, wasRead) = (context.NowNs >= _dueNs[i], _dueNs[i] == _readNs);
            if (due || IsUrgent(_formats[i]))
                _dueNs[i] = context.NowNs + ReadRest(i, context, hold: wasRead || !due);
        }
        _readNs = context.NowNs;
        Network?.Sample(context);
        if (_cells[CgroupMetric.Threads] != 0)
            EmptySinceNs = 0;
        else if (EmptySinceNs == 0)
            EmptySinceNs = context.NowNs;
    }

    protected override SlotDescriptor[] Describe()
    {
        var described = new List<int>(CgroupCells.Count);
        for (var cell = 0; cell < CgroupCells.Count; cell++)
            if (_cells[cell] >= 0)
                described.Add(cell);
        _described = [.. described];
        return [.. described.Select(cell => CgroupMetrics.All[cell].Descriptor), .. Network is null ? [] : NetworkReader.Descriptors];
    }

    protected override void Fill(Span<double> row)
    {
        for (var i = 0; i < _described.Length; i++)
            row[i] = _cells[_described[i]] * CgroupMetrics.All[_described[i]].Scale;
        Network?.Fill(row[_described.Length..]);
    }

    internal override void Close(SampleContext context)
    {
        foreach (ref var file in _files.AsSpan())
            file.Close(context);
        Network?.Close(context);
    }

    private bool Read(int file, SampleContext context)
    {
        if (_files[file].TryRead(context, out var text, out var error))
            CgroupFiles.Parse(_formats[file], text, ref _cells);
        else if (file == 0 && HeldFile.IsGone(error))
            HasEnded = true;
        return error >= 0;
    }

    /// <summary>What may not wait for its turn: breakdowns once the sum has moved, refused and fatal charges where there is little room.</summary>
    private bool IsUrgent(CgroupFile format) => format switch
    {
        CgroupFile.MemoryStat1 or CgroupFile.MemoryStat2 => _cells[CgroupMetric.UsageBytes] != _statUsage || IsTight,
        CgroupFile.MemoryFailures1 or CgroupFile.MemoryOom1 or CgroupFile.MemoryEvents2 => IsTight,
        _ => false,
    };

    private bool IsTight => _cells[CgroupMetric.LimitBytes] is > 0 and var limit && _cells[CgroupMetric.UsageBytes] > Tight * limit;

    /// <summary>Reads a file behind the first; answers how long it need not be read again, ns: each costs a call, and most containers rest.</summary>
    private long ReadRest(int file, SampleContext context, bool hold)
    {
        var format = _formats[file];
        var (failures, kills) = (_cells[CgroupMetric.FailedCharges], _cells[CgroupMetric.OomKills]);
        if (!_files[file].TryRead(context, out var text, out var error, hold))
            return error == KernelFile.NoEntry ? MissingNs : 0;
        CgroupFiles.Parse(format, text, ref _cells);
        switch (format)
        {
            case CgroupFile.MemoryLimit:
                return context.IdleRefreshNs;
            case CgroupFile.MemoryStat1 or CgroupFile.MemoryStat2:
                _statUsage = _cells[CgroupMetric.UsageBytes];
                return context.IdleRefreshNs;
            case CgroupFile.MemoryFailures1 or CgroupFile.MemoryOom1 or CgroupFile.MemoryEvents2:
                var moved = failures >= 0 && failures != _cells[CgroupMetric.FailedCharges] || kills >= 0 && kills != _cells[CgroupMetric.OomKills];
                return moved ? 0 : context.IdleRefreshNs;
            case CgroupFile.CpuStat1: // throttling, which needs a quota
                _hasQuota |= KernelText.ValueOf(text, "nr_periods"u8) > 0;
                return _hasQuota ? 0 : context.IdleRefreshNs;
            default:
                return 0;
        }
    }
}
