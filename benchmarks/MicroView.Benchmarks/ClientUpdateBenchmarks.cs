using System.Diagnostics.Metrics;
using BenchmarkDotNet.Attributes;
using MicroView.Client;

namespace MicroView.Benchmarks;

/// <summary>One update each, beside the bare store and prometheus-net, with no agent attached.</summary>
[MemoryDiagnoser]
public class ClientUpdateBenchmarks : IDisposable
{
    private readonly double[] _floor = new double[8];
    private readonly MicroViewClient _client = new(new() { Attach = false });
    private readonly Meter _meter = new("benchmarks");
    private readonly string _method = "GET", _route = "/orders/{id}";
    private Gauge _gauge = null!;
    private SingleWriterCounter _single = null!;
    private Counter _counter = null!;
    private Histogram _histogram = null!;
    private MetricFamily<Counter> _family = null!;
    private Counter<long> _instrument = null!;
    private MeterBridge _bridge = null!;
    private Prometheus.Counter _theirs = null!;

    [GlobalSetup]
    public void Setup()
    {
        _gauge = _client.Gauge("gauge");
        _single = _client.SingleWriterCounter("single");
        _counter = _client.Counter("counter");
        _histogram = _client.Histogram("histogram");
        _family = _client.Counters("family", null, "method", "route");
        _instrument = _meter.CreateCounter<long>("bridged");
        _bridge = MeterBridge.Start(_client, new() { Filter = instrument => instrument.Meter == _meter });
        _theirs = Prometheus.Metrics.WithCustomRegistry(Prometheus.Metrics.NewCustomRegistry()).CreateCounter("theirs", "");
    }

    [Benchmark(Baseline = true)]
    public void FloorStore() => Volatile.Write(ref _floor[0], 1);

    [Benchmark]
    public void GaugeSet() => _gauge.Set(1);

    [Benchmark]
    public void CounterSingleWriter() => _single.Add(1);

    [Benchmark]
    public void CounterAdd() => _counter.Add(1);

    [Benchmark]
    public void HistogramRecord() => _histogram.Record(0.3);

    [Benchmark]
    public void FamilyWithLabelsAdd() => _family.WithLabels(_method, _route).Add(1);

    [Benchmark]
    public void MeterBridgeAddTwoTags() => _instrument.Add(1, new("method", _method), new("route", _route));

    [Benchmark]
    public void PrometheusNetCounterInc() => _theirs.Inc();

    [GlobalCleanup]
    public void Dispose()
    {
        _bridge?.Dispose();
        _meter.Dispose();
        _client.Dispose();
        GC.SuppressFinalize(this);
    }
}
