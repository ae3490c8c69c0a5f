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

    public ActionRuntime(
        CollectorOptions collector, IReadOnlyList<LmapRunner> runners, TraceRates rates, AlarmFeed alarms, ExpositionDocument document, Func<Uri?> endpoint, CollectorClock clock,
        ILoggerFactory loggers)
    {
        var options = collector.Actions;
        (_options, _alarms) = (options, alarms);
        var logger = loggers.CreateLogger("MicroView.Collector.Actions");
        _watch = new(runners, options, clock, logger);
        _series = new(document);
        if (options.WritesTraceRates)
            _watch.Looked += new TraceRateActuator(rates, logger).Apply;
        if (options.Alerts.Receivers.Count == 0)
            return;
        _alerts = new(options.Alerts, AgentPlaces.NodeOf(collector), endpoint, clock, logger);
        _alerts.Join(document);
        _watch.Looked += _alerts.Observe;
    }

    /// <summary>Begins to act.</summary>
    public void Start()
    {
        if (!_options.IsActive)
            return;
        _alarms.Changed += OnAlarm;
        _watch.Start();
        _alerts?.Start();
    }

    /// <summary>Before a scrape: shows applications as they are now.</summary>
    public void PrepareScrape() => _series.Follow(_watch.Look());

    /// <summary>Ends every action; the rates that were written are the agent's to put back.</summary>
    public async ValueTask DisposeAsync()
    {
        _alarms.Changed -= OnAlarm;
        await _watch.DisposeAsync().ConfigureAwait(false);
        if (_alerts is not null)
            await _alerts.DisposeAsync().ConfigureAwait(false);
        _series.Dispose();
    }

    private void OnAlarm(AlarmEvent change) => _watch.Wake();
}
