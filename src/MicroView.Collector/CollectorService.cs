using Microsoft.Extensions.Logging;
using MicroView.Export;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>The collector cannot start; the message is one line for people.</summary>
public sealed class CollectorStartException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// A running collector: follows the agent's layout, reads pods on its LMAPs, detects, raises alarms, and exposes everything to
/// Prometheus. Thread-safe.
/// </summary>
public sealed class CollectorService : IAsyncDisposable
{
    private readonly CollectorOptions _options;
    private readonly ILogger _logger;
    private readonly LmapRunner[] _runners;
    private readonly Lmap[] _lmaps;
    private readonly AlarmFeed _alarms;
    private readonly LayoutFollower _follower;
    private readonly CollectorWiring _wiring;
    private readonly AccessGate _gate;
    private readonly TraceRates _traceRates = new();
    private readonly ActionRuntime _actions;
    private readonly LayoutSession _session;
    private readonly Recorder? _recorder;
    private readonly DecisionLog? _decisions;
    private readonly RowFiles? _rows;
    private readonly ExpositionDocument _document = new();
    private readonly PodSeriesFactory _series;
    private readonly SampleExport? _samples;
    private readonly StatisticsLog _statistics;
    private readonly LivePage _page;
    private readonly CancellationTokenSource _stop = new();
    private MetricsEndpoint? _endpoint;
    private bool _started;
    private int _disposed;

    private CollectorService(CollectorOptions options, CollectorWiring wiring, CollectorFiles files, AccessGate gate, ILoggerFactory loggers, ILogger logger)
    {
        (_options, _wiring, _gate, _logger) = (options, wiring, gate, logger);
        (_recorder, _decisions, _rows) = (files.Recorder, files.Decisions, files.Rows);
        _runners = [.. Enumerable.Range(0, options.Lmaps).Select(i => wiring.CreateRunner(CreateLmap(i), options, logger))];
        _lmaps = [.. _runners.Select(runner => runner.Lmap)];
        _alarms = new AlarmFeed(loggers.CreateLogger("MicroView.Collector.Alarms"), options.IsReplay); // apart: a screen shows alarms by itself
        _series = new PodSeriesFactory(_document);
        var starts = new PodStarts(options.Analysis, options.Models, options.WarmStart, logger);
        _follower = new LayoutFollower(_runners, wiring.Transport, options.Analysis, starts, _series, _alarms, wiring.Clock, _recorder, logger);
        var rates = new RateKeeper(_traceRates, AllPods, logger);
        if (options.TraceRate is { } rate)
            SetTraceRate(null, rate);
        _session = wiring.CreateSession(_follower, _runners, rates, logger);
        foreach (var lmap in _lmaps)
            (lmap.AlarmChanged, lmap.LayoutMoved) = (_alarms.Post, _session.Hurry);
        _actions = new ActionRuntime(options, _runners, _traceRates, _alarms, _document, gate, () => EndpointPlaces.Reachable(Endpoint), WhyNotReady, wiring.Clock, loggers);
        CollectorSelfMetrics.Join(_document, this, _lmaps, rates);
        if (wiring.Verbs is { } verbs)
            RdmaSelfMetrics.Join(_document, verbs);
        FileSelfMetrics.Join(_document, _recorder, _decisions);
        _samples = options.Samples is { } samples ? new SampleExport(samples, options.ScrapeInterval, _document, _series.FollowAlarms, wiring.Clock, logger) : null;
        _statistics = new StatisticsLog(_lmaps, options.StatisticsFolder, options.StatisticsPeriod, options.Debug ? new DebugValues(AllPods, logger) : null, logger);
        _page = new LivePage(
            new LiveSource(_runners, wiring.Clock, () => Agent, () => Generation, () => (AlarmsOpened, AlarmEventsDropped), options.ScrapeInterval),
            new EndpointAccess(options.Access, gate, options.PrometheusPort ?? 0, options.Actions.Alerts.ExternalUrl?.IdnHost), logger);
        _alarms.Changed += _page.Feed.Take;
    }

