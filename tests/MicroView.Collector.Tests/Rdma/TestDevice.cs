using System.Collections.Concurrent;
using System.Net;
using System.Runtime.InteropServices;
using MicroView.Protocol;
using MicroView.Verbs;

namespace MicroView.Collector.Tests;

/// <summary>An RDMA device whose other end is this process's own memory: keys are checked and bytes copied as a device does it, one request after the other.</summary>
internal sealed class TestDevice : RdmaAdapter
{
    public static readonly Gid HostGid = Gid.Of(IPAddress.Parse("10.9.0.1"));
    private static readonly Gid s_gid = Gid.Of(IPAddress.Parse("10.9.0.2"));
    private uint _key = 100;

    /// <summary>What a request may reach, by key.</summary>
    public ConcurrentDictionary<uint, (ulong Address, long Size)> Regions { get; } = new();

    public List<TestQueue> Queues { get; } = [];

    /// <summary>Depth of queues made from now on.</summary>
    public int Depth { get; set; } = 256;

    /// <summary>Landing blocks that are registered.</summary>
    public int Blocks { get; private set; }

    public override string Name => "test0 port 1";

    /// <summary>Registers a pod's pages as an agent does.</summary>
    public ObjectRegion Register(int index, PageObject page, bool control = true)
    {
        RemoteRegion Add(ulong address, long size)
        {
            var key = Interlocked.Increment(ref _key);
            Regions[key] = (address, size);
            return new(address, key, size);
        }
        var address = (ulong)page.Address;
        return new(index, Add(address + PageFormat.HeaderOffset, page.Geometry.Capacity - PageFormat.HeaderOffset), control && index == 0 ? Add(address, PageFormat.PageSize) : null);
    }

    public override SendQueue CreateQueue()
    {
        var queue = new TestQueue(this, (uint)(17 + Queues.Count), Depth);
        Queues.Add(queue);
        return queue;
    }

    public override LandingBlock Allocate(int bytes)
    {
        Blocks++;
        return new Block(this, bytes);
    }

    public override (LocalEnd End, ushort Lid) Describe(IPAddress? local) =>
        (new(1, new GidEntry(1, s_gid, GidType.RoceV2, "eth0"), PathMtu.Mtu1024, 0, 16, 16), 0);

    public override void Dispose()
    {
    }

    private sealed class Block(TestDevice device, int bytes) : LandingBlock
    {
        private readonly byte[] _bytes = GC.AllocateArray<byte>(bytes, pinned: true);

        public override int Length => bytes;

        public override ulong Address => (ulong)Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, 0);

        public override uint LocalKey => 1;

        public override Span<byte> Span(int offset, int length) => _bytes.AsSpan(offset, length);

        public override void Dispose() => device.Blocks--;
    }
}

/// <summary>A queue pair of the test's device.</summary>
internal sealed class TestQueue(TestDevice device, uint number, int depth) : SendQueue
{
    private readonly record struct Request(ulong Id, bool IsRead, ulong Local, int Length, ulong Remote, uint Key, bool Signaled);

    private readonly byte[] _buffer = new byte[ReadPlan.MaxRead];
    private readonly Queue<(Completion Completion, int Requests)> _completions = new(1024);
    private Request[] _requests = [];
    private int _inFlight, _sinceSignal;

    public override uint Number => number;

    public override int Depth => depth;

    /// <summary>As its device sees it.</summary>
    public QueuePairState State { get; private set; }

    /// <summary>Doorbells, and the requests behind the last one.</summary>
    public List<int> Posts { get; } = [];

    /// <summary>Requests of the chain that had a completion asked for, in the order of posting.</summary>
    public List<ulong> Signaled { get; } = [];

    /// <summary>What the next request ends with, whatever it asks for.</summary>
    public CompletionStatus? NextStatus { get; set; }

    /// <summary>What posting answers; 0: it posts.</summary>
    public int PostErrno { get; set; }

