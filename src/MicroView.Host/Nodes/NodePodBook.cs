using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>Admits the pods of node sources: objects that the agent itself creates and writes. Thread-safe.</summary>
internal sealed class NodePodBook(HostState state) : INodePods, IGrowingPods
{
    private readonly PodAdmission _admission = new(state);

    public INodePod Add(NodePodIdentity identity, IReadOnlyList<SlotDescriptor> descriptors)
    {
        var rejected = new List<RejectedSlot>();
        var pod = Admit(identity, descriptors, descriptors.Count, rejected);
        if (rejected.Count == 0)
            return new NodePod(state, pod, descriptors.Count);
        state.Retirement.Retire(pod);
        throw new ArgumentException(rejected[0].Reason, nameof(descriptors));
    }

    public IGrowingPod Add(NodePodIdentity identity, IReadOnlyList<SlotDescriptor> descriptors, int slots, List<RejectedSlot> rejected) =>
        new GrowingPod(state, Admit(identity, descriptors, slots, rejected), slots);

    private ServedPod Admit(NodePodIdentity identity, IReadOnlyList<SlotDescriptor> descriptors, int slots, List<RejectedSlot> rejected)
    {
        var problem = NameRules.CheckPod(identity.Pod) ?? NameRules.CheckOptional("service", identity.Service)
            ?? NameRules.CheckOptional("container", identity.Container) ?? NameRules.CheckLabels(identity.Labels);
        if (problem is not null)
            throw new ArgumentException(problem, nameof(identity));
        var geometry = GeometryFor(slots);
        if (state.Quota.TakePod(geometry.Capacity, PodKind.Node) is { } full)
            throw new InvalidOperationException(full);
        var page = Create(identity.Pod, geometry);
        page.RowSlots = slots;
        // Under the process's own pid: a source names its processes in labels.
        var (pod, refusal) = _admission.Admit(
            new(identity.Pod, PodKind.Node, state.UserId, Environment.ProcessId, identity.Service, identity.Container, identity.Container is not null, identity.Labels),
            page, new(0, geometry.Capacity, 1, page.Epoch) { RowSlots = slots });
        if (pod is null)
            throw new InvalidOperationException(refusal!.Problem);
        if (Describe(state, pod, 0, descriptors, rejected) is not { } wrong)
            return pod;
        state.Retirement.Retire(pod);
        throw new ArgumentException(wrong, nameof(descriptors));
    }

    /// <summary>Describes slots, as many messages as it takes; null, or why one was refused.</summary>
    private static string? Describe(HostState state, ServedPod pod, int known, IReadOnlyList<SlotDescriptor> descriptors, List<RejectedSlot> rejected)
    {
        for (var first = 0; first < descriptors.Count;)
        {
            var part = descriptors.Skip(first).Take(LayoutLimits.DescriptorsPerMessage).ToList();
            while (first + part.Count < descriptors.Count && part[^1].Role == SlotRole.Bucket)
                part.RemoveAt(part.Count - 1); // a histogram is announced whole: it begins the next message
            if (state.Describe(pod, known + first, part, rejected, out _) is { } wrong)
                return wrong;
            first += part.Count;
        }
        return null;
    }

    private PageObject Create(string name, SlotGeometry geometry)
    {
        try
        {
            return PageObject.Create(name.Length > 40 ? name[..40] : name, geometry);
        }
        catch (SystemCallException error)
        {
            state.Quota.ReturnPod(geometry.Capacity, 1, PodKind.Node);
            throw new InvalidOperationException(error.Message, error);
        }
    }

    /// <summary>Two pages at least, and whole pages: a machine has hundreds of these. Room for the row and its stamp.</summary>
    private static SlotGeometry GeometryFor(int slots)
    {
        if (slots > LayoutLimits.SlotsPerPod)
            throw new InvalidOperationException($"{slots} descriptors; a pod takes {LayoutLimits.SlotsPerPod}");
        var used = PageFormat.SlotsOffset + ((slots + PageFormat.SlotsPerLine - 1) / PageFormat.SlotsPerLine + 1) * PageFormat.LineSize;
        return new(Math.Max((used + PageFormat.PageSize - 1) / PageFormat.PageSize, 2) * PageFormat.PageSize, 1);
    }

    private sealed class NodePod(HostState state, ServedPod pod, int slots) : INodePod
    {
        public string Pod => pod.Id;

        public void WriteRow(ReadOnlySpan<double> values, long timeNs)
        {
            if (values.Length != slots)
                throw new ArgumentException($"a row of {values.Length} values for {slots} descriptors", nameof(values));
            _ = ((SealedMemory)pod.Memory).WriteRow(values, timeNs);
        }

        public void Dispose() => state.Retirement.Retire(pod);
    }

    private sealed class GrowingPod(HostState state, ServedPod pod, int room) : IGrowingPod
    {
        public string Pod => pod.Id;

        public int Room => room;

        public void WriteRow(ReadOnlySpan<double> values, long timeNs) => ((SealedMemory)pod.Memory).WriteRow(values, timeNs);

        public string? Append(IReadOnlyList<SlotDescriptor> descriptors, List<RejectedSlot> rejected) =>
            Describe(state, pod, state.Book.SlotsOf(pod), descriptors, rejected);

        public void Retire(IReadOnlyList<int> slots) => state.Book.Retire(pod, slots);

        public void Dispose() => state.Retirement.Retire(pod);
    }
}
