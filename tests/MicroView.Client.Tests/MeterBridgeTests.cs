using System.Diagnostics.Metrics;

namespace MicroView.Client.Tests;

public sealed class MeterBridgeTests : IDisposable
{
    private readonly List<string> _log = [];
    private readonly string _path = TestAgent.NewPath();
    private readonly MicroViewClient _client;
    private readonly Meter _meter = new("test." + Guid.NewGuid());
    private readonly MeterBridge _bridge;

    public MeterBridgeTests()
    {
        _client = new(new() { SocketPath = _path, Pod = "pod", RetryMs = 20, Log = Log });
        _bridge = MeterBridge.Start(_client, new() { Filter = instrument => instrument.Meter.Name == _meter.Name, MaxLabelSets = 10 });
    }

    public void Dispose()
    {
        _bridge.Dispose();
        _meter.Dispose();
        _client.Dispose();
        Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);
    }

    [Fact]
    public void Every_instrument_of_every_number_type_arrives()
    {
        _meter.CreateCounter<byte>("c.byte").Add(200);
        _meter.CreateCounter<short>("c.short").Add(300);
        _meter.CreateCounter<int>("c.int").Add(70_000);
        _meter.CreateCounter<long>("c.long").Add(5_000_000_000);
        _meter.CreateCounter<float>("c.float").Add(0.5f);
        _meter.CreateCounter<double>("c.double").Add(0.25);
        _meter.CreateCounter<decimal>("c.decimal").Add(1.5m);
        Assert.Equal([200, 300, 70_000, 5e9, 0.5, 0.25, 1.5], new[] { "byte", "short", "int", "long", "float", "double", "decimal" }.Select(type => _client.Counter("c." + type).Value));
        var upDown = _meter.CreateUpDownCounter<int>("active");
        upDown.Add(5);
        upDown.Add(-2);
        Assert.Equal(3, _client.Gauge("active").Value);
        _meter.CreateGauge<int>("level").Record(-7);
        Assert.Equal(-7, _client.Gauge("level").Value);
        _meter.CreateHistogram<int>("size", "By").Record(30);
        Assert.Equal(InstrumentKinds.PlainBounds, _client.Histogram("size").Bounds);
        Assert.Equal(1, _client.Histogram("size").CountIn(4));
        _meter.CreateHistogram<double>("time", "s").Record(0.03);
        Assert.Equal(Histogram.DefaultBounds, _client.Histogram("time").Bounds);
        _meter.CreateHistogram<long>("advised", "s", "", null, new InstrumentAdvice<long> { HistogramBucketBoundaries = [1, 2] }).Record(2);
        Assert.Equal([1.0, 2.0], _client.Histogram("advised").Bounds);
        Assert.Equal(0, _client.InertMetrics);
    }

    [Fact]
    public void Observables_are_polled_on_a_thread_of_their_own()
    {
        var threads = new HashSet<int>();
        _meter.CreateObservableCounter("total", () => Seen(threads, 41L));
        _meter.CreateObservableUpDownCounter("balance", () => Seen(threads, -3));
        _meter.CreateObservableGauge("per.zone", () => new[] { new Measurement<double>(1.5, new KeyValuePair<string, object?>("zone", "a")), new(2.5, new KeyValuePair<string, object?>("zone", "b")) });
        _meter.CreateObservableGauge("broken", new Func<int>(() => throw new InvalidOperationException("sensor is off")));
        using var agent = new TestAgent(_path);
        TestAgent.Eventually(() => agent.Last?.Value("total") == 41 && agent.Last.Value("balance") == -3 && agent.Last.SlotOf("per.zone") >= 0, "values arrive");
        Assert.Equal(Protocol.MetricType.Counter, agent.Last!.Descriptors[agent.Last.SlotOf("total")].Type);
        Assert.Equal(2.5, _client.Gauge("per.zone", ("zone", "b")).Value);
        Assert.DoesNotContain(Environment.CurrentManagedThreadId, threads);
        TestAgent.Eventually(() => Said("sensor is off"), "the broken one is told");
    }

    [Fact]
    public void Tags_become_labels_whatever_their_order_and_kind()
    {
        var counter = _meter.CreateCounter<int>("c");
        counter.Add(1, new("method", "GET"), new("code", 200));
        counter.Add(1, new("code", 200), new("method", new string("GET")));
        counter.Add(1, new("method", "GET"), new("code", "200"));
        counter.Add(1, new("ok", true), new("none", null), new("share", 0.5), new("kind", DayOfWeek.Friday));
        counter.Add(1, new KeyValuePair<string, object?>("id", new Uri("http://x/")));
        Assert.Equal(3, _client.Counter("c", ("code", "200"), ("method", "GET")).Value);
        Assert.Equal(1, _client.Counter("c", ("ok", "true"), ("none", ""), ("share", "0.5"), ("kind", "Friday")).Value);
        Assert.Equal(1, _client.Counter("c", ("id", "http://x/")).Value);
    }

    [Fact]
    public void Label_sets_beyond_the_cap_go_to_one_overflow_series()
    {
        var counter = _meter.CreateCounter<int>("c");
        for (var i = 0; i < 1000; i++)
            counter.Add(1, new KeyValuePair<string, object?>("user", $"user-{i}"));
        Assert.Equal(990, _client.Counter("c", ("otel_metric_overflow", "true")).Value);
        Assert.Equal(990, _bridge.OverflowedMeasurements);
        Assert.Equal(1, _client.Counter("c", ("user", "user-9")).Value);
        counter.Add(1, new KeyValuePair<string, object?>("user", "user-9"));
        Assert.Equal(2, _client.Counter("c", ("user", "user-9")).Value); // the known ones go on
    }

    [Fact]
    public void Bad_measurements_and_tags_never_reach_the_caller()
    {
        var counter = _meter.CreateCounter<double>("c");
        counter.Add(double.NaN);
        counter.Add(-5);
        counter.Add(1, new KeyValuePair<string, object?>("bad", new Thrower()));
        counter.Add(1, new KeyValuePair<string, object?>("", "empty name"));
        counter.Add(1, [.. Enumerable.Range(0, 40).Select(i => new KeyValuePair<string, object?>($"t{i}", i))]);
        counter.Add(1, new KeyValuePair<string, object?>("long", new string('\u20ac', 5000)));
        Assert.Equal(0, _client.Counter("c").Value);
        Assert.True(Said("lost"));
        Assert.Equal(2, _client.InertMetrics); // the empty name and the forty tags; the long value was cut
        _meter.CreateCounter<int>("late").Add(3);
        Assert.Equal(3, _client.Counter("late").Value);
    }

    [Fact]
    public void The_series_of_a_disposed_meter_end()
    {
        using var meter = new Meter(_meter.Name);
        meter.CreateCounter<int>("gone").Add(1);
        var series = _client.Counter("gone");
        meter.Dispose();
        Assert.True(series.IsInert);
    }

    [Fact]
    public void Two_meters_of_one_name_share_a_series_until_the_last_is_disposed()
    {
        using var first = new Meter(_meter.Name);
        using var second = new Meter(_meter.Name);
        first.CreateCounter<int>("shared").Add(1);
        var counter = second.CreateCounter<int>("shared");
        counter.Add(1);
        first.Dispose();
        counter.Add(1);
        Assert.Equal(3, _client.Counter("shared").Value);
        Assert.False(_client.Counter("shared").IsInert);
    }

    [Fact]
    public void Measuring_tags_seen_before_allocates_nothing_and_loses_nothing_on_many_threads()
    {
        var counter = _meter.CreateCounter<long>("c");
        var histogram = _meter.CreateHistogram<double>("h");
        long allocated = 0;
        var threads = Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (var i = 0; i < 100; i++)
                Measure(i);
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 20_000; i++)
                Measure(i);
            Interlocked.Add(ref allocated, GC.GetAllocatedBytesForCurrentThread() - before);
        })).ToList();
        threads.ForEach(each => each.Start());
        threads.ForEach(each => each.Join());
        Assert.Equal(0, allocated);
        Assert.Equal(4 * 20_100, Enumerable.Range(0, 5).Sum(i => _client.Counter("c", ("a", "x"), ("b", Values[i])).Value));
        Assert.Equal(4 * 20_100, _client.Histogram("h", ("a", "x")).Count);

        void Measure(int i)
        {
            counter.Add(1, new("a", "x"), new("b", Values[i % 5]));
            histogram.Record(i, new KeyValuePair<string, object?>("a", "x"));
        }
    }

    private static readonly string[] Values = ["/", "/orders/{id}", "/orders/{id}/lines", "x", ""];

    private static T Seen<T>(HashSet<int> threads, T value)
    {
        threads.Add(Environment.CurrentManagedThreadId);
        return value;
    }

    private void Log(string line)
    {
        lock (_log)
            _log.Add(line);
    }

    private bool Said(string text)
    {
        lock (_log)
            return _log.Any(line => line.Contains(text, StringComparison.Ordinal));
    }

    private sealed class Thrower
    {
        public override string ToString() => throw new InvalidOperationException("no");
    }
}
