using System.Diagnostics;
using MicroView.Protocol;
using MicroView.Verbs;

namespace MicroView.Rdma.Suite;

/// <summary>Two queue pairs of this process, connected over a device's own loopback: one asks, the other answers from an object's memory.</summary>
internal sealed class Loopback : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private readonly VerbsDevice _device;
    private readonly LocalEnd _asking, _answering;
    private readonly CompletionQueue _others;
    private readonly Completion[] _taken = new Completion[32];

    public Loopback(string? device = null, int depth = 32)
    {
        _device = VerbsDevice.Open(device);
        var port = _device.QueryPort(1);
        _asking = new(1, port.ChooseGid(null, null), port.ActiveMtu, 100, _device.MaxReadsSent, _device.MaxReadsAnswered);
        _answering = _asking with { PacketSequence = 200 };
        Domain = _device.CreateDomain();
        Completions = Domain.CreateCompletionQueue(4 * depth);
        _others = Domain.CreateCompletionQueue(16);
        Asker = Domain.CreateQueuePair(Completions, depth);
        Answerer = Domain.CreateQueuePair(_others, 4);
        Landing = Domain.Allocate(64 * 1024, RegionAccess.None, "landing memory");
        Chain = new SendChain(4 * Asker.SendDepth);
        Connect();
    }

    public ProtectionDomain Domain { get; }

    public CompletionQueue Completions { get; }

    public QueuePair Asker { get; }

    public QueuePair Answerer { get; }

    public RegisteredMemory Landing { get; }

    public SendChain Chain { get; }

    public void Connect()
    {
        Answerer.Connect(_answering, End(Asker, _asking), RegionAccess.RemoteRead | RegionAccess.RemoteWrite);
        Asker.Connect(_asking, End(Answerer, _answering), RegionAccess.None);
    }

    public MemoryRegion RegisterValues(PageObject page) =>
        Domain.Register(page.Address + PageFormat.HeaderOffset, page.Geometry.Capacity - PageFormat.HeaderOffset, RegionAccess.RemoteRead, page, "an object's values");

    public MemoryRegion RegisterControl(PageObject page) =>
        Domain.Register(page.Address, PageFormat.PageSize, RegionAccess.RemoteWrite | RegionAccess.LocalWrite, page, "a control page");

    /// <summary>Request <paramref name="at"/>: reads the start of a region into place <paramref name="at"/> of the landing memory, 2 KiB each.</summary>
    public void SetRead(int at, MemoryRegion region, int bytes, bool signaled, uint keyOffset = 0)
    {
        Chain.SetRead(at, (ulong)at, Landing.Address + (ulong)(at % 32 * 2048), Landing.LocalKey, bytes, region.Address, region.RemoteKey + keyOffset);
        Chain.SetSignaled(at, signaled);
    }

    public void Post(int first, int count) => Check.Equal(0, Asker.Post(Chain, first, count, out _), "errno of post_send");

    /// <summary>Waits for so many completions; fewer when the patience ends.</summary>
    public Completion[] Take(int wanted)
    {
        var all = new List<Completion>();
        var started = Stopwatch.GetTimestamp();
        while (all.Count < wanted && Stopwatch.GetElapsedTime(started) < s_patience)
        {
            Completions.Wait(TimeSpan.FromMilliseconds(100));
            var got = Completions.Poll(_taken);
            all.AddRange(_taken.AsSpan(0, got));
        }
        return [.. all];
    }

    public void Dispose()
    {
        // Parents first: what is made from them holds them.
        _device.Dispose();
        Domain.Dispose();
        Completions.Dispose();
        _others.Dispose();
        Asker.Dispose();
        Answerer.Dispose();
        Landing.Dispose();
        Chain.Dispose();
    }

    private static RemoteEnd End(QueuePair queue, LocalEnd end) =>
        new(queue.Number, end.Gid.Gid, 0, end.Mtu, end.PacketSequence, end.ReadsSent, end.ReadsAnswered);
}
