using System.Net;
using MicroView.Verbs;

namespace MicroView.Collector;

/// <summary>A real device, through the verbs library.</summary>
internal sealed class DeviceAdapter : RdmaAdapter
{
    // A window of the chain; in flight on the wire are at most max_rd_atomic of them.
    private const int Depth = 256;

    private readonly VerbsDevice _device;
    private readonly ProtectionDomain _domain;
    private readonly int _port;
    private readonly int? _gid;

    /// <exception cref="VerbsException">There is no such device, or it cannot be used.</exception>
    public DeviceAdapter(string? device, int port, int? gid)
    {
        (_port, _gid) = (port, gid);
        _device = VerbsDevice.Open(device);
        try
        {
            _ = Describe(null); // a wrong port or GID is said at the start
            _domain = _device.CreateDomain();
        }
        catch
        {
            _device.Dispose();
            throw;
        }
    }

    public override string Name => $"{_device.Name} port {_port}";

    public override SendQueue CreateQueue() => new DeviceQueue(_domain, Depth);

    public override LandingBlock Allocate(int bytes) => new DeviceBlock(_domain.Allocate(bytes, RegionAccess.None, "memory that READs land in"));

    public override (LocalEnd End, ushort Lid) Describe(IPAddress? local)
    {
        var port = _device.QueryPort(_port);
        if (!port.IsActive)
            throw new IOException($"port {_port} of {_device.Name} is {port.State}; bring its link up (rdma link show)");
        return (new(_port, port.ChooseGid(_gid, local), port.ActiveMtu, 0, _device.MaxReadsSent, _device.MaxReadsAnswered), port.Lid);
    }

    public override void Dispose()
    {
        _domain.Dispose();
        _device.Dispose();
    }

    private sealed class DeviceBlock(RegisteredMemory memory) : LandingBlock
    {
        public override int Length => memory.Length;

        public override ulong Address => memory.Address;

        public override uint LocalKey => memory.LocalKey;

        public override Span<byte> Span(int offset, int length) => memory.Span(offset, length);

        public override void Dispose() => memory.Dispose();
    }
}

/// <summary>A queue pair of a real device.</summary>
internal sealed class DeviceQueue : SendQueue
{
    private const int LeastChain = 64;

    private readonly CompletionQueue _completions;
    private readonly QueuePair _pair;
    private SendChain _chain = new(LeastChain);

    public DeviceQueue(ProtectionDomain domain, int depth)
    {
        Depth = depth;
        _completions = domain.CreateCompletionQueue(depth); // in an error every request completes, signaled or not
        try
        {
            _pair = domain.CreateQueuePair(_completions, depth);
        }
        catch
        {
            _completions.Dispose();
            _chain.Dispose();
            throw;
        }
    }

    public override uint Number => _pair.Number;

    public override int Depth { get; }

    public override void Reserve(int requests)
    {
        if (requests <= _chain.Capacity)
            return;
        var chain = new SendChain(Math.Max(requests, _chain.Capacity * 2));
        _chain.Dispose();
        _chain = chain;
    }

    public override void SetRead(int at, ulong id, ulong localAddress, uint localKey, int length, ulong remoteAddress, uint remoteKey) =>
        _chain.SetRead(at, id, localAddress, localKey, length, remoteAddress, remoteKey);

    public override void SetWrite(int at, ulong id, ulong localAddress, uint localKey, int length, ulong remoteAddress, uint remoteKey) =>
        _chain.SetWrite(at, id, localAddress, localKey, length, remoteAddress, remoteKey);

    public override void SetSignaled(int at, bool signaled) => _chain.SetSignaled(at, signaled);

    public override int Post(int first, int count, out int posted) => _pair.Post(_chain, first, count, out posted);

    public override VerbsException PostFailed(int errno) => _pair.PostFailed(errno);

    public override int Poll(Span<Completion> into) => _completions.Poll(into);

    public override bool Wait(TimeSpan timeout) => _completions.Wait(timeout);

    // The agent asks nothing of this machine's memory.
    public override void Connect(LocalEnd local, RemoteEnd remote) => _pair.Connect(local, remote, RegionAccess.None);

    public override void Fail() => _pair.Fail();

    public override void Reset() => _pair.Reset();

    public override void Dispose()
    {
        _pair.Dispose();
        _completions.Dispose();
        _chain.Dispose();
    }
}
