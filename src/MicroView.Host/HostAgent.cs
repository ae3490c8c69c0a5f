using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using MicroView.Protocol;
using MicroView.Verbs;

namespace MicroView.Host;

/// <summary>
/// The host agent: admits pods, keeps their layout, hands readers what they need, and gives memory up when its pod has gone. Thread-safe.
/// </summary>
/// <remarks>
/// Lock order, outermost first: <see cref="RestPods"/>, <see cref="Retirement"/>, <see cref="LayoutBook"/>, <see cref="RateHold"/>, a pod's memory
/// (<see cref="IPodMemory"/>). A pod's <see cref="PodRegions"/> are outside of its memory, and inside of nothing but <see cref="RestPods"/>: the layout only
/// reads what they publish. <see cref="QueuePool"/> takes <see cref="ReaderLeases"/> alone. <see cref="ReaderLeases"/>, <see cref="PoolQuota"/>
/// and <see cref="Heartbeats"/> are leaves: nothing is taken inside of them. No lock is held across an await, and none while a peer is written to or connected.
/// </remarks>
public sealed class HostAgent : IAsyncDisposable
{
    private readonly HostState _state;
    private readonly ControlListener _listener;
    private readonly RestPods? _rest;
    private readonly RestServer? _server;
    private readonly HostClock _clock;
    private readonly PosixSignalRegistration _leaseSignal;
    private readonly string _noQueues;
    private int _stopped;

    private HostAgent(
        HostState state, string path, Socket socket, RestPods? rest, RestServer? server, VerbsState rdma, string noQueues, PosixSignalRegistration leaseSignal)
    {
        (_state, SocketPath, _rest, _server, Rdma, _noQueues, _leaseSignal) = (state, path, rest, server, rdma, noQueues, leaseSignal);
        _listener = new(state, socket);
        _clock = new(state, _listener, rest);
        NodePods = new NodePodBook(state);
        state.Metrics.Watch(() => Stats);
        if (state.Rdma is { } device)
            state.Metrics.Watch(device);
    }

    /// <summary>Where node sources put their pods.</summary>
    public INodePods NodePods { get; }

    /// <summary>The layout.</summary>
    public LayoutBook Layout => _state.Book;

    /// <summary>The socket's path.</summary>
    public string SocketPath { get; }

    /// <summary>Where REST listens; null when it does not.</summary>
    public IPEndPoint? RestEndpoint => _server?.Endpoint;

    /// <summary>What this machine has of RDMA.</summary>
    public VerbsState Rdma { get; }

    /// <summary>Queue pairs that it serves.</summary>
    public int RdmaQueues => _state.Rdma?.Queues.Count ?? 0;

    /// <summary>The figures now.</summary>
    public HostStats Stats
    {
        get
        {
            _state.Book.Count(out var socket, out var rest, out var node, out var slots);
            return new(socket, rest, node, slots, _state.Quota.Bytes, _state.Readers.Count, _state.Retirement.Count, _listener.Count,
                _state.Metrics.RefusedInAll, _state.Book.Generation);
        }
    }

    internal HostState State => _state;

    internal RestPods? Rest => _rest;

    /// <summary>Starts an agent.</summary>
    /// <exception cref="HostStartException">It cannot start; the message is one line for people.</exception>
    public static Task<HostAgent> StartAsync(HostOptions options, ILoggerFactory loggers, CancellationToken cancellation = default) =>
        StartServingAsync(options, loggers, HostDevice.Serve, cancellation);

    /// <summary>Opens what serves RDMA; null, with the reason, when nothing does.</summary>
    internal delegate HostRdma? RdmaOpener(HostState state, VerbsState found, out string reason);

    /// <summary>Starts an agent whose regions and queue pairs a test may make itself.</summary>
    internal static async Task<HostAgent> StartServingAsync(HostOptions options, ILoggerFactory loggers, RdmaOpener open, CancellationToken cancellation)
    {
        var token = options.EffectiveToken();
        options.Validate(token);
        var state = new HostState(options, token, loggers.CreateLogger("MicroView.Host"));
        var path = options.SocketPath ?? AgentAddress.ForAgent();
        var rdma = VerbsLibrary.Probe();
        var socket = SocketPlace.Bind(path);
        var leaseSignal = IgnoreLeaseBreaks(); // adoption takes leases already
        RestPods? rest = null;
        RestServer? server = null;
        try
        {
            state.Rdma = open(state, rdma, out var noQueues);
            if (state.Rdma is null)
                state.Book.HeartbeatMs = (int)PageFormat.LocalHeartbeatPeriod.TotalMilliseconds;
            if (options.RestEnabled)
            {
                rest = new(state, new(options.StateFolder ?? Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "rest")));
                var (adopted, removed) = rest.Adopt(); // before anyone can ask for a pod of the same name
                if (adopted + removed > 0)
                    state.Log.Adopted(adopted, removed);
                server = new(state, rest, rdma);
                await server.StartAsync(cancellation).ConfigureAwait(false);
            }
            var agent = new HostAgent(state, path, socket, rest, server, rdma, noQueues, leaseSignal);
            agent.Start();
            return agent;
        }
        catch
        {
            if (server is not null)
                await server.DisposeAsync().ConfigureAwait(false);
            rest?.Stop();
            state.Retirement.ReleaseAll();
            state.Rdma?.Dispose();
            socket.Dispose();
            state.Exits.Dispose();
            leaseSignal.Dispose();
            throw;
        }
    }

    /// <summary>Starts node sources that put their pods into this agent, and shows what they cost in its self-metrics. Dispose them before the agent.</summary>
    /// <exception cref="ArgumentException">An option is wrong; the message says which.</exception>
    public NodeSources Watch(NodeSourceOptions options, ILogger log)
    {
        var sources = NodeSources.Start(NodePods, options, log);
        _state.Metrics.Watch(() => sources.Statistics);
        return sources;
    }

    /// <summary>Starts scraping other endpoints into pods of this agent. Dispose it before the agent.</summary>
    /// <exception cref="ArgumentException">An option is wrong; the message says which.</exception>
    public ScrapeIn Scrape(ScrapeInOptions options, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(log);
        return ScrapeIn.Start((IGrowingPods)NodePods, options, new(_state.Metrics.Self), log);
    }

    /// <summary>Ends every session, removes the socket and every segment that nobody holds.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
            return;
        if (_server is not null)
            await _server.DisposeAsync().ConfigureAwait(false);
        await _listener.DisposeAsync().ConfigureAwait(false);
        _clock.Dispose();
        _rest?.Stop();
        foreach (var pod in _state.Book.Snapshot())
            _state.Retirement.Retire(pod);
        _state.Retirement.ReleaseAll();
        _state.Rdma?.Dispose();
        _state.Exits.Dispose();
        _leaseSignal.Dispose();
    }

    private void Start()
    {
        _listener.Start();
        _clock.Start();
        _state.Log.Listening(SocketPath, RestEndpoint is { } rest ? $" and {(_state.Options.Certificate is null ? "http" : "https")}://{rest}" : "");
        if (_state.Rdma is null && _noQueues.Length > 0)
            _state.Log.NoQueues(_noQueues);
    }

    /// <summary>
    /// A client that opens its segment while the agent probes it breaks the probe's lease: the kernel sends SIGIO, whose default is
    /// to end the process.
    /// </summary>
    private static PosixSignalRegistration IgnoreLeaseBreaks()
    {
        const int sigio = 29; // on x86-64 and arm64
        return PosixSignalRegistration.Create((PosixSignal)sigio, context => context.Cancel = true);
    }
}
