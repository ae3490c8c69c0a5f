using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>A pod of a node source: it samples the kernel into a row, and knows how busy it is. For the sampling thread alone.</summary>
internal abstract class SourcePod(NodePodIdentity identity) : IDisposable
{
    private INodePod? _pod;
    private double[] _row = [];
    private long _rowCpuNs;

    internal NodePodIdentity Identity { get; } = identity;

    /// <summary>When its rows are due.</summary>
    internal Pace Pace { get; } = new();

    internal bool IsAdmitted => _pod is not null;

    /// <summary>CLOCK_MONOTONIC of its last row; 0 before the first.</summary>
    internal long RowNs { get; private set; }

    /// <summary>CLOCK_MONOTONIC at which it was found empty; 0 while it has processes.</summary>
    internal long EmptySinceNs { get; set; }

    /// <summary>There is nothing left to sample.</summary>
    internal bool HasEnded { get; set; }

    /// <summary>CPU time of all its rows so far.</summary>
    protected abstract long CpuNs { get; }

    /// <summary>What can be read of it, known after the first <see cref="Sample"/>.</summary>
    protected abstract SlotDescriptor[] Describe();

    /// <summary>Reads what is due.</summary>
    protected abstract void Sample(SampleContext context);

    protected abstract void Fill(Span<double> row);

    /// <summary>Reads its files, and writes a row if it is admitted.</summary>
    internal void WriteRow(SampleContext context)
    {
        var now = Clocks.MonotonicNs;
        context.NowNs = now;
        context.IsBusy = Pace.IsFast;
        Sample(context);
        if (_pod is null)
            return;
        Fill(_row);
        _pod.WriteRow(_row, now);
        Pace.Measure(CpuNs - _rowCpuNs, now - RowNs);
        (_rowCpuNs, RowNs) = (CpuNs, now);
    }

    /// <summary>Samples once to see what is readable, asks for admission, and writes the first row.</summary>
    /// <exception cref="InvalidOperationException">The agent has no room.</exception>
    internal void Admit(INodePods pods, SampleContext context)
    {
        WriteRow(context);
        _rowCpuNs = CpuNs;
        RowNs = context.NowNs;
        var descriptors = Describe();
        _row = new double[descriptors.Length];
        var pod = pods.Add(Identity, descriptors);
        Fill(_row);
        pod.WriteRow(_row, RowNs);
        _pod = pod;
    }

    /// <summary>Closes held files.</summary>
    internal abstract void Close(SampleContext context);

    public void Dispose()
    {
        _pod?.Dispose();
        _pod = null;
    }
}
