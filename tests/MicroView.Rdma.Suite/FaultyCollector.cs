using System.Globalization;
using System.Net;
using MicroView.Analysis;
using MicroView.Collector;
using MicroView.Verbs;

namespace MicroView.Rdma.Suite;

/// <summary>A collector whose queue pairs can be forced into ERR behind its back, by ibv_modify_qp in its own process: what an error of the device does.</summary>
internal sealed class FaultyCollector(RdmaAdapter device) : RdmaAdapter
{
    private readonly List<SendQueue> _queues = [];

    public override string Name => device.Name;

    public static async Task<int> RunAsync(string controlPlane, string name, int lmaps, int port, string place)
    {
        FaultyCollector? faults = null;
        var options = new CollectorOptions
        {
            ControlPlane = controlPlane,
            Transport = TransportKind.Verbs,
            Device = name,
            Lmaps = lmaps,
            PrometheusPort = port,
            Analysis = new AnalyzerOptions { Detector = new DetectorOptions { Model = "none" } },
        };
        using var log = new ConsoleLog();
        await using var collector = await CollectorService.StartAsync(options, log, chosen => faults = new(new DeviceAdapter(chosen.Device, chosen.DevicePort, chosen.GidIndex)), default);
        await Lines.ServeAsync(place, line => line.Split(' ') is ["fail", var lmap] ? faults!.Fail(int.Parse(lmap, CultureInfo.InvariantCulture)) : throw new ArgumentException($"'{line}' is no command"));
        return 0;
    }

    public override SendQueue CreateQueue()
    {
        var queue = device.CreateQueue();
        _queues.Add(queue);
        return queue;
    }

    public override LandingBlock Allocate(int bytes) => device.Allocate(bytes);

    public override (LocalEnd End, ushort Lid) Describe(IPAddress? local) => device.Describe(local);

    public override void Dispose() => device.Dispose();

    private string Fail(int lmap)
    {
        _queues[lmap].Fail();
        return "ok";
    }
}
