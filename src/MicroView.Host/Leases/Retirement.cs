namespace MicroView.Host;

/// <summary>
/// Pods that left the layout and whose memory waits for the readers (docs/control-plane.md, "Retirement"). Thread-safe; memory is given
/// up outside its lock.
/// </summary>
internal sealed class Retirement(LayoutBook book, ReaderLeases readers, PoolQuota quota, HostMetrics metrics)
{
    /// <summary>Set at the start when there is a device.</summary>
    internal HostRdma? Rdma { get; set; }

    private readonly Lock _gate = new();
    private readonly List<(ServedPod Pod, ulong Generation)> _waiting = [];

    internal int Count
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    /// <summary>Takes a pod out of the layout and gives its memory up as soon as no reader can be reading it.</summary>
    internal void Retire(ServedPod pod)
    {
        lock (_gate)
        {
            var generation = book.Remove(pod);
            if (generation == 0)
                return;
            _waiting.Add((pod, generation));
        }
        Release();
    }

    /// <summary>Gives up what all readers have acknowledged; called at each acknowledgement and regularly, for leases that end.</summary>
    internal void Release()
    {
        List<ServedPod>? free = null;
        ulong acknowledged;
        lock (_gate)
        {
            if (_waiting.Count == 0 && Rdma is null)
                return;
            acknowledged = readers.OldestAcknowledged();
            _waiting.RemoveAll(waiting =>
            {
                if (waiting.Generation > acknowledged)
                    return false;
                (free ??= []).Add(waiting.Pod);
                return true;
            });
        }
        // A lease that has ended counts no more, so its queue pairs must not reach what is given up now.
        Rdma?.Queues.ResetEnded();
        Rdma?.Regions.Release(acknowledged);
        free?.ForEach(GiveUp);
    }

    /// <summary>Gives up everything at once: the agent is stopping.</summary>
    internal void ReleaseAll()
    {
        List<ServedPod> free;
        lock (_gate)
        {
            free = [.. _waiting.Select(waiting => waiting.Pod)];
            _waiting.Clear();
        }
        free.ForEach(GiveUp);
    }

    private void GiveUp(ServedPod pod)
    {
        var capacity = pod.Memory.Capacity;
        pod.Regions?.Close();
        pod.Memory.Close();
        quota.ReturnPod(capacity, pod.Objects.Count, pod.Identity.Kind);
        metrics.Retired.Increment();
    }
}
