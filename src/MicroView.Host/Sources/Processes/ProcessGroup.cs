using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>
/// Processes that a rule put together, summed. Counters never go back: the last values of a member that exits stay in the sum, what it
/// did since its last row is lost.
/// </summary>
internal sealed class ProcessGroup(NodePodIdentity identity, bool isSelf = false) : SourcePod(identity)
{
    private readonly List<TrackedProcess> _members = [];
    private readonly List<ProcessCells> _seen = []; // what of each member is in the totals
    private ProcessCells _totals;
    private int[] _described = [];

    internal bool IsSelf { get; } = isSelf;

    internal int Members => _members.Count;

    internal bool MissesIo => _members.Count > 0 && !_members[0].HasIo;

    protected override long CpuNs => _totals[ProcessMetric.CpuNs];

    /// <summary>Reads of the network, when the group lives in another network namespace than the agent.</summary>
    internal NetworkReader? Network { get; set; }

    /// <summary>
    /// Takes a process in. What it did before counts only if it is new: one that comes over from another group would be a burst that
    /// never happened.
    /// </summary>
    internal void Join(TrackedProcess process, bool countsPast, long startSeconds)
    {
        process.Group = this;
        EmptySinceNs = 0;
        var seen = new ProcessCells();
        if (!countsPast)
            for (var cell = 0; cell < ProcessCells.Count; cell++)
                seen[cell] = ProcessMetrics.IsCounter(cell) ? process.Cells[cell] : 0;
        _members.Add(process);
        _seen.Add(seen);
        var oldest = _totals[ProcessMetric.StartSeconds];
        _totals[ProcessMetric.StartSeconds] = oldest == 0 || _members.Count == 1 ? startSeconds : Math.Min(oldest, startSeconds);
    }

    /// <summary>Lets a process go: its counters stay, its gauges do not.</summary>
    internal void Leave(TrackedProcess process, long nowNs)
    {
        var index = _members.IndexOf(process);
        if (index < 0)
            return;
        for (var cell = 0; cell < (int)ProcessMetric.StartSeconds; cell++)
            if (!ProcessMetrics.IsCounter(cell))
                _totals[cell] -= _seen[index][cell];
        _members.RemoveAt(index);
        _seen.RemoveAt(index);
        process.Group = null;
        if (_members.Count == 0)
            EmptySinceNs = nowNs;
    }

    protected override void Sample(SampleContext context)
    {
        var ran = 0;
        for (var i = _members.Count - 1; i >= 0; i--)
        {
            var member = _members[i];
            if (member.Sample(context))
                Add(i, in member.Cells);
            else
                End(member, context);
            if (member.HasRun)
                ran++;
        }
        Pace.Weight = Math.Max(1, ran);
        Network?.Sample(context);
    }

    protected override SlotDescriptor[] Describe()
    {
        var first = _members.Count > 0 ? _members[0] : null;
        var described = new List<int>(ProcessCells.Count);
        for (var cell = 0; cell < ProcessCells.Count; cell++)
            if (IsReadable(first, (ProcessMetric)cell))
                described.Add(cell);
        _described = [.. described];
        return [.. described.Select(cell => ProcessMetrics.All[cell].Descriptor), .. Network is null ? [] : NetworkReader.Descriptors];
    }

    protected override void Fill(Span<double> row)
    {
        for (var i = 0; i < _described.Length; i++)
            row[i] = HasValue(_described[i]) ? _totals[_described[i]] * ProcessMetrics.All[_described[i]].Scale : double.NaN;
        Network?.Fill(row[_described.Length..]);
    }

    internal override void Close(SampleContext context) => Network?.Close(context);

    /// <summary>An empty group has no memory and no threads: zeros would pass for a change of behaviour, and raise an alarm at each exit.</summary>
    private bool HasValue(int cell) => _members.Count > 0 || ProcessMetrics.IsCounter(cell) || cell == (int)ProcessMetric.Members;

    private void End(TrackedProcess member, SampleContext context)
    {
        Leave(member, context.NowNs);
        member.Close(context);
        member.HasEnded = true;
    }

    private void Add(int index, in ProcessCells now)
    {
        var seen = _seen[index];
        for (var cell = 0; cell < (int)ProcessMetric.StartSeconds; cell++)
        {
            var change = now[cell] - seen[cell];
            if (change > 0 || !ProcessMetrics.IsCounter(cell)) // exec by a thread turns the main thread's counters back
                _totals[cell] += change;
        }
        _seen[index] = now;
    }

    private static bool IsReadable(TrackedProcess? process, ProcessMetric metric)
    {
        if (process is null)
            return metric is ProcessMetric.CpuNs or ProcessMetric.Members;
        if (Array.IndexOf(ProcessMetrics.OfIo, metric) >= 0)
            return process.HasIo;
        if (Array.IndexOf(ProcessMetrics.OfScheduler, metric) >= 0)
            return process.HasScheduler;
        if (Array.IndexOf(ProcessMetrics.OfMemory, metric) >= 0)
            return process.HasMemory;
        return metric != ProcessMetric.OpenFiles || process.HasOpenFiles;
    }
}
