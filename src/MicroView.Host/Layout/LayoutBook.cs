using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>
/// The layout: which pods there are, what their slots mean, and in which generation each changed. Thread-safe. Inside its lock only a
/// pod's memory lock is taken (see <see cref="HostAgent"/> for the whole order).
/// </summary>
public sealed class LayoutBook
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ServedPod> _pods = new(StringComparer.Ordinal);
    private readonly Queue<(ulong Generation, string Pod)> _tombstones = new();
    private readonly ulong _firstGeneration;
    private ulong _generation, _forgotten;
    private long _objectKeys, _descriptorBytes, _tombstoneBytes;
    private ServedPod[]? _snapshot;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal LayoutBook()
    {
        // Beginning at the clock, no generation of an earlier agent is ever taken for one of this.
        _firstGeneration = (ulong)(DateTime.UtcNow - DateTime.UnixEpoch).Ticks / 10;
        _generation = _forgotten = _firstGeneration;
    }

    /// <summary>The generation now: moves with each change.</summary>
    public ulong Generation
    {
        get
        {
            lock (_gate)
                return _generation;
        }
    }

    /// <summary>The heartbeats of its pods.</summary>
    internal Heartbeats Beats { get; } = new();

    /// <summary>How often they move at least, ms, where readers are to be told; 0: as by default. Set before the first pod.</summary>
    internal int HeartbeatMs { get; set; }

    /// <summary>What changed since a generation; the whole layout for 0, or when the book cannot tell.</summary>
    public LayoutUpdate Since(ulong since) => Since(since, since, long.MaxValue, out _, out _, withRegions: true);

    /// <summary>As <see cref="Since(ulong)"/>, but cut at a generation once the JSON would pass a budget.</summary>
    /// <param name="since">The generation that the reader's pods are of.</param>
    /// <param name="removalsSince">The generation that its removals are of; past <paramref name="since"/> when its last answer was cut.</param>
    /// <param name="budget">JSON bytes.</param>
    /// <param name="asOf">The generation that the answer's removals are of.</param>
    /// <param name="changed">The pods that the answer lists.</param>
    /// <param name="withRegions">Tells their registered memory, too.</param>
    internal LayoutUpdate Since(ulong since, ulong removalsSince, long budget, out ulong asOf, out List<ServedPod> changed, bool withRegions = false)
    {
        lock (_gate)
        {
            asOf = _generation;
            var full = since < _firstGeneration || removalsSince < _forgotten || since > _generation;
            var from = full ? 0 : since;
            var until = LayoutCut.At(_pods.Values, from, _generation, budget);
            changed = [.. _pods.Values.Where(pod => pod.ChangesAfter(from) is { Length: > 0 } changes && changes[0].Generation <= until)];
            return new()
            {
                Generation = until,
                Full = full,
                Pods = [.. changed.Select(pod => pod.Describe(from, until, HeartbeatMs, withRegions))],
                Removed = full ? [] : [.. _tombstones.Where(stone => stone.Generation > removalsSince).Select(stone => stone.Pod).Distinct()],
            };
        }
    }

    /// <summary>Waits until the generation is past <paramref name="since"/>, or not the book's own; false when the time is over first.</summary>
    public async Task<bool> WaitPastAsync(ulong since, TimeSpan timeout, CancellationToken cancellation = default)
    {
        Task change;
        lock (_gate)
        {
            if (_generation != since)
                return true;
            change = _changed.Task;
        }
        await change.WaitAsync(timeout, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // throwing costs more than all the rest
        cancellation.ThrowIfCancellationRequested();
        if (!change.IsCompleted)
            return false;
        await Task.Delay(5, cancellation).ConfigureAwait(false); // changes come in bursts: tell them in one answer
        return true;
    }

    /// <summary>Admits a pod under the id it asks for, or under that id with a number; null, or why not.</summary>
    internal string? Admit(ServedPod pod, ObjectLayout first)
    {
        lock (_gate)
        {
            var wanted = pod.Identity.Pod;
            if (_pods.TryGetValue(wanted, out var holder))
            {
                // Node sources pick names nobody asked them for: they never keep a client out.
                if (holder.Identity.UserId != pod.Identity.UserId && holder.Identity.Kind != PodKind.Node && pod.Identity.Kind != PodKind.Node)
                    return $"pod '{wanted}' belongs to another user; choose another id";
                for (var number = 2; _pods.ContainsKey(pod.Id); number++)
                    pod.Id = $"{wanted}#{number}";
            }
            _pods.Add(pod.Id, pod);
            _snapshot = null;
            pod.Objects.Add((++_objectKeys, first));
            pod.Memory.Follow(Beats);
            Publish(pod, JsonSize.Of(pod.Identity));
            return null;
        }
    }

    /// <summary>Adds an object to a pod.</summary>
    /// <returns>False when the pod has gone.</returns>
    internal bool AddObject(ServedPod pod, ObjectLayout layout)
    {
        lock (_gate)
        {
            if (pod.IsRemoved)
                return false;
            pod.Objects.Add((++_objectKeys, layout));
            Publish(pod, 128);
            return true;
        }
    }

    /// <summary>Publishes descriptors; null, or why the whole batch is refused.</summary>
    internal string? Describe(ServedPod pod, int firstSlot, IReadOnlyList<SlotDescriptor> asked, List<RejectedSlot> rejected, out int slots)
    {
        lock (_gate)
        {
            slots = pod.Descriptors.Count;
            if (firstSlot != slots)
                return $"descriptors begin at slot {firstSlot}; {slots} slots are published, so they must begin at {slots}";
            if (asked.Count > LayoutLimits.DescriptorsPerMessage)
                return $"{asked.Count} descriptors in one message; at most {LayoutLimits.DescriptorsPerMessage} are taken";
            var room = Math.Min(pod.SlotCapacity, LayoutLimits.SlotsPerPod);
            if (slots + asked.Count > room)
                return $"{slots} slots and {asked.Count} more; the pod has room for {room}";
            var bytes = asked.Sum(descriptor => (long)(descriptor is null ? 0 : JsonSize.Of(descriptor)));
            if (pod.DescriptorBytes + bytes > LayoutLimits.BytesPerPod || _descriptorBytes + bytes > LayoutLimits.BytesInAll)
                return "the descriptors' text is more than the agent keeps; use fewer or shorter labels";
            pod.DescriptorBytes += bytes;
            _descriptorBytes += bytes;
            PublishInParts(pod, pod.Rules.Admit(slots, asked, rejected));
            slots = pod.Descriptors.Count;
            return null;
        }
    }

    /// <summary>Marks slots as removed; null, or what is wrong.</summary>
    internal string? Retire(ServedPod pod, IReadOnlyList<int> slots)
    {
        lock (_gate)
        {
            foreach (var slot in slots)
                if (slot < 0 || slot >= pod.Descriptors.Count)
                    return $"slot {slot} is not published; the pod has {pod.Descriptors.Count}";
            var bytes = 0;
            foreach (var slot in slots)
                if (pod.Retired.Add(slot))
                {
                    pod.Rules.Release(pod.Descriptors[slot]);
                    bytes += 8;
                }
            if (bytes > 0 && !pod.IsRemoved)
                Publish(pod, bytes);
            return null;
        }
    }

    /// <summary>Takes a pod out; the generation from which on nobody may know it, or 0 when it had gone before.</summary>
    internal ulong Remove(ServedPod pod)
    {
        lock (_gate)
        {
            if (pod.IsRemoved || !_pods.Remove(pod.Id))
                return 0;
            pod.IsRemoved = true;
            pod.Memory.Follow(null);
            _snapshot = null;
            _descriptorBytes -= pod.DescriptorBytes;
            Bury(pod.Id);
            Wake();
            return _generation;
        }
    }

    /// <summary>Publishes a pod again: something else of it than its slots has changed.</summary>
    internal void Touch(ServedPod pod)
    {
        lock (_gate)
            if (!pod.IsRemoved)
                Publish(pod, 128);
    }

    /// <summary>The generation in which a pod last changed.</summary>
    internal ulong GenerationOf(ServedPod pod)
    {
        lock (_gate)
            return pod.Generation;
    }

    /// <summary>Slots that a pod has published.</summary>
    internal int SlotsOf(ServedPod pod)
    {
        lock (_gate)
            return pod.Descriptors.Count;
    }

    internal ServedPod? Find(string id)
    {
        lock (_gate)
            return _pods.GetValueOrDefault(id);
    }

    /// <summary>All pods at this moment; the array is shared and not to be written.</summary>
    internal ServedPod[] Snapshot()
    {
        lock (_gate)
            return _snapshot ??= [.. _pods.Values];
    }

    /// <summary>One pod, whole; null when it is gone.</summary>
    internal PodLayout? Whole(ServedPod pod)
    {
        lock (_gate)
            return pod.IsRemoved ? null : pod.Describe(0, _generation, HeartbeatMs);
    }

    /// <summary>All pods, without descriptors.</summary>
    internal PodLayout[] Summaries()
    {
        lock (_gate)
            return [.. _pods.Values.Select(pod => pod.Describe(pod.Generation, pod.Generation, HeartbeatMs))];
    }

    /// <summary>The keys and layouts of a pod's objects.</summary>
    internal (long Key, ObjectLayout Layout)[] ObjectsOf(ServedPod pod)
    {
        lock (_gate)
            return pod.IsRemoved ? [] : [.. pod.Objects];
    }

    internal void Count(out int socket, out int rest, out int node, out long slots)
    {
        (socket, rest, node, slots) = (0, 0, 0, 0);
        lock (_gate)
            foreach (var pod in _pods.Values)
            {
                slots += pod.Descriptors.Count;
                _ = pod.Identity.Kind switch { PodKind.Socket => ++socket, PodKind.Rest => ++rest, _ => ++node };
            }
    }

    private void Bury(string pod)
    {
        _tombstones.Enqueue((++_generation, pod));
        _tombstoneBytes += JsonSize.Of(pod) + 1;
        while (_tombstoneBytes > LayoutLimits.TombstoneBytes)
        {
            var (generation, forgotten) = _tombstones.Dequeue();
            _tombstoneBytes -= JsonSize.Of(forgotten) + 1;
            _forgotten = generation;
        }
    }

    private void PublishInParts(ServedPod pod, SlotDescriptor[] admitted)
    {
        var bytes = 0;
        foreach (var descriptor in admitted)
        {
            var size = JsonSize.Of(descriptor);
            if (bytes > 0 && bytes + size > LayoutLimits.BytesPerGeneration)
            {
                Publish(pod, bytes);
                bytes = 0;
            }
            pod.Descriptors.Add(descriptor);
            bytes += size;
        }
        if (bytes > 0)
            Publish(pod, bytes);
    }

    private void Publish(ServedPod pod, int bytes)
    {
        pod.Record(new(++_generation, pod.Descriptors.Count, bytes));
        pod.Memory.SetGeneration(_generation);
        Wake();
    }

    private void Wake()
    {
        var waiting = _changed;
        _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.SetResult();
    }
}
