// The public surface that Host and Collector are written against. Replaced, file by file, by the implementation.
#pragma warning disable CS1591, CA1065, CA1721, CA1711, CA1720
using System.Net;

namespace MicroView.Verbs;

/// <summary>A call of libibverbs failed. The message names call, subject and errno in words, and for ENOMEM on a registration the memlock limit and the remedy.</summary>
public sealed class VerbsException(string call, string subject, int errno, string message) : IOException(message)
{
    public string Call => call;
    public string Subject => subject;
    public int Errno => errno;
}

/// <summary>A 128-bit port address; text is eight groups of hex digits (0000:…:ffff:0a09:0001), any IPv6 form parses.</summary>
public readonly record struct Gid(UInt128 Bits)
{
    public static bool TryParse(string? text, out Gid gid) => throw new NotImplementedException();
    public static Gid Of(IPAddress address) => throw new NotImplementedException();
    public bool IsIPv4 => throw new NotImplementedException();
    public override string ToString() => throw new NotImplementedException();
}

public enum GidType { InfiniBand = 0, RoceV1 = 1, RoceV2 = 2 }

public sealed record GidEntry(int Index, Gid Gid, GidType Type, string? Interface);

public enum PathMtu { Mtu256 = 1, Mtu512, Mtu1024, Mtu2048, Mtu4096 }

/// <summary>A port now. State as the kernel says: "ACTIVE", "DOWN", …</summary>
public sealed record PortInfo(int Port, string State, bool IsActive, PathMtu ActiveMtu, PathMtu MaxMtu, bool IsEthernet, ushort Lid, IReadOnlyList<GidEntry> Gids)
{
    /// <summary>index given: that entry; else the RoCE v2 entry of <paramref name="local"/>, else any RoCE v2 IPv4 one, any RoCE v2 one, the first. Throws VerbsException listing the table.</summary>
    public GidEntry ChooseGid(int? index, IPAddress? local) => throw new NotImplementedException();
}

/// <summary>An open device (ibv_context). Children hold it: disposing it early is harmless.</summary>
public sealed class VerbsDevice : IDisposable
{
    /// <summary>Opens by name; null: the first with an active port. VerbsException lists what there is, or says why there is none.</summary>
    public static VerbsDevice Open(string? name) => throw new NotImplementedException();
    public string Name => throw new NotImplementedException();
    /// <summary>READs in flight as initiator and as responder (max_qp_init_rd_atom, max_qp_rd_atom), at least 1, at most 16 unless the device says less.</summary>
    public int MaxReadsSent => throw new NotImplementedException();
    public int MaxReadsAnswered => throw new NotImplementedException();
    public PortInfo QueryPort(int port) => throw new NotImplementedException();
    public ProtectionDomain CreateDomain() => throw new NotImplementedException();
    public void Dispose() => throw new NotImplementedException();
}

[Flags] public enum RegionAccess { None = 0, LocalWrite = 1, RemoteWrite = 2, RemoteRead = 4 }

public sealed class ProtectionDomain : IDisposable
{
    public VerbsDevice Device => throw new NotImplementedException();
    /// <summary>Registers memory that <paramref name="owner"/> keeps mapped; the region keeps the owner alive until it is disposed.</summary>
    public MemoryRegion Register(nint address, long length, RegionAccess access, object? owner, string subject) => throw new NotImplementedException();
    /// <summary>Own page-aligned zeroed memory, registered LOCAL_WRITE (+ access): READs land in it, WRITEs leave from it.</summary>
    public RegisteredMemory Allocate(int bytes, RegionAccess access, string subject) => throw new NotImplementedException();
    public CompletionQueue CreateCompletionQueue(int entries) => throw new NotImplementedException();
    public QueuePair CreateQueuePair(CompletionQueue completions, int sendDepth) => throw new NotImplementedException();
    public void Dispose() => throw new NotImplementedException();
}

public sealed class MemoryRegion : IDisposable
{
    public ulong Address => throw new NotImplementedException();
    public long Length => throw new NotImplementedException();
    public uint LocalKey => throw new NotImplementedException();
    public uint RemoteKey => throw new NotImplementedException();
    public void Dispose() => throw new NotImplementedException();
}

