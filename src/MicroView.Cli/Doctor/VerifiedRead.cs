using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MicroView.Protocol;
using MicroView.Verbs;

namespace MicroView.Cli;

/// <summary>One RDMA READ of an agent's page, compared with what its control plane says of that page.</summary>
internal sealed class VerifiedRead : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private readonly VerbsDevice _device;
    private readonly LocalEnd _local;
    private readonly ProtectionDomain _domain;
    private readonly CompletionQueue _completions;
    private readonly QueuePair _queue;
    private readonly RegisteredMemory _landing;
    private readonly SendChain _chain = new(1);

    /// <exception cref="VerbsException">The device cannot do it.</exception>
    public VerifiedRead(string? device, int port, int? gid, IPAddress? towards)
    {
        _device = VerbsDevice.Open(device);
        var found = _device.QueryPort(port);
        _local = new(port, found.ChooseGid(gid, towards), found.ActiveMtu, (uint)(Machine.RandomBits() >> 40), 1, 1);
        _domain = _device.CreateDomain();
        _completions = _domain.CreateCompletionQueue(4);
        _queue = _domain.CreateQueuePair(_completions, 4);
        _landing = _domain.Allocate(PageFormat.PageSize, RegionAccess.None, "a page to read into");
    }

    /// <summary>Connects, reads the header of a pod twice, and says what came of it.</summary>
    public Finding Run(ControlPlaneClient agent)
    {
        const string subject = "verified READ";
        var pods = agent.Layout().Pods;
        var pod = pods.FirstOrDefault(pod => pod.Regions is { Count: > 0 });
        if (pod is null)
            return new(subject, FindingState.Limited, pods.Count == 0 ? "not tried: the agent has no pod" : "not tried: no pod's memory is registered", pods.Count == 0
                ? "start one there: microview generate --num-metrics 16 --update-metrics" : "the agent's log says why (often the memlock limit)");
        if (Connect(agent) is { } refused)
            return new(subject, FindingState.Limited, $"not tried: {refused}", "stop a collector, or start the agent with more --rdma-queues");
        var region = pod.Regions![0].Values;
        var (first, micros) = Read(region);
        Thread.Sleep(2 * PageFormat.HeartbeatPeriod);
        var (second, _) = Read(region);
        return (first ?? second) is { } failed
            ? new(subject, FindingState.Missing, $"pod {pod.Pod}: {failed}", "if retries were exceeded: is UDP port 4791 let through in both directions, and are the MTUs of both interfaces alike?")
            : Compare(subject, pod, micros);
    }

    public void Dispose()
    {
        _chain.Dispose();
        _queue.Dispose();
        _landing.Dispose();
        _completions.Dispose();
        _domain.Dispose();
        _device.Dispose();
    }

    private string? Connect(ControlPlaneClient agent)
    {
        var reply = agent.Connect(new(_queue.Number, _local.Gid.Gid.ToString()) { Psn = _local.PacketSequence, Mtu = _local.Mtu.ToBytes(), MaxRdAtomic = 1 });
        if (reply.Results is not [{ QueuePair: { } other }])
            return reply.Results is [{ Error: { } error }] ? error : "the agent connected none";
        if (!Gid.TryParse(other.Gid, out var gid))
            return $"the agent's GID '{other.Gid}' is none";
        _queue.Connect(_local, new(other.QpNum, gid, (ushort)other.Lid, _local.Mtu, other.Psn, 1, 1), RegionAccess.None);
        return null;
    }

    /// <summary>Reads the header into the first or second half of the page.</summary>
    private (string? Problem, double Micros) Read(RemoteRegion region)
    {
        var half = _reads++ % 2 * (PageFormat.PageSize / 2);
        _chain.SetRead(0, 1, _landing.Address + (ulong)half, _landing.LocalKey, PageFormat.HeaderSize, region.Address, region.Key);
        _chain.SetSignaled(0, true);
        var start = Stopwatch.GetTimestamp();
        if (_queue.Post(_chain, 0, 1, out _) is var errno && errno != 0)
            return (_queue.PostFailed(errno).Message, 0);
        Span<Completion> done = stackalloc Completion[1];
        while (_completions.Poll(done) == 0)
        {
            if (Stopwatch.GetElapsedTime(start) > s_patience)
                return ($"no answer within {s_patience.TotalSeconds} s", 0);
            _completions.Wait(TimeSpan.FromMilliseconds(100));
        }
        return (done[0].Status == CompletionStatus.Success ? null : done[0].Status.Describe(), Stopwatch.GetElapsedTime(start).TotalMicroseconds);
    }

    private int _reads;

    private Finding Compare(string subject, PodLayout pod, double micros)
    {
        var before = _landing.Span(0, PageFormat.HeaderSize);
        var after = _landing.Span(PageFormat.PageSize / 2, PageFormat.HeaderSize);
        if (Word(after, 0) != PageFormat.Magic || Word(after, 16) != pod.Objects[0].Epoch)
            return new(subject, FindingState.Missing, $"pod {pod.Pod}: magic or epoch are not what the agent announced", "the agent's regions are not its pods' memory: report this with both logs");
        if (Word(before, 48) == Word(after, 48))
            return new(subject, FindingState.Missing, $"pod {pod.Pod}: its heartbeat stands still", "the agent's machine is overloaded, or the region is detached from the pod: restart the agent");
        return new(subject, FindingState.Ok, string.Create(CultureInfo.InvariantCulture,
            $"64 bytes of pod {pod.Pod} in {micros:0} µs: magic and epoch as announced, heartbeat moves"));
    }

    private static ulong Word(ReadOnlySpan<byte> header, int at) => BinaryPrimitives.ReadUInt64LittleEndian(header[at..]);

    /// <summary>The address of this machine that leads to a host; null when there is none.</summary>
    public static IPAddress? LocalAddressTo(string host)
    {
        try
        {
            using var socket = new Socket(SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(host, 9); // sends nothing
            return ((IPEndPoint)socket.LocalEndPoint!).Address is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : ((IPEndPoint)socket.LocalEndPoint!).Address;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
