using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>
/// The chain of an LMAP's requests: a READ per object (several where it is larger than one may be), in the order of the pods, and behind them those whose last
/// READ was refused, so that another refusal costs nobody else. Written once and posted at each pass, until the pods change. For the LMAP's thread.
/// </summary>
internal sealed class ReadPlan(SendQueue queue)
{
    /// <summary>The largest READ: what is lost of it on the way is sent again as a whole.</summary>
    public const int MaxRead = 64 * 1024;

    /// <summary>A completion for so many requests, and for the last.</summary>
    public const int SignalPeriod = 16;

    private VerbsSource[] _owners = [];
    private int[] _lengths = [];
    private uint _connection;

    /// <summary>READs.</summary>
    public int Reads { get; private set; }

    /// <summary>Bytes of all of them.</summary>
    public long Bytes { get; private set; }

    /// <summary>When a pod that is left out may be tried again; the plan is then to be made anew.</summary>
    public long RetryNs { get; private set; } = long.MaxValue;

    /// <summary>Pods that are left out.</summary>
    public int Faulted { get; private set; }

    /// <summary>Pods whose control word can be written.</summary>
    public List<(MonitoredPod Pod, VerbsSource Source)> Writable { get; } = [];

    /// <summary>Writes the chain.</summary>
    /// <param name="pods">The LMAP's pods.</param>
    /// <param name="reader">The queue that the sources are to wait for.</param>
    /// <param name="connection">Goes into each request's id: completions of an earlier connection are not this one's.</param>
    /// <param name="nowNs">Monotonic clock, ns.</param>
    public void Make(ReadOnlySpan<MonitoredPod> pods, LmapQueue reader, uint connection, long nowNs)
    {
        (Reads, Bytes, Faulted, RetryNs, _connection) = (0, 0, 0, long.MaxValue, connection);
        Writable.Clear();
        var suspects = new List<VerbsSource>();
        var sources = new List<VerbsSource>(pods.Length);
        foreach (var pod in pods)
        {
            if (pod.Source is not VerbsSource source)
                continue;
            (source.Queue, source.LastRequest) = (reader, -1);
            if (pod.Status == RowStatus.Quarantined || source.Parts.Count == 0)
                continue;
            if (source.Control is not null)
                Writable.Add((pod, source));
            if (!source.Fault.IsSet)
                sources.Add(source);
            else if (source.Fault.RetryNs <= nowNs)
                suspects.Add(source);
            else
                (Faulted, RetryNs) = (Faulted + 1, Math.Min(RetryNs, source.Fault.RetryNs));
        }
        sources.AddRange(suspects);
        Write(sources);
    }

    /// <summary>Whose READ a request is.</summary>
    public VerbsSource OwnerOf(int request) => _owners[request];

    /// <summary>Bytes of the first so many READs.</summary>
    public long BytesOf(int reads)
    {
        var bytes = 0L;
        foreach (var length in _lengths.AsSpan(0, reads))
            bytes += length;
        return bytes;
    }

    /// <summary>A request's id.</summary>
    public ulong IdOf(int request) => (ulong)_connection << 32 | (uint)request;

    /// <summary>The request of an id; -1 when it is another connection's.</summary>
    public int RequestOf(ulong id) => (uint)(id >> 32) == _connection ? (int)(uint)id : -1;

    private void Write(List<VerbsSource> sources)
    {
        var reads = 0;
        foreach (var source in sources)
            foreach (var part in source.Parts)
                reads += (part.Landing.Length + MaxRead - 1) / MaxRead;
        queue.Reserve(Math.Max(1, reads + Writable.Count));
        if (_owners.Length < reads)
            (_owners, _lengths) = (new VerbsSource[reads], new int[reads]);
        Array.Clear(_owners, reads, _owners.Length - reads);
        foreach (var source in sources)
        {
            foreach (var part in source.Parts)
                Write(source, part);
            source.LastRequest = Reads - 1;
        }
        if (Reads > 0)
            queue.SetSignaled(Reads - 1, true);
    }

    private void Write(VerbsSource source, VerbsSource.Part part)
    {
        for (var from = 0; from < part.Landing.Length; from += MaxRead)
        {
            var length = Math.Min(MaxRead, part.Landing.Length - from);
            queue.SetRead(Reads, IdOf(Reads), part.Landing.Address + (ulong)from, part.Landing.LocalKey, length, part.Remote.Address + (ulong)from, part.Remote.Key);
            queue.SetSignaled(Reads, Reads % SignalPeriod == SignalPeriod - 1);
            (_owners[Reads], _lengths[Reads]) = (source, length);
            Reads++;
            Bytes += length;
        }
    }
}
