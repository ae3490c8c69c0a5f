using Microsoft.Extensions.Logging;

namespace MicroView.Collector;

/// <summary>How a collector reads pages, and how it speaks to the agent: the two go together.</summary>
/// <param name="Transport">What reads pages.</param>
/// <param name="ControlPlane">What the agent is asked through.</param>
/// <param name="Verbs">The transport, when pages are read by RDMA.</param>
/// <param name="Keeper">Who connects its queue pairs.</param>
internal sealed record CollectorWiring(PageTransport Transport, ControlPlane ControlPlane, VerbsTransport? Verbs = null, QueueKeeper? Keeper = null) : IDisposable
{
    /// <summary>The queue pairs as people are told of them, by LMAP.</summary>
    public IReadOnlyList<string> QueuePairs => Verbs is null ? [] : [.. Verbs.Queues.Select(queue =>
        $"LMAP {queue.Index}: {Keeper!.ConnectionOf(queue.Index) ?? $"QP {queue.Number}, not connected"}")];

    /// <exception cref="CollectorStartException">There is no RDMA device that could be used.</exception>
    public static CollectorWiring Create(CollectorOptions options, Func<CollectorOptions, RdmaAdapter> openDevice, ILogger logger)
    {
        if (!options.IsVerbs)
            return new(new SharedMemoryTransport(), new SocketControlPlane(AgentPlaces.Of(options), options.Name, options.Token));
        _ = AgentPlaces.TryParse(options.ControlPlane, out var place);
        var spin = options.Spin ?? options.Cores.Count > 0;
        try
        {
            var transport = new VerbsTransport(openDevice(options), options.Lmaps, spin, !AgentPlaces.IsElsewhere(options.ControlPlane), logger);
            var agent = new AgentHttp(place, options.Name, options.Token);
            var keeper = new QueueKeeper(transport, agent, logger);
            return new(transport, new HttpControlPlane(agent, keeper), transport, keeper);
        }
        catch (IOException error)
        {
            throw new CollectorStartException($"pages cannot be read by RDMA here: {error.Message}; those of an agent on this machine are read with --transport shm", error);
        }
    }

    /// <summary>This machine's device.</summary>
    public static RdmaAdapter OpenDevice(CollectorOptions options) => new DeviceAdapter(options.Device, options.DevicePort, options.GidIndex);

    /// <summary>Gives everything back; the LMAPs must have ended, and the pods' sources be disposed.</summary>
    public void Dispose()
    {
        ControlPlane.Dispose();
        Verbs?.Dispose();
    }
}
