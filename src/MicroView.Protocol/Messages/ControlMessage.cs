using System.Text.Json.Serialization;

namespace MicroView.Protocol;

/// <summary>A message of the socket's control plane; docs/control-plane.md lists them. Immutable.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(AttachRequest), "attach")]
[JsonDerivedType(typeof(AttachedReply), "attached")]
[JsonDerivedType(typeof(AttachObjectRequest), "attach_object")]
[JsonDerivedType(typeof(DescribeRequest), "describe")]
[JsonDerivedType(typeof(DescribedReply), "described")]
[JsonDerivedType(typeof(RetireRequest), "retire")]
[JsonDerivedType(typeof(DetachRequest), "detach")]
[JsonDerivedType(typeof(ReadRequest), "read")]
[JsonDerivedType(typeof(ReadingReply), "reading")]
[JsonDerivedType(typeof(LayoutRequest), "layout")]
[JsonDerivedType(typeof(LayoutReply), "layout_update")]
[JsonDerivedType(typeof(FilesMessage), "files")]
[JsonDerivedType(typeof(AckMessage), "ack")]
[JsonDerivedType(typeof(RateRequest), "rate")]
[JsonDerivedType(typeof(OkReply), "ok")]
[JsonDerivedType(typeof(ErrorReply), "error")]
public abstract record ControlMessage;

/// <summary>A client's first message, with the descriptor of its object 0.</summary>
/// <param name="Pod">The id it asks for.</param>
/// <param name="Object">The object.</param>
/// <param name="Service">The service it is an instance of.</param>
/// <param name="Container">Its container's name, as it says.</param>
/// <param name="Labels">Labels of the whole pod.</param>
/// <param name="Token">A token, where the agent asks clients for one.</param>
public sealed record AttachRequest(
    string Pod, ObjectLayout Object, string? Service = null, string? Container = null,
    SortedDictionary<string, string>? Labels = null, string? Token = null) : ControlMessage;

/// <summary>The pod is admitted, under this id.</summary>
public sealed record AttachedReply(string Pod, bool Verified) : ControlMessage;

/// <summary>A further object, with its descriptor.</summary>
public sealed record AttachObjectRequest(ObjectLayout Object) : ControlMessage;

/// <summary>Announces descriptors, in slot order from <paramref name="FirstSlot"/> on.</summary>
public sealed record DescribeRequest(int FirstSlot, IReadOnlyList<SlotDescriptor> Descriptors) : ControlMessage;

/// <summary>Slots are published up to <paramref name="Slots"/>; rejected ones stay hidden.</summary>
public sealed record DescribedReply(int Slots, IReadOnlyList<RejectedSlot>? Rejected = null) : ControlMessage;

/// <summary>A descriptor that broke a rule.</summary>
public sealed record RejectedSlot(int Slot, string Reason);

/// <summary>These slots' metrics were removed; they hold NaN for good.</summary>
public sealed record RetireRequest(IReadOnlyList<int> Slots) : ControlMessage;

/// <summary>The client leaves.</summary>
public sealed record DetachRequest : ControlMessage;

/// <summary>Opens a reader session.</summary>
/// <param name="Name">The collector's name; the same name coming back replaces its earlier session.</param>
/// <param name="Token">A token, for a peer that is neither root nor the agent's user.</param>
public sealed record ReadRequest(string Name, string? Token = null) : ControlMessage;

/// <summary>The session is open; renew it within <paramref name="LeaseMs"/>.</summary>
public sealed record ReadingReply(int LeaseMs) : ControlMessage;

/// <summary>Asks for what changed since a generation; waits up to <paramref name="TimeoutMs"/>.</summary>
public sealed record LayoutRequest(ulong Since, int TimeoutMs) : ControlMessage;

/// <summary>The answer to <see cref="LayoutRequest"/>.</summary>
public sealed record LayoutReply(LayoutUpdate Update) : ControlMessage;

/// <summary>Names the objects that the frame's descriptors belong to, in order.</summary>
public sealed record FilesMessage(IReadOnlyList<FileOwner> Objects) : ControlMessage;

/// <summary>Which object a descriptor is of.</summary>
public sealed record FileOwner(string Pod, int Index, ulong Epoch);

/// <summary>No read of a layout older than <paramref name="Generation"/> is outstanding.</summary>
public sealed record AckMessage(ulong Generation) : ControlMessage;

/// <summary>Asks the agent to store a pod's trace sampling rate.</summary>
public sealed record RateRequest(string Pod, double Rate, ushort Term) : ControlMessage;

/// <summary>Done.</summary>
public sealed record OkReply : ControlMessage;

/// <summary>Refused.</summary>
/// <param name="Code">For programs: see <see cref="ErrorCodes"/>.</param>
/// <param name="Message">For people: what, where, what to do.</param>
public sealed record ErrorReply(string Code, string Message) : ControlMessage;

/// <summary>The codes of <see cref="ErrorReply"/>.</summary>
public static class ErrorCodes
{
    /// <summary>The frame or message breaks the protocol; the connection closes.</summary>
    public const string Protocol = "protocol";

    /// <summary>A field is wrong.</summary>
    public const string Invalid = "invalid";

    /// <summary>The pod id belongs to another user.</summary>
    public const string PodInUse = "pod_in_use";

    /// <summary>A quota of pods, bytes, descriptors or maps is used up.</summary>
    public const string Full = "full";

    /// <summary>The role is missing.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>No such pod.</summary>
    public const string NotFound = "not_found";

    /// <summary>The agent is stopping.</summary>
    public const string Stopping = "stopping";
}