    /// <summary>
    /// An alarm opened or closed. Called on a task of its own, one event after the other; a subscriber that is slow costs events, which
    /// are counted.
    /// </summary>
    public event Action<AlarmEvent>? AlarmChanged
    {
        add => _alarms.Changed += value;
        remove => _alarms.Changed -= value;
    }

    /// <summary>Where Prometheus scrapes; null: nowhere.</summary>
    public Uri? Endpoint => _endpoint?.Address;

    /// <summary>Where services ask for their sampling rate as Jaeger's clients do; null: nowhere.</summary>
    public Uri? JaegerEndpoint => _actions.JaegerAddress;

    /// <summary>Where KEDA asks its external scaler; null: nowhere.</summary>
    public Uri? KedaEndpoint => _actions.KedaAddress;

    /// <summary>The options as they are in force: a recording decides some of them.</summary>
    public CollectorOptions Options => _options;

    /// <summary>Ends when the recording does, with a <see cref="RecordingException"/> where that is damaged; null when an agent's pods are read.</summary>
    public Task<ReplaySummary>? Replay => (_session as ReplaySession)?.End;

    /// <summary>Begins a replay, which stands at its start until then, so that a subscriber misses nothing; harmless otherwise.</summary>
    public void BeginReplay() => (_session as ReplaySession)?.Begin();

    /// <summary>Where it stands with its agent, or its recording.</summary>
    public ConnectionView Agent => _session.View;

    /// <summary>Layout generation in force.</summary>
    public ulong Generation => _follower.Generation;

    /// <summary>The pods as they are monitored now, with their rows.</summary>
    public IReadOnlyList<MonitoredPod> Pods => AllPods();

    /// <summary>Statistics of each LMAP.</summary>
    public IReadOnlyList<LmapStatistics> Statistics => [.. _lmaps.Select(lmap => lmap.Statistics)];

    /// <summary>The queue pairs as people are told of them, by LMAP; empty when pages are not read by RDMA.</summary>
    public IReadOnlyList<string> QueuePairs => _wiring.QueuePairs;

    /// <summary>
    /// Wants a trace sampling rate in the control word of a pod, or of every pod without one of its own. It is written within a scrape, and renewed for as long as it
    /// is wanted, where no other collector holds the pod's rate.
    /// </summary>
    /// <param name="pod">Its id; null: all pods.</param>
    /// <param name="rate">Probability, 0…1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is none.</exception>
    public void SetTraceRate(string? pod, double rate) => _traceRates.Want(pod, rate);

    /// <summary>Wants none any more: the agent puts its base rate back within 3 s.</summary>
    /// <param name="pod">Its id; null: the rate of all pods.</param>
    public void ClearTraceRate(string? pod) => _traceRates.Want(pod, null);

    /// <summary>Remote write; null: there is none.</summary>
    internal SampleExport? Samples => _samples;

    internal long AlarmsOpened => _alarms.Opened;

    internal long AlarmEventsDropped => _alarms.Dropped;

    internal long RejectedPods => _follower.RejectedPods;

    internal long JoinedPods => _follower.JoinedPods;

    internal long AgentSessions => _session.Sessions;

    /// <summary>Starts a collector; it runs until it is disposed.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="CollectorStartException">The endpoint's port is taken, there is no RDMA here, no agent answers, or it refuses the
    /// session: one line.</exception>
    public static Task<CollectorService> StartAsync(CollectorOptions options, ILoggerFactory loggers, CancellationToken cancellation = default) =>
        StartAsync(options, loggers, CollectorWiring.OpenDevice, cancellation);

