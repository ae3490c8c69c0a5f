using Microsoft.Extensions.Logging;

namespace MicroView.Collector;

/// <summary>How a collector reads pages, and where its layouts come from: the two go together.</summary>
/// <param name="Transport">What reads pages.</param>
internal abstract record CollectorWiring(PageTransport Transport) : IDisposable
{
    /// <summary>What time it is.</summary>
    public virtual CollectorClock Clock => CollectorClock.Live;

    /// <summary>The transport, when pages are read by RDMA.</summary>
    public virtual VerbsTransport? Verbs => null;

    /// <summary>The queue pairs as people are told of them, by LMAP.</summary>
    public virtual IReadOnlyList<string> QueuePairs => [];

    /// <summary>The options as they are in force.</summary>
    public virtual CollectorOptions Adjust(CollectorOptions options) => options with { Tick = options.Tick ?? TimeSpan.FromMilliseconds(100) };

    public abstract LmapRunner CreateRunner(Lmap lmap, CollectorOptions options, ILogger logger);

    public abstract LayoutSession CreateSession(LayoutFollower follower, IReadOnlyList<LmapRunner> lmaps, RateKeeper rates, ILogger logger);

    /// <summary>Gives back what an agent holds for the collector, once nothing is read any more.</summary>
    public virtual Task LeaveAsync() => Task.CompletedTask;

    /// <summary>Gives everything back; the LMAPs must have ended, and the pods' sources be disposed.</summary>
    public abstract void Dispose();

    /// <exception cref="CollectorStartException">There is no RDMA device that could be used, or no recording that could be replayed.</exception>
    public static CollectorWiring Create(CollectorOptions options, Func<CollectorOptions, RdmaAdapter> openDevice, ILogger logger)
    {
        if (options.IsReplay)
            return new ReplayWiring(RecordingInfo.Open(options.Recording!), options.ReplaySpeed);
        if (!options.IsVerbs)
            return new AgentWiring(
                new SharedMemoryTransport { Copies = options.RecordInto is not null }, new SocketControlPlane(AgentPlaces.Of(options), options.Name, options.Token));
        _ = AgentPlaces.TryParse(options.ControlPlane, out var place);
        var spin = options.Spin ?? options.Cores.Count > 0;
        try
        {
            var transport = new VerbsTransport(openDevice(options), options.Lmaps, spin, !AgentPlaces.IsElsewhere(options.ControlPlane), logger);
            var agent = new AgentHttp(place, options.Name, options.Token, options.ControlPlaneAuthorities);
            var keeper = new QueueKeeper(transport, agent, logger);
            return new AgentWiring(transport, new HttpControlPlane(agent, keeper), keeper);
        }
        catch (IOException error)
        {
            throw new CollectorStartException($"pages cannot be read by RDMA here: {error.Message}; those of an agent on this machine are read with --transport shm", error);
        }
    }

    /// <summary>This machine's device.</summary>
    public static RdmaAdapter OpenDevice(CollectorOptions options) => new DeviceAdapter(options.Device, options.DevicePort, options.GidIndex);
}

/// <summary>An agent's pods, as they are now.</summary>
/// <param name="Transport">What reads pages.</param>
/// <param name="ControlPlane">What the agent is asked through.</param>
/// <param name="Keeper">Who connects the queue pairs, when pages are read by RDMA.</param>
internal sealed record AgentWiring(PageTransport Transport, ControlPlane ControlPlane, QueueKeeper? Keeper = null) : CollectorWiring(Transport)
{
    public override VerbsTransport? Verbs => Transport as VerbsTransport;

    public override IReadOnlyList<string> QueuePairs => Verbs is null ? [] : [.. Verbs.Queues.Select(queue =>
        $"LMAP {queue.Index}: {Keeper!.ConnectionOf(queue.Index) ?? $"QP {queue.Number}, not connected"}")];

    public override LmapRunner CreateRunner(Lmap lmap, CollectorOptions options, ILogger logger)
    {
        int? core = options.Cores.Count == 0 ? null : options.Cores[lmap.Index % options.Cores.Count];
        return new LmapThread(lmap, new LmapSchedule(options.ScrapeInterval.Ticks * 100, core, options.Spin ?? core is not null), logger);
    }

    public override LayoutSession CreateSession(LayoutFollower follower, IReadOnlyList<LmapRunner> lmaps, RateKeeper rates, ILogger logger) =>
        new ControlPlaneSession(ControlPlane, follower, rates, logger);

    public override Task LeaveAsync() => ControlPlane.LeaveAsync();

    public override void Dispose()
    {
        ControlPlane.Dispose();
        Verbs?.Dispose();
    }
}

/// <summary>A recorded run.</summary>
/// <param name="Reader">The recording.</param>
/// <param name="Speed">Its pace.</param>
internal sealed record ReplayWiring(RecordingReader Reader, double Speed) : CollectorWiring(new RecordingTransport())
{
    private readonly CollectorClock.Replayed _clock = new(Reader.Header);

    public override CollectorClock Clock => _clock;

    /// <summary>The recording says how often pages were read and by whom; a tick that was not chosen is its as well.</summary>
    public override CollectorOptions Adjust(CollectorOptions options) => options with
    {
        Lmaps = RecordingInfo.Of(Reader.Header).Lmaps,
        ScrapeInterval = RecordingInfo.Of(Reader.Header).ScrapeInterval,
        Tick = options.Tick ?? RecordingInfo.Of(Reader.Header).Tick,
        AgentWait = Timeout.InfiniteTimeSpan,
    };

    public override LmapRunner CreateRunner(Lmap lmap, CollectorOptions options, ILogger logger) => new ReplayedLmap(lmap, Reader.Header.IntervalNs);

    public override LayoutSession CreateSession(LayoutFollower follower, IReadOnlyList<LmapRunner> lmaps, RateKeeper rates, ILogger logger) =>
        new ReplaySession(Reader, (RecordingTransport)Transport, follower, [.. lmaps.Cast<ReplayedLmap>()], _clock, Speed, logger);

    public override void Dispose() => Reader.Dispose();
}
