using System.Net;
using MicroView.Host;
using MicroView.Verbs;

namespace MicroView.Rdma.Suite;

/// <summary>A host agent whose memory regions can be taken away by force, and which hands out a wrong key for pods named liar….</summary>
internal sealed class FaultyAgent : IRegistrar
{
    private readonly IRegistrar _device;
    private readonly Lock _gate = new();
    private readonly List<(string Subject, Region Region)> _regions = [];

    private FaultyAgent(IRegistrar device) => _device = device;

    public static async Task<int> RunAsync(string address, string port, string collectors, string socket, string place)
    {
        FaultyAgent? faults = null;
        var options = new HostOptions
        {
            SocketPath = socket,
            RestAddress = IPAddress.Parse(address),
            RestPort = int.Parse(port, System.Globalization.CultureInfo.InvariantCulture),
            Collectors = [new IPNetwork(IPAddress.Parse(collectors), 32)],
            RdmaQueues = 2,
            Registrar = device => faults = new(device),
        };
        using var log = new ConsoleLog();
        await using var agent = await HostAgent.StartAsync(options, log);
        await Lines.ServeAsync(place, line => line.Split(' ') is ["deregister", var pod] ? faults!.Deregister(pod) : throw new ArgumentException($"'{line}' is no command"));
        return 0;
    }

    public IRegion Register(nint address, long length, RegionAccess access, object? owner, string subject)
    {
        var region = new Region(_device.Register(address, length, access, owner, subject), subject.Contains("liar", StringComparison.Ordinal) ? 0x100u : 0);
        lock (_gate)
            _regions.Add((subject, region));
        return region;
    }

    private string Deregister(string pod)
    {
        lock (_gate)
        {
            var found = _regions.Where(one => one.Subject.EndsWith($"pod {pod}", StringComparison.Ordinal)).ToArray();
            foreach (var one in found)
                one.Region.Dispose();
            return found.Length > 0 ? "ok" : throw new ArgumentException($"there is no pod '{pod}'");
        }
    }

    private sealed class Region(IRegion region, uint lie) : IRegion
    {
        public ulong Address => region.Address;

        public uint RemoteKey => region.RemoteKey + lie;

        public uint LocalKey => region.LocalKey;

        public long Length => region.Length;

        public void Dispose() => region.Dispose();
    }
}