    /// <summary>The same over another RDMA device than those of this machine.</summary>
    internal static async Task<CollectorService> StartAsync(
        CollectorOptions options, ILoggerFactory loggers, Func<CollectorOptions, RdmaAdapter> openDevice, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(loggers);
        options.Validate();
        var logger = loggers.CreateLogger("MicroView.Collector");
        SampleExport.Check(options.Samples, logger);
        var gate = AccessGate.Open(options.Access, logger);
        var wiring = CollectorWiring.Create(options, openDevice, logger);
        options = wiring.Adjust(options);
        CollectorService collector;
        try
        {
            collector = new CollectorService(options, wiring, CollectorFiles.Create(options, wiring.Clock, logger), gate, loggers, logger);
        }
        catch
        {
            wiring.Dispose();
            throw;
        }
        try
        {
            await collector.StartAsync(cancellation).ConfigureAwait(false);
            return collector;
        }
        catch
        {
            await collector.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The collector now, for a screen.</summary>
    public CollectorSnapshot Snapshot() => CollectorSnapshots.Take(this, _runners, _wiring.Clock);

    /// <summary>Ends the session, stops the LMAPs, writes the statistics and gives all memory back.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        _statistics.Dispose();
        await _page.CloseAsync().ConfigureAwait(false); // its streams have no end of their own
        if (_endpoint is not null)
            await _endpoint.DisposeAsync().ConfigureAwait(false);
        await _actions.DisposeAsync().ConfigureAwait(false);
        await _session.DisposeAsync().ConfigureAwait(false); // before the LMAPs: it waits for what it has posted to them
        foreach (var runner in _runners)
            runner.Dispose();
        if (_samples is not null)
            await _samples.DisposeAsync().ConfigureAwait(false); // no row is written any more, and the pods' series are still there
        _recorder?.Dispose();
        _decisions?.Dispose();
        _rows?.Dispose();
        await _wiring.LeaveAsync().ConfigureAwait(false); // nothing is read any more
        _follower.Dispose();
        _wiring.Dispose();
        await _alarms.DisposeAsync().ConfigureAwait(false);
        await _page.DisposeAsync().ConfigureAwait(false);
        if (_started)
        {
            _statistics.Report();
            _statistics.Write();
        }
        _stop.Dispose();
    }

    private async Task StartAsync(CancellationToken cancellation)
    {
        if (_options.PrometheusPort is { } port)
            _endpoint = await MetricsEndpoint.StartAsync(
                new(_document, PrepareScrape), _options.Access, _gate, port, WhyNotReady, _page, cancellation).ConfigureAwait(false);
        if (_endpoint is not null)
            _page.Start();
        _alarms.Start();
        _recorder?.Start();
        _decisions?.Start();
        _samples?.Start();
        foreach (var runner in _runners)
            runner.Start();
        _session.Start();
        await _actions.StartAsync(cancellation).ConfigureAwait(false);
        _started = true;
        _statistics.Start();
        if (_options.AgentWait == Timeout.InfiniteTimeSpan)
            return;
        try
        {
            await _session.FirstLayout.WaitAsync(_options.AgentWait, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException error)
        {
            throw new CollectorStartException(Agent.Problem ?? "no agent answers", error);
        }
        catch (SessionRefusedException error)
        {
            throw new CollectorStartException(error.Message, error);
        }
    }

    private void PrepareScrape()
    {
        _series.FollowAlarms();
        _actions.PrepareScrape();
    }

    private Lmap CreateLmap(int index) => new(index, LmapOptionsOf(_options), _wiring.Transport, _logger)
    {
        Clock = _wiring.Clock, KeepsHistory = _options.PrometheusPort is not null, Recorder = _recorder?.Of(index), Decisions = _decisions?.Of(index), Rows = _rows,
    };

    internal static LmapOptions LmapOptionsOf(CollectorOptions options) => new(options.Tick!.Value.Ticks * 100, options.ScrapeInterval.Ticks * 100);

    private IReadOnlyList<MonitoredPod> AllPods() => [.. _lmaps.SelectMany(lmap => lmap.Pods)];

    private string? WhyNotReady() =>
        !Agent.Connected ? $"no session with an agent: {Agent.Problem}"
        : Array.Find(_runners, runner => _wiring.Clock.NowNs - runner.Lmap.Statistics.LastLookNs > runner.SilenceLimitNs) is { } silent
            ? $"LMAP {silent.Lmap.Index} does not scrape"
            : null;
}
