using System.Diagnostics.Metrics;
using MicroView.Client;
using OpenTelemetry.Metrics;
using Prometheus;

namespace Busy;

/// <summary>
/// The metrics of the service: requests, their duration, and 31 counters and 31 gauges of which a request updates eight each. Each library is used as its own users do.
/// </summary>
internal abstract class ServiceMetrics
{
    public static readonly string[] Choices = ["none", "microview", "prometheus-net", "opentelemetry"];

    protected const int Count = 31;
    private const int PerRequest = 8;

    public static ServiceMetrics Create(string monitor, IServiceCollection services) => monitor switch
    {
        "microview" => new MicroViewMetrics(),
        "prometheus-net" => new PrometheusNetMetrics(),
        "opentelemetry" => new OpenTelemetryMetrics(services),
        _ => new NoMetrics(),
    };

    /// <summary>Adds the endpoint, where the library has one.</summary>
    public virtual void Map(WebApplication app)
    {
    }

    public void Request(int id, double seconds)
    {
        Finish(seconds);
        for (var i = 0; i < PerRequest; i++)
            Update((id + i) % Count, seconds);
    }

    protected abstract void Finish(double seconds);

    protected abstract void Update(int metric, double value);

    protected static string[] Names(string kind) => [.. Enumerable.Range(0, Count).Select(i => $"busy_{kind}_{i}")];
}

internal sealed class NoMetrics : ServiceMetrics
{
    protected override void Finish(double seconds)
    {
    }

    protected override void Update(int metric, double value)
    {
    }
}

internal sealed class MicroViewMetrics : ServiceMetrics
{
    private readonly MicroView.Client.Counter _requests;
    private readonly MicroView.Client.Histogram _durations;
    private readonly MicroView.Client.Counter[] _counters;
    private readonly MicroView.Client.Gauge[] _gauges;

    public MicroViewMetrics()
    {
        var client = new MicroViewClient(new() { Pod = "busy", Service = "busy" });
        (_requests, _durations) = (client.Counter("busy_requests_total"), client.Histogram("busy_duration_seconds"));
        (_counters, _gauges) = ([.. Names("items_total").Select(name => client.Counter(name))], [.. Names("level").Select(name => client.Gauge(name))]);
    }

    protected override void Finish(double seconds)
    {
        _requests.Add(1);
        _durations.Record(seconds);
    }

    protected override void Update(int metric, double value)
    {
        _counters[metric].Add(1);
        _gauges[metric].Set(value);
    }
}

internal sealed class PrometheusNetMetrics : ServiceMetrics
{
    // The service's own metrics alone, as with the other two: by default it also bridges the runtime's.
    static PrometheusNetMetrics() => Metrics.SuppressDefaultMetrics();

    private readonly Prometheus.Counter _requests = Metrics.CreateCounter("busy_requests_total", "Requests.");
    private readonly Prometheus.Histogram _durations = Metrics.CreateHistogram("busy_duration_seconds", "Duration.");
    private readonly Prometheus.Counter[] _counters = [.. Names("items_total").Select(name => Metrics.CreateCounter(name, "Items."))];
    private readonly Prometheus.Gauge[] _gauges = [.. Names("level").Select(name => Metrics.CreateGauge(name, "Level."))];

    public override void Map(WebApplication app) => app.MapMetrics();

    protected override void Finish(double seconds)
    {
        _requests.Inc();
        _durations.Observe(seconds);
    }

    protected override void Update(int metric, double value)
    {
        _counters[metric].Inc();
        _gauges[metric].Set(value);
    }
}

internal sealed class OpenTelemetryMetrics : ServiceMetrics
{
    private static readonly Meter s_meter = new("Busy");
    private readonly Counter<long> _requests = s_meter.CreateCounter<long>("busy_requests");
    private readonly Histogram<double> _durations = s_meter.CreateHistogram<double>("busy_duration", "s");
    private readonly Counter<long>[] _counters = [.. Names("items").Select(name => s_meter.CreateCounter<long>(name))];
    private readonly Gauge<double>[] _gauges = [.. Names("level").Select(name => s_meter.CreateGauge<double>(name))];

    // Without its cache, which would answer fast scrapes with old values.
    public OpenTelemetryMetrics(IServiceCollection services) =>
        services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter("Busy").AddPrometheusExporter(options => options.ScrapeResponseCacheDurationMilliseconds = 0));

    public override void Map(WebApplication app) => app.MapPrometheusScrapingEndpoint();

    protected override void Finish(double seconds)
    {
        _requests.Add(1);
        _durations.Record(seconds);
    }

    protected override void Update(int metric, double value)
    {
        _counters[metric].Add(1);
        _gauges[metric].Record(value);
    }
}