/// <summary>Native memory with its region. Spans of it must not be used after Dispose.</summary>
public sealed class RegisteredMemory : IDisposable
{
    public int Length => throw new NotImplementedException();
    public uint LocalKey => throw new NotImplementedException();
    public uint RemoteKey => throw new NotImplementedException();
    public ulong Address => throw new NotImplementedException();
    public Span<byte> Span(int offset, int length) => throw new NotImplementedException();
    public void Dispose() => throw new NotImplementedException();
}

/// <summary>Values 0–6 as in verbs.</summary>
public enum QueuePairState { Reset, Init, ReadyToReceive, ReadyToSend, Drained, SendError, Error }

/// <summary>One end of a connection: what the other end must know, and what this one uses.</summary>
public sealed record LocalEnd(int Port, GidEntry Gid, PathMtu Mtu, uint PacketSequence, int ReadsSent, int ReadsAnswered);
public sealed record RemoteEnd(uint QueuePair, Gid Gid, ushort Lid, PathMtu Mtu, uint PacketSequence, int ReadsSent, int ReadsAnswered);

/// <summary>A reliable connected queue pair. Not thread-safe, but for Number; Post belongs to one thread.</summary>
public sealed class QueuePair : IDisposable
{
    public uint Number => throw new NotImplementedException();
    public int SendDepth => throw new NotImplementedException();
    /// <summary>RESET → INIT → RTR → RTS from any state. MTU: the smaller; reads in flight: what both allow. retry_cnt 6, timeout 14, rnr 7.</summary>
    public void Connect(LocalEnd local, RemoteEnd remote, RegionAccess remoteAccess) => throw new NotImplementedException();
    /// <summary>To RESET: nobody reaches memory through it any more; work that was posted is gone without a completion.</summary>
    public void Reset() => throw new NotImplementedException();
    /// <summary>To ERR: everything posted completes as flushed.</summary>
    public void Fail() => throw new NotImplementedException();
    public QueuePairState Query() => throw new NotImplementedException();
    /// <summary>Posts requests [first, first+count) of a chain with one doorbell. 0, or the errno of the first that was not taken, whose place is <paramref name="posted"/>.</summary>
    public int Post(SendChain chain, int first, int count, out int posted) => throw new NotImplementedException();
    public void Dispose() => throw new NotImplementedException();
}

/// <summary>Work requests in native memory, written once and posted many times. For one thread. Allocates nothing after construction.</summary>
public sealed class SendChain : IDisposable
{
    public SendChain(int capacity) => throw new NotImplementedException();
    public int Capacity => throw new NotImplementedException();
    public void SetRead(int at, ulong id, ulong localAddress, uint localKey, int length, ulong remoteAddress, uint remoteKey) => throw new NotImplementedException();
    public void SetWrite(int at, ulong id, ulong localAddress, uint localKey, int length, ulong remoteAddress, uint remoteKey) => throw new NotImplementedException();
    public void SetSignaled(int at, bool signaled) => throw new NotImplementedException();
    public void Dispose() => throw new NotImplementedException();
}

/// <summary>0 success, 5 flushed, 9 remote invalid request, 10 remote access, 12 retries exceeded, …</summary>
public enum CompletionStatus { Success = 0, LocalProtection = 4, Flushed = 5, RemoteInvalidRequest = 9, RemoteAccess = 10, RetriesExceeded = 12 }

public readonly record struct Completion(ulong Id, CompletionStatus Status);

public sealed class CompletionQueue : IDisposable
{
    /// <summary>Takes up to that many completions; never waits, never allocates.</summary>
    public int Poll(Span<Completion> into) => throw new NotImplementedException();
    /// <summary>Sleeps until there may be a completion, or the time is over (false). Arms, looks once more, then waits on the channel's descriptor.</summary>
    public bool Wait(TimeSpan timeout) => throw new NotImplementedException();
    public void Dispose() => throw new NotImplementedException();
}
