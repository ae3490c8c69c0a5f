using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>Admits the pods of node sources: objects that the agent itself creates and writes. Thread-safe.</summary>
internal sealed class NodePodBook(HostState state) : INodePods
{
    private readonly PodAdmission _admission = new(state);

    public INodePod Add(NodePodIdentity identity, IReadOnlyList<SlotDescriptor> descriptors)
    {
        var problem = NameRules.CheckPod(identity.Pod) ?? NameRules.CheckOptional("service", identity.Service)
            ?? NameRules.CheckOptional("container", identity.Container) ?? NameRules.CheckLabels(identity.Labels);
        if (problem is not null)
            throw new ArgumentException(problem, nameof(identity));
        var geometry = GeometryFor(descriptors.Count);
        if (state.Quota.TakePod(geometry.Capacity, PodKind.Node) is { } full)
            throw new InvalidOperationException(full);
        var page = Create(identity.Pod, geometry);
        page.RowSlots = descriptors.Count;
        // Under the process's own pid: a source names its processes in labels.
        var (pod, refusal) = _admission.Admit(
            new(identity.Pod, PodKind.Node, state.UserId, Environment.ProcessId, identity.Service, identity.Container, identity.Container is not null, identity.Labels),
            page, new(0, geometry.Capacity, 1, page.Epoch) { RowSlots = descriptors.Count });
        if (pod is null)
            throw new InvalidOperationException(refusal!.Problem);
        var rejected = new List<RejectedSlot>();
        for (var first = 0; first < descriptors.Count; first += LayoutLimits.DescriptorsPerMessage)
        {
            var part = descriptors.Skip(first).Take(LayoutLimits.DescriptorsPerMessage).ToList();
            if ((state.Describe(pod, first, part, rejected, out _) ?? rejected.FirstOrDefault()?.Reason) is { } wrong)
            {
                state.Retirement.Retire(pod);
                throw new ArgumentException(wrong, nameof(descriptors));
            }
        }
        return new NodePod(state, pod, descriptors.Count);
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
}
