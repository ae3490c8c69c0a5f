using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>A container's or a service's cgroup: its files, held open, and what they said last.</summary>
internal sealed class CgroupPod : SourcePod
{
    private const long LimitNs = 5_000_000_000; // limits change by hand
    private readonly HeldFile[] _files;
    private readonly CgroupFile[] _formats;
    private readonly string _processes;
    private CgroupCells _cells;
    private int[] _described = [];
    private long _readNs, _limitNs;

    internal CgroupPod(CgroupTree tree, string path, NodePodIdentity identity) : base(identity)
    {
        Path = path;
        _files = [.. tree.Files.Select(file => new HeldFile($"{tree.Folder(file.Controller)}{path}/{file.Name}"))];
        _formats = [.. tree.Files.Select(file => file.File)];
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
        _readNs = context.NowNs;
        var withLimit = context.NowNs - _limitNs >= LimitNs;
        for (var i = 1; i < _files.Length; i++)
            if (_formats[i] != CgroupFile.MemoryLimit || withLimit)
                Read(i, context);
        if (withLimit)
            _limitNs = context.NowNs;
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
}
