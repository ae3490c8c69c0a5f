using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>Who a pod is, before it has an id of its own.</summary>
internal sealed record PodIdentity(
    string Pod, PodKind Kind, uint UserId, int ProcessId = 0, string? Service = null, string? Container = null,
    bool Verified = false, SortedDictionary<string, string>? Labels = null);

/// <summary>What changed in a pod in one generation: <see cref="Slots"/> are published from then on, <see cref="Bytes"/> are what telling it costs.</summary>
internal readonly record struct PodChange(ulong Generation, int Slots, int Bytes);

/// <summary>
/// An admitted pod. Everything but <see cref="Memory"/> belongs to the <see cref="LayoutBook"/> that holds it and is touched only
/// under its lock.
/// </summary>
internal sealed class ServedPod(PodIdentity identity, IPodMemory memory)
{
    private const int ObjectBytes = 24; // how often its heartbeat moves; the rest of it is counted with the identity
    private readonly List<PodChange> _changes = [];
    private readonly int _identityBytes = JsonSize.Of(identity);
    private int _damaged;

    internal PodIdentity Identity => identity;

    internal IPodMemory Memory => memory;

    /// <summary>The id it was admitted under.</summary>
    internal string Id { get; set; } = identity.Pod;

    /// <summary>JSON bytes that mentioning it costs: its identity, its objects and its retired slots.</summary>
    internal int MentionBytes => _identityBytes + Objects.Count * ObjectBytes + Retired.Count * 8;

    /// <summary>What trace sampling rate it has, and by whose word.</summary>
    internal RateHold Rate { get; } = new();

    /// <summary>What of it is registered for RDMA; null without a device. Has its own lock.</summary>
    internal PodRegions? Regions { get; set; }

    /// <summary>The kernel refused a registration: to be tried again.</summary>
    internal volatile bool RegionsRefused;

    internal List<SlotDescriptor> Descriptors { get; } = [];

    internal DescriptorRules Rules { get; } = new();

    internal SortedSet<int> Retired { get; } = [];

    internal List<(long Key, ObjectLayout Layout)> Objects { get; } = [];

    internal ulong Generation => _changes.Count == 0 ? 0 : _changes[^1].Generation;

    /// <summary>JSON bytes of all descriptors, roughly.</summary>
    internal long DescriptorBytes { get; set; }

    internal bool IsRemoved { get; set; }

    /// <summary>Its client has damaged it, which is counted once.</summary>
    internal bool IsDamaged => Volatile.Read(ref _damaged) != 0;

    /// <summary>Slots that all its objects hold; of rows with a stamp, those of the row.</summary>
    internal long SlotCapacity
    {
        get
        {
            var slots = 0L;
            foreach (var (_, layout) in Objects)
            {
                var whole = new SlotGeometry(layout.Capacity, layout.Stripes).Slots;
                slots += layout.RowSlots > 0 ? layout.RowSlots : whole;
                if (layout.RowSlots > 0 && layout.RowSlots < whole)
                    break; // the next object's slots begin behind what this one could hold
            }
            return slots;
        }
    }

    /// <summary>True for the first caller alone.</summary>
    internal bool TryMarkDamaged() => Interlocked.Exchange(ref _damaged, 1) == 0;

    internal void Record(PodChange change) => _changes.Add(change);

    /// <summary>Slots that were published at a generation.</summary>
    internal int SlotsAt(ulong generation)
    {
        var at = FirstAfter(generation);
        return at == 0 ? 0 : _changes[at - 1].Slots;
    }

    /// <summary>The changes past a generation, oldest first.</summary>
    internal ReadOnlySpan<PodChange> ChangesAfter(ulong generation) =>
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_changes)[FirstAfter(generation)..];

    /// <summary>The pod as of generation <paramref name="until"/>, with the descriptors published after <paramref name="since"/>.</summary>
    internal PodLayout Describe(ulong since, ulong until, int heartbeatMs, bool withRegions = false)
    {
        var (first, slots) = (SlotsAt(since), SlotsAt(until));
        return new()
        {
            Pod = Id,
            Service = identity.Service,
            Container = identity.Container,
            Labels = identity.Labels,
            Kind = identity.Kind,
            Verified = identity.Verified,
            UserId = identity.UserId,
            ProcessId = identity.ProcessId,
            Generation = Math.Min(Generation, until),
            Slots = slots,
            FirstSlot = first,
            Descriptors = Descriptors.GetRange(first, slots - first),
            Retired = [.. Retired.GetViewBetween(0, Math.Max(slots - 1, 0)).Where(slot => slot < slots)],
            Objects = [.. Objects.Select(held => held.Layout with { HeartbeatMs = heartbeatMs })],
            Regions = withRegions && Regions?.Published is { } regions ? [.. regions.Take(Objects.Count)] : null,
        };
    }

    private int FirstAfter(ulong generation)
    {
        int low = 0, high = _changes.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_changes[middle].Generation <= generation)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
