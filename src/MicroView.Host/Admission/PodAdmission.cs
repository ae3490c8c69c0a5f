using Microsoft.Win32.SafeHandles;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>Admits pods whose memory is sealed objects: those of socket clients and of node sources. Thread-safe.</summary>
internal sealed class PodAdmission(HostState state)
{
    /// <summary>Admits a client's pod; owns <paramref name="file"/> from then on.</summary>
    internal (ServedPod? Pod, Refusal? Refusal) Attach(AttachRequest request, SafeFileHandle file, in PeerCredentials peer)
    {
        if (Check(request) is { } problem)
        {
            file.Dispose();
            return (null, new(RefusalReason.Invalid, problem));
        }
        var (page, refusal) = Open(request.Object, file, peer, capacity => state.Quota.TakePod(capacity, PodKind.Socket));
        if (page is null)
            return (null, refusal);
        var (container, verified) = ContainerIdentity.Of(peer.ProcessId, request.Container);
        return Admit(
            new(request.Pod, PodKind.Socket, peer.UserId, peer.ProcessId, request.Service, container, verified, request.Labels), page, Known(request.Object));
    }

    /// <summary>Adds an object to a client's pod; owns <paramref name="file"/> from then on. Null, or why not.</summary>
    internal Refusal? AttachObject(ServedPod pod, ObjectLayout asked, SafeFileHandle file, in PeerCredentials peer)
    {
        var held = state.Book.ObjectsOf(pod);
        if (held.Length == 0 || asked.Index != held.Length || held.Length >= PageFormat.MaxObjects
            || asked.Capacity != held[0].Layout.Capacity || asked.Stripes != held[0].Layout.Stripes)
        {
            file.Dispose();
            return new(RefusalReason.Invalid,
                $"object {asked.Index} of {asked.Capacity} bytes and {asked.Stripes} stripes: the pod's next object is {held.Length} of at most {PageFormat.MaxObjects}, and all have the capacity and stripes of the first");
        }
        var (page, refusal) = Open(asked, file, peer, capacity => state.Quota.TakeObject(capacity));
        if (page is null)
            return refusal;
        ((SealedMemory)pod.Memory).Add(page);
        var layout = Known(asked);
        if (state.Rdma is null)
            state.Book.AddObject(pod, layout);
        else
            state.Rdma.Regions.Publish(pod, layout, state.Book.SlotsOf(pod), () => state.Book.AddObject(pod, layout));
        return null;
    }

    /// <summary>Enters a pod whose room is taken and whose object is mapped.</summary>
    internal (ServedPod? Pod, Refusal? Refusal) Admit(PodIdentity identity, PageObject page, ObjectLayout first)
    {
        var memory = new SealedMemory(page);
        var pod = new ServedPod(identity, memory);
        pod.Rate.Begin(memory, state.Options.BaseTraceRate);
        state.Rdma?.Regions.Begin(pod, first);
        if (state.Book.Admit(pod, first) is { } inUse)
        {
            pod.Regions?.Close();
            memory.Close();
            state.Quota.ReturnPod(first.Capacity, 1, identity.Kind);
            return (null, new(RefusalReason.PodInUse, inUse));
        }
        state.Metrics.Attached.Increment();
        return (pod, null);
    }

    /// <summary>What is taken over of what a client announces: these fields and no other that the record may have.</summary>
    private static ObjectLayout Known(ObjectLayout asked) => new(asked.Index, asked.Capacity, asked.Stripes, asked.Epoch) { RowSlots = asked.RowSlots };

    private static string? Check(AttachRequest request)
    {
        var problem = NameRules.CheckPod(request.Pod) ?? NameRules.CheckOptional("service", request.Service)
            ?? NameRules.CheckOptional("container", request.Container) ?? NameRules.CheckLabels(request.Labels);
        if (problem is not null)
            return problem;
        if (request.Object.Index != 0)
            return $"the first object has index {request.Object.Index}; it must be 0";
        return JsonSize.Of(request.Labels) > LayoutLimits.BytesPerItem ? $"the pod's labels take more than {LayoutLimits.BytesPerItem} bytes" : null;
    }

    private (PageObject? Page, Refusal? Refusal) Open(ObjectLayout asked, SafeFileHandle file, in PeerCredentials peer, Func<long, string?> take)
    {
        Refusal? refusal = null;
        var taken = false;
        PageObject? page = null;
        if (!SlotGeometry.IsValid(asked.Capacity, asked.Stripes, out var problem))
            refusal = new(RefusalReason.Invalid, problem);
        else if (asked.RowSlots != 0 && !new SlotGeometry(asked.Capacity, asked.Stripes).CanStamp(asked.RowSlots))
            refusal = new(RefusalReason.Invalid, $"rows of {asked.RowSlots} slots and their stamp do not fit {asked.Capacity} bytes in {asked.Stripes} stripes");
        else if (asked.Epoch == 0)
            refusal = new(RefusalReason.Invalid, "the object's epoch is 0; it must be random and not 0");
        else if (!MemoryFile.IsTrustworthy(file, asked.Capacity, out problem))
            refusal = new(RefusalReason.Untrusted, problem);
        else if (take(asked.Capacity) is { } full)
            refusal = new(RefusalReason.Full, full);
        else
            taken = true;
        if (refusal is null)
            (page, refusal) = Map(asked, file, peer);
        if (page is not null)
            return (page, null);
        file.Dispose();
        if (taken)
            Return(asked);
        return (null, refusal);
    }

    private void Return(ObjectLayout asked)
    {
        if (asked.Index == 0)
            state.Quota.ReturnPod(asked.Capacity, 1, PodKind.Socket);
        else
            state.Quota.ReturnObject(asked.Capacity);
    }

    private (PageObject? Page, Refusal? Refusal) Map(ObjectLayout asked, SafeFileHandle file, in PeerCredentials peer)
    {
        try
        {
            if (peer.UserId != state.UserId && state.UserId != 0)
                MemoryFile.ReopenReadOnly(file).Dispose(); // readers will be handed it so
            var page = PageObject.Map(file, new(asked.Capacity, asked.Stripes), asked.Epoch);
            if (page.HeaderIsIntact)
                return (page, null);
            page.Unmap();
            return (null, new(RefusalReason.Untrusted, "magic, version or epoch in the object's header are not what was announced"));
        }
        catch (SystemCallException error)
        {
            return (null, new(RefusalReason.Untrusted, $"the agent (uid {state.UserId}) cannot use the object: {error.Message}"));
        }
    }
}
