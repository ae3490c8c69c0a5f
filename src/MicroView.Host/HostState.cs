using MicroView.Protocol;
using Microsoft.Extensions.Logging;

namespace MicroView.Host;

/// <summary>What the parts of one agent share.</summary>
internal sealed class HostState
{
    internal HostState(HostOptions options, string? token, ILogger log)
    {
        (Options, Log, Roles) = (options, log, new(token, options.Collectors));
        Quota = new(options);
        Readers = new(TimeSpan.FromMilliseconds(options.LeaseMs));
        Retirement = new(this);
    }

    internal HostOptions Options { get; }

    internal ILogger Log { get; }

    internal HostMetrics Metrics { get; } = new();

    internal LayoutBook Book { get; } = new();

    internal RoleRules Roles { get; }

    internal PoolQuota Quota { get; }

    internal ReaderLeases Readers { get; }

    /// <summary>The processes behind the connections.</summary>
    internal ProcessExits Exits { get; } = new();

    internal Retirement Retirement { get; }

    /// <summary>Somebody has taken a pod's rate, or may still be writing it: the words are to be looked at often.</summary>
    internal volatile bool RatesMove;

    /// <summary>Has the next heartbeat come now, and those behind it as often as what waits for them wants.</summary>
    internal Action? HurryBeats { get; set; }

    /// <summary>The first REST pod is there: its segment is to be looked at often.</summary>
    internal Action? HurrySegments { get; set; }

    /// <summary>To be called behind the store or the grant, or a look between the two would miss it.</summary>
    internal void MoveRates()
    {
        var moved = RatesMove;
        RatesMove = true;
        if (!moved)
            HurryBeats?.Invoke();
    }

    internal uint UserId { get; } = Machine.UserId;

    /// <summary>Regions and queue pairs; null without a device. Set once, before the first pod.</summary>
    internal HostRdma? Rdma { get; set; }

    /// <summary>Publishes descriptors, whose memory is registered before where there is a device; null, or why the whole batch is refused.</summary>
    internal string? Describe(ServedPod pod, int firstSlot, IReadOnlyList<SlotDescriptor> asked, List<RejectedSlot> rejected, out int slots)
    {
        var known = Book.SlotsOf(pod);
        if (Rdma is null || firstSlot != known || asked.Count > LayoutLimits.DescriptorsPerMessage) // the latter will be refused
            return Book.Describe(pod, firstSlot, asked, rejected, out slots);
        var published = 0;
        var problem = Rdma.Regions.Publish(pod, null, known + asked.Count, () => Book.Describe(pod, firstSlot, asked, rejected, out published));
        slots = published;
        return problem;
    }

    /// <summary>Counts and names a pod whose memory its own client has damaged, once.</summary>
    internal void Quarantine(ServedPod pod, string problem)
    {
        if (!pod.TryMarkDamaged())
            return;
        Metrics.Quarantined.Increment();
        Log.Quarantined(pod.Id, problem);
    }

    /// <summary>Counts and logs a refusal.</summary>
    internal void Refuse(RefusalReason reason, in PeerCredentials peer, string problem)
    {
        Metrics.Refused(reason);
        Log.Refused(peer.UserId, peer.ProcessId, problem);
    }
}
