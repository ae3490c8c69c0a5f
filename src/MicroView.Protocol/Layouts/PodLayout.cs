using System.Text.Json.Serialization;

namespace MicroView.Protocol;

/// <summary>Where a pod's pages come from, which decides how they are read.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PodKind>))]
public enum PodKind : byte
{
    /// <summary>A client's sealed objects.</summary>
    [JsonStringEnumMemberName("socket")] Socket,

    /// <summary>A named segment of a REST client: read by pread only.</summary>
    [JsonStringEnumMemberName("rest")] Rest,

    /// <summary>A sealed object that the agent itself writes from a node source.</summary>
    [JsonStringEnumMemberName("node")] Node,
}

/// <summary>An object as the control plane tells of it: which file, and how slots lie in it.</summary>
/// <param name="Index">0 for the pod's first object.</param>
/// <param name="Capacity">Bytes.</param>
/// <param name="Stripes">1, 2, 4 or 8.</param>
/// <param name="Epoch">As written in its header.</param>
public sealed record ObjectLayout(int Index, int Capacity, int Stripes, ulong Epoch)
{
    /// <summary>Slots of a batch writer's row, behind which its stamp stands; 0: live stores, or rows without a stamp.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int RowSlots { get; init; }

    /// <summary>How often the agent moves its heartbeat, ms; 0: every <see cref="PageFormat.HeartbeatPeriod"/>. Told by the agent, and ignored when a client tells it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int HeartbeatMs { get; init; }
}

/// <summary>Memory that a queue pair of the agent reaches.</summary>
/// <param name="Address">Where it begins, as the key's owner counts.</param>
/// <param name="Key">The remote key (rkey).</param>
/// <param name="Size">Bytes.</param>
public sealed record RemoteRegion(ulong Address, uint Key, long Size);

/// <summary>What of an object is registered for RDMA.</summary>
/// <param name="Index">The object's index.</param>
/// <param name="Values">Remote read: begins at <see cref="PageFormat.HeaderOffset"/> and covers the used pages.</param>
/// <param name="Control">Remote write: the control page. Of object 0 alone.</param>
public sealed record ObjectRegion(int Index, RemoteRegion Values, RemoteRegion? Control = null);

/// <summary>One pod of a layout; docs/control-plane.md, `layout`. Immutable.</summary>
public sealed record PodLayout
{
    /// <summary>The pod's id, unique on its host.</summary>
    public required string Pod { get; init; }

    /// <summary>The service that the pod is an instance of.</summary>
    public string? Service { get; init; }

    /// <summary>Its container's name.</summary>
    public string? Container { get; init; }

    /// <summary>Labels of the whole pod.</summary>
    public SortedDictionary<string, string>? Labels { get; init; }

    /// <summary>Where its pages come from.</summary>
    public PodKind Kind { get; init; }

    /// <summary>True when its name was confirmed by the peer's cgroup.</summary>
    public bool Verified { get; init; }

    /// <summary>Its process's user id.</summary>
    public uint UserId { get; init; }

    /// <summary>Its process's id; 0 when unknown.</summary>
    public int ProcessId { get; init; }

    /// <summary>The layout generation in which it last changed.</summary>
    public ulong Generation { get; init; }

    /// <summary>Slots published in all, over all objects.</summary>
    public int Slots { get; init; }

    /// <summary>The slot that <see cref="Descriptors"/> begins with.</summary>
    public int FirstSlot { get; init; }

    /// <summary>Descriptors from <see cref="FirstSlot"/> on.</summary>
    public IReadOnlyList<SlotDescriptor> Descriptors { get; init; } = [];

    /// <summary>Slots whose metric was removed.</summary>
    public IReadOnlyList<int> Retired { get; init; } = [];

    /// <summary>Its objects, in order.</summary>
    public IReadOnlyList<ObjectLayout> Objects { get; init; } = [];

    /// <summary>Their registered memory, in order; fewer than <see cref="Objects"/> when the rest is not registered. Told over HTTP alone.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ObjectRegion>? Regions { get; init; }
}

/// <summary>What changed since a generation.</summary>
public sealed record LayoutUpdate
{
    /// <summary>The generation that this update leads to.</summary>
    public ulong Generation { get; init; }

    /// <summary>True when pods that are not listed are gone.</summary>
    public bool Full { get; init; }

    /// <summary>Pods that are new or changed.</summary>
    public IReadOnlyList<PodLayout> Pods { get; init; } = [];

    /// <summary>Pods that are gone.</summary>
    public IReadOnlyList<string> Removed { get; init; } = [];
}
