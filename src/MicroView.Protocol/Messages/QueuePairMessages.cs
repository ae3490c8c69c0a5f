using System.Text.Json.Serialization;

namespace MicroView.Protocol;

/// <summary>A queue pair, as either side tells the other of it over <c>/rdma/*</c>. What the artifact's peers do not send has a default.</summary>
/// <param name="QpNum">Its number.</param>
/// <param name="Gid">Address of its port: eight groups of hexadecimal digits, or any form of an IPv6 address.</param>
public sealed record QueuePairEnd(uint QpNum, string Gid)
{
    /// <summary>Its place in the agent's pool; null in a connect request: the next that is free, or the collector's own.</summary>
    public int? Index { get; init; }

    /// <summary>True when a collector has connected it. Told by the agent.</summary>
    public bool? InUse { get; init; }

    /// <summary>First packet sequence number that it sends, 24 bits.</summary>
    public uint Psn { get; init; }

    /// <summary>Path MTU in bytes: the smaller of both sides' is used. 0: 1024, which every RoCE device has.</summary>
    public int Mtu { get; init; }

    /// <summary>READs that it can have, or answer, at the same time. 0: 1.</summary>
    public int MaxRdAtomic { get; init; }

    /// <summary>Local identifier of the port on InfiniBand, where packets need no GID; 0 on RoCE.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Lid { get; init; }

    /// <summary>State of the agent's queue pair: reset, init, rtr, rts, error.</summary>
    public string? State { get; init; }
}

/// <summary>Answer to <c>GET /rdma/qps</c>, and the body of <c>POST /rdma/qps/connect</c>.</summary>
/// <param name="QueuePairs">The queue pairs.</param>
/// <param name="Lease">In a request: the lease that owns them from now on (that of <c>/v1/layout</c>); null: the peer's address owns them.</param>
public sealed record QueuePairList(IReadOnlyList<QueuePairEnd> QueuePairs, string? Lease = null);

/// <summary>What became of one queue pair of a connect request.</summary>
/// <param name="Status">"connected" or "failed".</param>
/// <param name="QueuePair">The agent's end, when connected.</param>
/// <param name="Error">Why not.</param>
public sealed record ConnectResult(string Status, QueuePairEnd? QueuePair = null, string? Error = null);

/// <summary>Answer to <c>POST /rdma/qps/connect</c>.</summary>
/// <param name="Status">"success" when all are connected, else "partial" or "failed".</param>
/// <param name="Connected">How many are.</param>
/// <param name="Total">How many were asked for.</param>
/// <param name="Results">In the order of the request.</param>
public sealed record ConnectReply(string Status, int Connected, int Total, IReadOnlyList<ConnectResult> Results);

/// <summary>A memory region of <c>GET /rdma/mrs</c>.</summary>
/// <param name="Name">pod/index, as in <c>GET /metrics</c>, or pod/control.</param>
/// <param name="Addr">Where it begins.</param>
/// <param name="Rkey">Remote key.</param>
/// <param name="Lkey">Local key; for the artifact's readers, of no use elsewhere.</param>
/// <param name="Size">Bytes.</param>
public sealed record MemoryRegionInfo(string Name, ulong Addr, uint Rkey, uint Lkey, long Size);

/// <summary>Answer to <c>GET /rdma/mrs</c>.</summary>
public sealed record MemoryRegionList(IReadOnlyList<MemoryRegionInfo> MemoryRegions);

/// <summary>Body of <c>POST /v1/terms</c>: asks for the terms of pods' control words, which the holder then writes by RDMA; asking again renews nothing, writing does.</summary>
/// <param name="Lease">The collector's lease.</param>
/// <param name="Pods">The pods.</param>
public sealed record TermRequest(string Lease, IReadOnlyList<string> Pods);

/// <summary>The term of one pod.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Term">The term granted; null when another collector holds it, or the pod is gone.</param>
/// <param name="Holder">Who holds it instead.</param>
public sealed record PodTerm(string Pod, ushort? Term = null, string? Holder = null);

/// <summary>Answer to <c>POST /v1/terms</c>.</summary>
public sealed record TermReply(IReadOnlyList<PodTerm> Terms);
