using System.Diagnostics.Metrics;
using BenchmarkDotNet.Attributes;
using MicroView.Client;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace MicroView.Benchmarks;

/// <summary>
/// System.Diagnostics.Metrics with two string tags: nobody listens, our bridge, OpenTelemetry's SDK; and prometheus-net's own labels.
/// </summary>
[MemoryDiagnoser]
public class MeterPeerBenchmarks : IDisposable
{
    private readonly Meter _unheard = new("unheard"), _bridged = new("bridged"), _collected = new("collected");
    private readonly MicroViewClient _client = new(new() { Pod = "benchmarks", Attach = false });
    private readonly string _method = "GET", _route = "/orders/{id}";
    private readonly MeterBridge _bridge;
    private readonly MeterProvider _provider;
    private readonly Counter<double> _unheardCounter, _bridgedCounter, _collectedCounter;
    private readonly Prometheus.Counter _labelled;

    public MeterPeerBenchmarks()
    {
        _bridge = MeterBridge.Start(_client, new() { Filter = instrument => instrument.Meter == _bridged });
        _provider = Sdk.CreateMeterProviderBuilder().AddMeter(_collected.Name).AddReader(new BaseExportingMetricReader(new NoExporter())).Build();
        (_unheardCounter, _bridgedCounter, _collectedCounter) =
            (_unheard.CreateCounter<double>("r"), _bridged.CreateCounter<double>("r"), _collected.CreateCounter<double>("r"));
        _labelled = Prometheus.Metrics.WithCustomRegistry(Prometheus.Metrics.NewCustomRegistry()).CreateCounter("r", "Requests.", "method", "route");
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _bridge.Dispose();
        _provider.Dispose();
        _client.Dispose();
        _unheard.Dispose();
        _bridged.Dispose();
        _collected.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public void NoListener() => _unheardCounter.Add(1, new("method", _method), new("route", _route));

    [Benchmark(Baseline = true)]
    public void MicroViewBridge() => _bridgedCounter.Add(1, new("method", _method), new("route", _route));

    [Benchmark]
    public void OpenTelemetrySdk() => _collectedCounter.Add(1, new("method", _method), new("route", _route));

    [Benchmark]
    public void PrometheusNetWithLabels() => _labelled.WithLabels(_method, _route).Inc();

    /// <summary>A reader must exist, or the SDK aggregates nothing.</summary>
    private sealed class NoExporter : BaseExporter<global::OpenTelemetry.Metrics.Metric>
    {
        public override ExportResult Export(in Batch<global::OpenTelemetry.Metrics.Metric> batch) => ExportResult.Success;
    }
}

/// <summary>What <see cref="ClientUpdateBenchmarks"/> does to a gauge and a histogram, with prometheus-net.</summary>
[MemoryDiagnoser]
public class PrometheusNetUpdateBenchmarks
{
    private readonly Prometheus.Gauge _gauge;
    private readonly Prometheus.Histogram _histogram;

    public PrometheusNetUpdateBenchmarks()
    {
        var factory = Prometheus.Metrics.WithCustomRegistry(Prometheus.Metrics.NewCustomRegistry());
        _gauge = factory.CreateGauge("gauge", "");
        _histogram = factory.CreateHistogram("histogram", "", new Prometheus.HistogramConfiguration { Buckets = [.. Client.Histogram.DefaultBounds] });
    }

    [Benchmark]
    public void GaugeSet() => _gauge.Set(1);

    [Benchmark]
    public void HistogramObserve() => _histogram.Observe(0.3);
}