    /// <summary>Nothing completes.</summary>
    public bool IsSilent { get; set; }

    /// <summary>The device refuses a reset.</summary>
    public bool RefusesReset { get; set; }

    public int Connects { get; private set; }

    public override void Reserve(int requests) => Array.Resize(ref _requests, Math.Max(requests, _requests.Length));

    public override void SetRead(int at, ulong id, ulong localAddress, uint localKey, int length, ulong remoteAddress, uint remoteKey) =>
        _requests[at] = new(id, true, localAddress, length, remoteAddress, remoteKey, false);

    public override void SetWrite(int at, ulong id, ulong localAddress, uint localKey, int length, ulong remoteAddress, uint remoteKey) =>
        _requests[at] = new(id, false, localAddress, length, remoteAddress, remoteKey, false);

    public override void SetSignaled(int at, bool signaled) => _requests[at] = _requests[at] with { Signaled = signaled };

    public override int Post(int first, int count, out int posted)
    {
        Posts.Add(count);
        (posted, var refusal) = (0, PostErrno);
        if (refusal != 0)
            return refusal;
        _inFlight += count;
        if (_inFlight > Depth)
            throw new InvalidOperationException($"{_inFlight} requests are posted and not completed; the queue takes {Depth}");
        for (var i = first; i < first + count; i++)
            Execute(_requests[i]);
        posted = count;
        return 0;
    }

    public override VerbsException PostFailed(int errno) =>
        new("ibv_post_send", $"queue pair {number} of test0", errno, $"ibv_post_send failed on queue pair {number} of test0: errno {errno}");

    public override int Poll(Span<Completion> into)
    {
        if (IsSilent)
            return 0;
        var taken = 0;
        while (taken < into.Length && _completions.TryDequeue(out var entry))
        {
            into[taken++] = entry.Completion;
            _inFlight -= entry.Requests;
        }
        return taken;
    }

    public override bool Wait(TimeSpan timeout)
    {
        if (_completions.Count > 0 && !IsSilent)
            return true;
        Thread.Sleep(timeout);
        return false;
    }

    public override void Connect(LocalEnd local, RemoteEnd remote)
    {
        Reset();
        Connects++;
        State = QueuePairState.ReadyToSend;
    }

    public override void Fail() => State = QueuePairState.Error;

    public override void Reset()
    {
        if (RefusesReset)
            throw new VerbsException("ibv_modify_qp", "queue pair 17 of test0", 5, "ibv_modify_qp failed on queue pair 17 of test0 (to RESET): Input/output error (errno 5)");
        (State, _inFlight, _sinceSignal) = (QueuePairState.Reset, 0, 0);
        _completions.Clear();
    }

    public override void Dispose()
    {
    }

    private void Execute(Request request)
    {
        _sinceSignal++;
        var status = State == QueuePairState.Error ? CompletionStatus.Flushed : NextStatus ?? (Reaches(request) ? CompletionStatus.Success : CompletionStatus.RemoteAccess);
        NextStatus = null;
        if (status == CompletionStatus.Success)
            Copy(request);
        else
            State = QueuePairState.Error;
        if (!request.Signaled && status == CompletionStatus.Success)
            return;
        if (request.Signaled)
            Signaled.Add((uint)request.Id);
        _completions.Enqueue((new(request.Id, status, number), _sinceSignal));
        _sinceSignal = 0;
    }

    private bool Reaches(Request request) => device.Regions.TryGetValue(request.Key, out var region)
        && request.Remote >= region.Address && request.Remote + (ulong)request.Length <= region.Address + (ulong)region.Size;

    private void Copy(Request request)
    {
        var (from, to) = request.IsRead ? (request.Remote, request.Local) : (request.Local, request.Remote);
        Marshal.Copy((nint)from, _buffer, 0, request.Length);
        Marshal.Copy(_buffer, 0, (nint)to, request.Length);
    }
}
