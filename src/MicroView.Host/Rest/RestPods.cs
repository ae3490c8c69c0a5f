using System.Diagnostics;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>
/// The pods of the artifact's clients: registered metric by metric, kept in named segments that outlive the agent. Thread-safe; its lock
/// is taken before every other.
/// </summary>
internal sealed class RestPods(HostState state, RestJournal journal)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, RestPod> _pods = new(StringComparer.Ordinal);

    /// <summary>Pods there are.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
                return _pods.Count;
        }
    }

    /// <summary>Registers a metric, and its pod with the first one. A known name answers its address and stores nothing.</summary>
    /// <param name="post">What was posted.</param>
    /// <param name="user">The client's user, or null when it is not on this machine.</param>
    internal (RestAddress Address, Refusal? Refusal) Register(MetricPost post, uint? user)
    {
        if ((NameRules.CheckPod(post.Pod) ?? NameRules.CheckMetric(post.Name)) is { } problem)
            return (default, new(RefusalReason.Invalid, problem));
        lock (_gate)
        {
            var pod = Current(post.Pod);
            if (pod is null)
            {
                (pod, var refusal) = Create(post.Pod, user);
                if (pod is null)
                    return (default, refusal);
            }
            pod.HeldAt = Stopwatch.GetTimestamp();
            if (!pod.Metrics.TryGetValue(post.Name, out var metric))
                return Add(pod, post);
            return metric.IsGauge == post.IsGauge
                ? (AddressOf(pod, metric.Slot), null)
                : (default, new(RefusalReason.PodInUse, $"'{post.Name}' is already a {(metric.IsGauge ? "gauge" : "counter")} of this pod"));
        }
    }

    /// <summary>Retires a REST pod by the id it was admitted under; false when there is none.</summary>
    internal bool Delete(string id)
    {
        lock (_gate)
        {
            if (_pods.Values.FirstOrDefault(pod => pod.Pod.Id == id) is not { } found)
                return false;
            Retire(found);
            return true;
        }
    }

    /// <summary>Gives back what nobody has held for the grace time.</summary>
    internal void ReclaimUnheld()
    {
        foreach (var pod in Snapshot())
        {
            var held = pod.Memory.IsHeld;
            lock (_gate)
            {
                if (held)
                    pod.HeldAt = Stopwatch.GetTimestamp();
                else if (Stopwatch.GetElapsedTime(pod.HeldAt) > state.Options.RestGrace)
                    Retire(pod);
            }
        }
    }

    /// <summary>Retires the pods whose client has truncated the segment.</summary>
    internal void RetireTruncated()
    {
        foreach (var pod in Snapshot())
        {
            if (!pod.Memory.IsTruncated)
                continue;
            state.Quarantine(pod.Pod, "its client truncated the segment; others are not affected");
            lock (_gate)
                Retire(pod);
        }
    }

    /// <summary>Takes over the segments that a live process holds, and removes the others that an earlier agent left.</summary>
    internal (int Adopted, int Removed) Adopt()
    {
        var (adopted, removed) = (0, 0);
        foreach (var left in journal.Load())
        {
            lock (_gate)
            {
                if (TryAdopt(left))
                {
                    adopted++;
                    continue;
                }
            }
            removed++;
            journal.Delete(left.Segment);
        }
        return (adopted, removed);
    }

    /// <summary>Stops: what a live process holds stays for the next agent, the rest is removed.</summary>
    internal void Stop()
    {
        foreach (var pod in Snapshot())
        {
            if (!pod.Memory.IsHeld)
            {
                lock (_gate)
                    Retire(pod);
            }
            else
            {
                state.Retirement.Retire(pod.Pod);
            }
        }
        journal.RemoveFolder();
    }

    private RestPod[] Snapshot()
    {
        lock (_gate)
            return [.. _pods.Values];
    }

    /// <summary>The pod of a name, unless its segment can no longer be opened: then it makes way for a new one.</summary>
    private RestPod? Current(string name)
    {
        if (!_pods.TryGetValue(name, out var pod))
            return null;
        if (pod.Memory.HasName && !pod.Memory.IsTruncated)
            return pod;
        Retire(pod); // the runtime of a client that has exited unlinked it
        return null;
    }

    private void Retire(RestPod pod)
    {
        if (!_pods.Remove(pod.Pod.Identity.Pod))
            return;
        pod.Memory.Unlink();
        journal.Delete(pod.Memory.Name);
        state.Retirement.Retire(pod.Pod);
    }

    private (RestAddress, Refusal?) Add(RestPod pod, MetricPost post)
    {
        var slot = pod.Metrics.Count;
        if (slot >= Math.Min(pod.Memory.Geometry.Slots, LayoutLimits.SlotsPerPod))
            return (default, new(RefusalReason.Full, $"the pod has {slot} metrics, as many as fit"));
        if (!pod.Memory.Store(slot, post.Value))
            return (default, new(RefusalReason.Full, "the segment cannot be written; has its client truncated it, or is the agent out of descriptors?"));
        try
        {
            var journaled = journal.Append(pod.Memory.Name, post.Name, post.IsGauge);
            if (state.Describe(pod.Pod, slot, [RestPod.Describe(post.Name, post.IsGauge)], [], out _) is { } problem)
            {
                journal.Shorten(pod.Memory.Name, journaled);
                return (default, new(RefusalReason.Full, problem));
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return (default, new(RefusalReason.Full, "the state folder cannot be written: " + error.Message));
        }
        pod.Metrics.Add(post.Name, (slot, post.IsGauge));
        state.Metrics.Registrations.Increment();
        return (AddressOf(pod, slot), null);
    }

    private static RestAddress AddressOf(RestPod pod, int slot) => new(pod.Memory.Name, pod.Memory.Geometry.Offset(slot));

    private int Capacity => (int)state.Options.RdmaRegionSize;

    private (RestPod?, Refusal?) Create(string name, uint? user)
    {
        if (user is { } uid && !state.Roles.IsOwn(uid) && state.Options.ShmGroup is null)
            return (null, new(RefusalReason.Forbidden,
                $"uid {uid} could not open the segment of an agent of uid {state.UserId}; start the agent with --shm-group, or use the socket"));
        if (state.Quota.TakePod(Capacity, PodKind.Rest) is { } full)
            return (null, new(RefusalReason.Full, full));
        var epoch = Machine.RandomBits() | 1;
        var segmentName = $"{state.Options.PoolName}-{Machine.RandomBits() >> 16:x12}";
        try
        {
            journal.Create(new(segmentName, name, user ?? state.UserId, epoch, Capacity, []));
            var segment = NamedSegment.Create(segmentName, Capacity, state.Options.ShmGroup is null ? 0x180u : 0x1B0u, state.Options.ShmGroup ?? -1);
            var memory = new SegmentMemory(segment, new(Capacity, 1), epoch);
            if (!memory.Initialise())
            {
                memory.Unlink();
                memory.Close();
                throw new IOException($"the new segment /dev/shm/{segmentName} cannot be opened for writing: the agent has reached its limit of open files; raise it (ulimit -n)");
            }
            return Enter(name, user ?? state.UserId, memory);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            state.Quota.ReturnPod(Capacity, 1, PodKind.Rest);
            journal.Delete(segmentName);
            return (null, new(RefusalReason.Full, error.Message));
        }
    }

    private (RestPod?, Refusal?) Enter(string name, uint user, SegmentMemory memory)
    {
        var served = new ServedPod(new(name, PodKind.Rest, user), memory);
        served.Rate.Begin(memory, state.Options.BaseTraceRate);
        state.Rdma?.Regions.Begin(served, new(0, memory.Geometry.Capacity, 1, memory.Epoch));
        var inUse = state.Book.Find(name) is { Identity.Kind: PodKind.Socket }
            ? $"pod '{name}' is a socket client's; choose another microservice_id"
            : state.Book.Admit(served, new(0, memory.Geometry.Capacity, 1, memory.Epoch));
        if (inUse is not null)
        {
            served.Regions?.Close();
            memory.Unlink();
            memory.Close();
            journal.Delete(memory.Name);
            state.Quota.ReturnPod(memory.Capacity, 1, PodKind.Rest);
            return (null, new(RefusalReason.PodInUse, inUse));
        }
        state.Metrics.Attached.Increment();
        var pod = new RestPod(served, memory) { HeldAt = Stopwatch.GetTimestamp() };
        _pods.Add(name, pod);
        if (_pods.Count == 1)
            state.HurrySegments?.Invoke();
        return (pod, null);
    }

    private bool TryAdopt(JournaledSegment left)
    {
        NamedSegment segment;
        try
        {
            segment = NamedSegment.Open(left.Segment);
        }
        catch (SystemCallException)
        {
            return false; // its name is gone, so no client can come back to it
        }
        var memory = new SegmentMemory(segment, new(left.Capacity, 1), left.Epoch);
        if (!memory.IsHeld || !memory.IsIntact || _pods.ContainsKey(left.Pod) || state.Quota.TakePod(left.Capacity, PodKind.Rest) is not null)
        {
            memory.Unlink();
            memory.Close();
            return false;
        }
        var (pod, _) = Enter(left.Pod, left.UserId, memory);
        if (pod is null)
            return false;
        foreach (var chunk in left.Metrics.Chunk(LayoutLimits.DescriptorsPerMessage))
        {
            var descriptors = Array.ConvertAll(chunk, metric => RestPod.Describe(metric.Name, metric.IsGauge));
            _ = state.Describe(pod.Pod, pod.Metrics.Count, descriptors, [], out _);
            foreach (var (name, isGauge) in chunk)
                pod.Metrics.TryAdd(name, (pod.Metrics.Count, isGauge));
        }
        return true;
    }
}
