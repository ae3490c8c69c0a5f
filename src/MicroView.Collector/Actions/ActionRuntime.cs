using Microsoft.Extensions.Logging;
using MicroView.Export;

namespace MicroView.Collector;

/// <summary>A collector's actions, composed: what watches applications, and what acts on them.</summary>
internal sealed class ActionRuntime : IAsyncDisposable
{
    private readonly ActionOptions _options;
    private readonly ApplicationWatch _watch;
    private readonly ApplicationSeries _series;
    private readonly AlarmFeed _alarms;
    private readonly AlertDispatch? _alerts;
    private readonly JaegerEndpoint? _jaeger;
    private readonly KedaScaler? _keda;
    private readonly List<ActionServer> _servers = [];
    private readonly AccessGate _gate;
    private readonly ILogger _logger;

    public ActionRuntime(
        CollectorOptions collector, IReadOnlyList<LmapRunner> runners, TraceRates rates, AlarmFeed alarms, ExpositionDocument document, AccessGate gate, Func<Uri?> endpoint, Func<string?> whyNotReady,
        CollectorClock clock, ILoggerFactory loggers)
    {
        var options = collector.Actions;
        (_options, _alarms, _gate) = (options, alarms, gate);
        var logger = _logger = loggers.CreateLogger("MicroView.Collector.Actions");
        _watch = new(runners, options, clock, logger);
        _series = new(document);
        if (options.WritesTraceRates)
            _watch.Looked += new TraceRateActuator(rates, logger).Apply;
        if (options.Alerts.Receivers.Count > 0)
        {
            _alerts = new(options.Alerts, AgentPlaces.NodeOf(collector), endpoint, clock, logger);
            _alerts.Join(document);
            _watch.Looked += _alerts.Observe;
        }
        if (options.Jaeger is not null)
        {
            _jaeger = new(_watch);
            new SelfMetrics(document).CounterFunc("microview_jaeger_requests_total", "Sampling rates that were asked for.", () => _jaeger.Requests);
        }
        if (options.Keda is not null)
        {
            _keda = new(_watch, whyNotReady);
            new SelfMetrics(document).GaugeFunc("microview_keda_streams", "Autoscalers that are told of alarms as they open and close.", () => _keda.Streams);
        }
    }

    /// <summary>Where sampling rates are asked for; null: nowhere.</summary>
    public Uri? JaegerAddress { get; private set; }

    /// <summary>Where KEDA asks; null: nowhere.</summary>
    public Uri? KedaAddress { get; private set; }

    /// <summary>Begins to act.</summary>
    /// <exception cref="CollectorStartException">A port that was asked for is taken; one line says so.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        if (!_options.IsActive)
            return;
        if (_options.Jaeger is { } jaeger)
            JaegerAddress = await ListenAsync(jaeger, _jaeger!.StartAsync(jaeger, _gate, cancellation), "services cannot ask for their sampling rate").ConfigureAwait(false);
        if (_options.Keda is { } keda)
            KedaAddress = await ListenAsync(keda, _keda!.StartAsync(keda, _gate, cancellation), "KEDA cannot ask").ConfigureAwait(false);
        _alarms.Changed += OnAlarm;
        _watch.Start();
        _alerts?.Start();
    }

    /// <summary>Before a scrape: shows applications as they are now.</summary>
    public void PrepareScrape() => _series.Follow(_watch.Look());

    /// <summary>Ends every action; the rates that were written are the agent's to put back.</summary>
    public async ValueTask DisposeAsync()
    {
        _keda?.Stop();
        foreach (var server in _servers)
            await server.DisposeAsync().ConfigureAwait(false);
        _alarms.Changed -= OnAlarm;
        _watch.Dispose();
        if (_alerts is not null)
            await _alerts.DisposeAsync().ConfigureAwait(false);
        _keda?.Dispose();
        _series.Dispose();
    }

    private async Task<Uri?> ListenAsync(ActionPlace place, Task<ActionServer> starting, string cost)
    {
        try
        {
            _servers.Add(await starting.ConfigureAwait(false));
            return _servers[^1].Address;
        }
        catch (CollectorStartException error) when (place.IsOptional)
        {
            _logger.LogWarning("{Cost}: {Problem}", char.ToUpperInvariant(cost[0]) + cost[1..], error.Message);
            return null;
        }
    }

    private void OnAlarm(AlarmEvent change) => _watch.Wake();
}
