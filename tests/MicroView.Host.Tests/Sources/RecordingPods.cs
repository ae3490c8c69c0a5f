using MicroView.Protocol;

namespace MicroView.Host.Tests;

/// <summary>The agent's side of the seam: keeps every row, and checks what the real one would refuse.</summary>
internal sealed class RecordingPods : INodePods
{
    private readonly Lock _lock = new();
    private readonly List<RecordedPod> _pods = [];

    public int MaxPods { get; init; } = int.MaxValue;

    /// <summary>Off where the recorder itself must not allocate.</summary>
    public bool KeepsRows { get; set; } = true;

    public RecordedPod[] Pods { get { lock (_lock) return [.. _pods]; } }

    public RecordedPod[] Living => [.. Pods.Where(pod => !pod.IsRetired)];

    public RecordedPod? Find(string pod) => Living.FirstOrDefault(p => p.Pod == pod);

    public INodePod Add(NodePodIdentity identity, IReadOnlyList<SlotDescriptor> descriptors)
    {
        Assert.Null(NameRules.CheckPod(identity.Pod) ?? NameRules.CheckOptional("service", identity.Service)
            ?? NameRules.CheckOptional("container", identity.Container) ?? NameRules.CheckLabels(identity.Labels));
        foreach (var descriptor in descriptors)
            Assert.Null(NameRules.Check(descriptor));
        lock (_lock)
        {
            if (_pods.Count(pod => !pod.IsRetired) >= MaxPods)
                throw new InvalidOperationException($"the pool's quota of {MaxPods} pods is used up");
            var pod = new RecordedPod(this, identity, descriptors);
            _pods.Add(pod);
            return pod;
        }
    }
}

internal sealed class RecordedPod(RecordingPods owner, NodePodIdentity identity, IReadOnlyList<SlotDescriptor> descriptors) : INodePod
{
    private readonly Lock _lock = new();
    private readonly List<(long TimeNs, double[] Values)> _rows = [];

    public string Pod => identity.Pod;

    public NodePodIdentity Identity => identity;

    public IReadOnlyList<SlotDescriptor> Descriptors => descriptors;

    public bool IsRetired { get; private set; }

    public int Count { get; private set; }

    public (long TimeNs, double[] Values)[] Rows { get { lock (_lock) return [.. _rows]; } }

    /// <summary>The last row, by name and label values: "process_page_faults_total{minor}".</summary>
    public Dictionary<string, double> Last => Named(Rows[^1].Values);

    public double[] Series(string key)
    {
        var index = descriptors.ToList().FindIndex(d => Key(d) == key);
        Assert.True(index >= 0, $"{Pod} has no {key}");
        return [.. Rows.Select(row => row.Values[index])];
    }

    public Dictionary<string, double> Named(double[] values) => descriptors.Select((d, i) => (Key(d), values[i])).ToDictionary();

    public void WriteRow(ReadOnlySpan<double> values, long timeNs)
    {
        ObjectDisposedException.ThrowIf(IsRetired, this);
        if (values.Length != descriptors.Count)
            throw new ArgumentException($"{values.Length} values for {descriptors.Count} descriptors");
        Count++;
        if (!owner.KeepsRows)
            return;
        lock (_lock)
            _rows.Add((timeNs, values.ToArray()));
    }

    public void Dispose() => IsRetired = true;

    internal static string Key(SlotDescriptor d) => d.Labels is { Count: > 0 } labels ? $"{d.Name}{{{string.Join(',', labels.Values)}}}" : d.Name;
}
