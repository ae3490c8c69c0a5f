using Microsoft.Extensions.Logging.Abstractions;
using MicroView.Analysis;
using MicroView.Collector;
using MicroView.Conformance;
using MicroView.Protocol;
using MicroView.Verbs;

namespace MicroView.Rdma.Suite;

/// <summary>
/// Page sources over real RDMA READs: the collector's own transport and queue, and beside it a queue pair of this process that answers for the pods' objects, over a device's own loopback.
/// </summary>
internal sealed class VerbsScene : SourceScene
{
    private static readonly AnalyzerOptions s_off = new() { Detector = new DetectorOptions { Model = "none" } };
    private readonly VerbsDevice _device = VerbsDevice.Open(null);
    private readonly ProtectionDomain _domain;
    private readonly CompletionQueue _completions;
    private readonly QueuePair _answerer;
    private readonly VerbsTransport _transport = new(new DeviceAdapter(null, 1, null), 1, spin: false, sharesClock: true, NullLogger.Instance);
    private readonly Dictionary<PageObject, MemoryRegion> _regions = [];
    private readonly List<PageSource> _sources = [];
    private MonitoredPod[] _pods = [];

    public VerbsScene()
    {
        _domain = _device.CreateDomain();
        _completions = _domain.CreateCompletionQueue(16);
        _answerer = _domain.CreateQueuePair(_completions, 4);
    }

    /// <summary>READs of an emulated machine.</summary>
    public override int ManyRows => 300;

    private LmapQueue Queue => _transport.Queues[0];

    public override PageSource Open(ScenePod pod, int slots, PageSource? former = null)
    {
        var regions = pod.Pages.Select((page, index) => new ObjectRegion(index, Register(page))).ToArray();
        var layout = pod.Layout(slots) with { Regions = regions };
        var source = _transport.Open(layout, slots, former, []);
        source.Activate();
        _sources.Add(source);
        var schema = PodSchema.Compile(layout.Descriptors, []);
        _pods = [.. _pods.Where(one => one.Source != former), new MonitoredPod(layout, schema, source, s_off)];
        Queue.Begin([], 0); // between two passes: nothing is in flight, and the former one is not read any more
        Queue.End();
        former?.Dispose();
        return source;
    }

    public override RowStatus Read(PageSource source, Span<double> row, long nowNs)
    {
        Begin(nowNs);
        var status = source.Read(row, nowNs);
        Queue.End();
        return status;
    }

    public override RowStatus Look(PageSource source, long nowNs)
    {
        Begin(nowNs);
        var status = source.Look(nowNs);
        Queue.End();
        return status;
    }

    public override void Vanish(ScenePod pod) => _regions[pod.Page].Dispose();

    public override void Dispose()
    {
        foreach (var source in _sources)
            source.Dispose();
        _transport.Dispose();
        foreach (var region in _regions.Values)
            region.Dispose();
        _answerer.Dispose();
        _completions.Dispose();
        _domain.Dispose();
        _device.Dispose();
    }

    private void Begin(long nowNs)
    {
        if (!Queue.IsReady)
            Connect();
        Queue.Begin(_pods, nowNs);
    }

    /// <summary>The handshake, and the one after a READ that was refused.</summary>
    private void Connect()
    {
        var (asking, lid) = _transport.Adapter.Describe(null);
        asking = asking with { PacketSequence = 100 };
        var answering = asking with { PacketSequence = 200 };
        Queue.BeginConnecting();
        _answerer.Connect(answering, End(Queue.Number, asking, lid), RegionAccess.RemoteRead);
        Queue.Connect(asking, End(_answerer.Number, answering, lid));
        Queue.HandOver();
    }

    private static RemoteEnd End(uint number, LocalEnd end, ushort lid) =>
        new(number, end.Gid.Gid, lid, end.Mtu, end.PacketSequence, end.ReadsSent, end.ReadsAnswered);

    private RemoteRegion Register(PageObject page)
    {
        var bytes = page.Geometry.Capacity - PageFormat.HeaderOffset;
        if (!_regions.TryGetValue(page, out var region))
            _regions[page] = region = _domain.Register(page.Address + PageFormat.HeaderOffset, bytes, RegionAccess.RemoteRead, page, "an object's values");
        return new(region.Address, region.RemoteKey, bytes);
    }
}
