using System.Net;
using MicroView.Protocol;
using MicroView.Verbs;

namespace MicroView.Host;

/// <summary>The agent's RDMA device: one port, one GID, one protection domain, one completion queue that nothing ever arrives in.</summary>
internal sealed class HostDevice : IRegistrar, IDisposable
{
    private const int SendDepth = 1; // this side answers, it never asks
    private readonly VerbsDevice _device;
    private readonly ProtectionDomain _domain;
    private readonly CompletionQueue _completions;

    private HostDevice(VerbsDevice device, PortInfo port, GidEntry gid, int queues)
    {
        (_device, Port, Gid) = (device, port, gid);
        _domain = device.CreateDomain();
        try
        {
            _completions = _domain.CreateCompletionQueue(Math.Max(16, queues));
        }
        catch
        {
            _domain.Dispose();
            throw;
        }
    }

    internal string Name => _device.Name;

    internal PortInfo Port { get; }

    internal GidEntry Gid { get; }

    internal int Reads => _device.MaxReadsAnswered;

    /// <summary>
    /// Opens the device that the options name, or the first with an active port, and makes the queue pairs. Null, with the reason, when there is
    /// none, or what was found unasked cannot be used: an agent that was not told to serve RDMA starts without.
    /// </summary>
    /// <exception cref="HostStartException">What was asked for is not there, or cannot be used; lists what there is.</exception>
    internal static HostRdma? Serve(HostState state, VerbsState found, out string reason)
    {
        var options = state.Options;
        reason = options.RdmaQueues == 0 ? "" : found.Reason;
        if (options.RdmaQueues == 0 || (!found.IsAvailable && options.RdmaDevice is null))
            return null;
        try
        {
            return HostRdma.Serve(state, Open(options));
        }
        catch (VerbsException error)
        {
            reason = error.Message;
            if (IsAskedFor(options))
                throw new HostStartException($"{error.Message}; with --rdma-queues 0 the agent starts without RDMA", error);
            return null;
        }
    }

    /// <summary>True when the options go beyond what every agent tries by itself.</summary>
    private static bool IsAskedFor(HostOptions options) =>
        options.RdmaDevice is not null || options.RdmaGid is not null || options.RdmaPort != 1 || options.RdmaQueues > 1;

    public IRegion Register(nint address, long length, RegionAccess access, object? owner, string subject) =>
        new Region(_domain.Register(address, length, access, owner, subject));

    internal IAnsweringQueue CreateQueue() => new AnsweringQueue(this, _domain.CreateQueuePair(_completions, SendDepth));

    public void Dispose()
    {
        _completions.Dispose();
        _domain.Dispose();
        _device.Dispose();
    }

    private static HostDevice Open(HostOptions options)
    {
        var device = VerbsDevice.Open(options.RdmaDevice);
        try
        {
            var port = device.QueryPort(options.RdmaPort);
            if (!port.IsActive)
                throw new VerbsException("ibv_query_port", device.Name, 0, $"port {port.Port} of {device.Name} is {port.State}; bring its link up (rdma link show, ip link set ETH up)");
            var address = options.RestAddress;
            var isOne = !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any) && !IPAddress.IsLoopback(address);
            return new(device, port, port.ChooseGid(options.RdmaGid, isOne ? address : null), options.RdmaQueues);
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    private sealed class Region(MemoryRegion region) : IRegion
    {
        public ulong Address => region.Address;

        public uint RemoteKey => region.RemoteKey;

        public uint LocalKey => region.LocalKey;

        public long Length => region.Length;

        public void Dispose() => region.Dispose();
    }

    private sealed class AnsweringQueue(HostDevice device, QueuePair queue) : IAnsweringQueue
    {
        // Fixed for its life, so that a peer may learn it before it connects.
        private readonly LocalEnd _end = new(device.Port.Port, device.Gid, device.Port.ActiveMtu, (uint)(Machine.RandomBits() >> 40), 1, device.Reads);

        public QueuePairEnd End => new(queue.Number, device.Gid.Gid.ToString())
        {
            Psn = _end.PacketSequence,
            Mtu = device.Port.ActiveMtu.ToBytes(),
            MaxRdAtomic = device.Reads,
            Lid = device.Port.Lid,
        };

        public QueuePairState State => queue.Query();

        public void Connect(QueuePairEnd peer, Gid gid)
        {
            var mtu = PathMtuBytes.From(peer.Mtu == 0 ? 1024 : peer.Mtu);
            var reads = Math.Max(1, peer.MaxRdAtomic);
            queue.Connect(_end, new(peer.QpNum, gid, (ushort)peer.Lid, mtu, peer.Psn & 0xFFFFFF, reads, reads), RegionAccess.RemoteRead | RegionAccess.RemoteWrite);
        }

        public void Reset() => queue.Reset();

        public void Dispose() => queue.Dispose();
    }
}
