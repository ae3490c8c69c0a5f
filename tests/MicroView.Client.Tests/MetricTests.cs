using CsCheck;
using MicroView.Protocol;

namespace MicroView.Client.Tests;

public sealed class MetricTests : IDisposable
{
    private readonly List<string> _log = [];
    private readonly MicroViewClient _client;

    public MetricTests() => _client = New(0);

    public void Dispose() => _client.Dispose();

    [Fact]
    public void The_same_name_and_labels_in_any_order_are_the_same_metric()
    {
        Assert.Same(_client.Counter("c", ("a", "1"), ("b", "2")), _client.Counter("c", ("b", "2"), ("a", "1")));
        Assert.NotSame(_client.Counter("c", ("a", "1")), _client.Counter("c", ("a", "2")));
        Assert.NotSame(_client.Counter("c", ("a", "1:b1:2")), _client.Counter("c", ("a", "1"), ("b", "2")));
        Assert.Equal(0, _client.InertMetrics);
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("line\nbreak")]
    [InlineData("tab\t")]
    public void A_bad_name_yields_an_inert_metric_told_once(string? name)
    {
        for (var i = 0; i < 3; i++)
        {
            var counter = _client.Counter(name!);
            counter.Add(1);
            Assert.True(counter.IsInert);
            _client.Histogram(name!, new MetricInfo { Bounds = [1, 2] }).Record(1);
        }
        Assert.Equal(6, _client.InertMetrics);
        Assert.Single(_log);
    }

    [Fact]
    public void Bad_labels_bounds_and_texts_yield_inert_metrics()
    {
        var many = Enumerable.Range(0, 33).Select(i => ($"l{i}", "v")).ToArray();
        Metric[] metrics =
        [
            _client.Counter("half\ud800"), _client.Counter("half\ud800\ufffd"), _client.Counter("c", many), _client.Counter("c", ("", "v")), _client.Counter("c", (null!, "v")), _client.Counter("c", ("a", null!)),
            _client.Counter("c", ("a", new string('x', 1025))), _client.Gauge(new string('n', 1_000_000)),
            _client.Gauge("g", new MetricInfo { Help = new string('h', 1025) }), _client.Gauge("g", new MetricInfo { Resolution = double.NaN }),
            _client.Histogram("h", new MetricInfo { Bounds = [2, 1] }), _client.Histogram("h", new MetricInfo { Bounds = [double.PositiveInfinity] }),
            _client.Histogram("h", new MetricInfo { Bounds = [.. Enumerable.Range(0, 100_000).Select(i => (double)i)] }),
        ];
        Assert.All(metrics, each => Assert.True(each.IsInert));
        Assert.Equal(metrics.Length, _client.InertMetrics);
    }

    [Fact]
    public void A_name_has_one_kind_until_its_last_metric_is_removed()
    {
        var counter = _client.Counter("x");
        Assert.True(_client.Gauge("x").IsInert);
        Assert.True(_client.Gauge("x", ("a", "b")).IsInert);
        Assert.True(_client.SingleWriterCounter("x").IsInert); // else plain adds would meet compare-and-swaps
        counter.Dispose();
        counter.Dispose();
        Assert.False(_client.Gauge("x").IsInert);
    }

    [Fact]
    public void A_counter_ignores_what_is_no_amount()
    {
        Assert.All([_client.Counter("a").Value, _client.SingleWriterCounter("b").Value], value => Assert.Equal(0, value));
        var (counter, single, gauge) = (_client.Counter("a"), _client.SingleWriterCounter("b"), _client.Gauge("g"));
        foreach (var amount in new[] { 1.5, -1, double.NaN, double.PositiveInfinity, double.NegativeInfinity, 2, -0.0, double.Epsilon })
        {
            counter.Add(amount);
            single.Add(amount);
            gauge.Add(amount);
        }
        Assert.Equal(3.5, counter.Value);
        Assert.Equal(3.5, single.Value);
        Assert.Equal(2.5, gauge.Value);
    }

    [Fact]
    public void A_single_writer_counter_counts_whole_and_broken_amounts_as_a_double_would() =>
        Gen.OneOf(Gen.Int[0, 1000].Select(i => (double)i), Gen.Double[0, 1e6], Gen.Const(4503599627370495.0), Gen.Const(9007199254740993.0)).Array[0, 50].Sample(amounts =>
        {
            using var client = New(1);
            var counter = client.SingleWriterCounter("c");
            foreach (var amount in amounts)
                counter.Add(amount);
            var exact = (double)amounts.Aggregate(0m, (sum, amount) => sum + (decimal)amount);
            Assert.Equal(exact, counter.Value, Math.Max(1e-6, exact * 1e-12));
        }, iter: 50);

    [Theory]
    [InlineData(2, 1)]
    [InlineData(2, 2)]
    [InlineData(4, 4)]
    [InlineData(8, 8)]
    [InlineData(8, 2)]
    public void No_add_of_many_threads_is_lost(int threads, int stripes)
    {
        const int rounds = 40_000;
        using var client = New(stripes);
        var (counter, neighbour) = (client.Counter("c"), client.Counter("n"));
        var gauge = client.Gauge("g");
        var histogram = client.Histogram("h", new MetricInfo { Bounds = [1, 2, 3] });
        var running = Enumerable.Range(0, threads).Select(thread => new Thread(() =>
        {
            for (var i = 0; i < rounds; i++)
            {
                counter.Increment();
                neighbour.Add(thread + 1);
                gauge.Add(i % 2 == 0 ? 2 : -1);
                histogram.Record(i % 4 + 0.5);
            }
        })).ToList();
        running.ForEach(each => each.Start());
        running.ForEach(each => each.Join());
        Assert.Equal(threads * rounds, counter.Value);
        Assert.Equal(rounds * threads * (threads + 1) / 2, neighbour.Value);
        Assert.Equal(threads * rounds / 2, gauge.Value);
        Assert.Equal(threads * rounds, histogram.Count);
        Assert.All(Enumerable.Range(0, 4), bucket => Assert.Equal(threads * rounds / 4, histogram.CountIn(bucket)));
        Assert.Equal(threads * rounds * 2.0, histogram.Sum);
    }

    [Fact]
    public void A_histograms_bucket_is_the_first_whose_bound_is_not_below_the_value() =>
        Gen.Select(Gen.Double[-1e3, 1e3].Array[0, 90], Gen.Double[-1.1e3, 1.1e3], Gen.Int[0, 200]).Sample((bounds, value, pick) =>
        {
            double[] rising = [.. bounds.Distinct().Order()];
            var sought = pick < rising.Length ? rising[pick] : value; // often exactly a bound
            var expected = Array.FindIndex(rising, bound => sought <= bound);
            Assert.Equal(expected < 0 ? rising.Length : expected, new BucketBounds(rising).Find(sought));
        });

    [Fact]
    public void A_histogram_ignores_what_is_not_finite()
    {
        var histogram = _client.Histogram("h");
        histogram.Record(double.NaN);
        histogram.Record(double.PositiveInfinity);
        histogram.Record(0.02);
        Assert.Equal((1.0, 0.02), (histogram.Count, histogram.Sum));
        Assert.Equal(0, histogram.CountIn(-1) + histogram.CountIn(99));
    }

    [Fact]
    public void A_family_finds_the_same_child_and_takes_bad_numbers_of_values()
    {
        var family = _client.Counters("requests", null, "method", "code");
        family.WithLabels("GET", "200").Add(2);
        Assert.Same(family.WithLabels("GET", "200"), family.WithLabels(new string("GET"), new string("200")));
        Assert.Same(family.WithLabels("GET", "200"), _client.Counter("requests", ("method", "GET"), ("code", "200")));
        Assert.NotSame(family.WithLabels("GET", "200"), family.WithLabels("200", "GET"));
        Assert.True(family.WithLabels("a", "b", "c").IsInert);
        Assert.True(family.WithLabels(null!, "b").IsInert);
        Assert.True(family.WithLabels((string[])null!).IsInert);
        family.WithLabels("GET", "200").Dispose();
        Assert.Equal(0, family.WithLabels("GET", "200").Value); // a removed child is made anew
    }

    [Fact]
    public void Use_after_dispose_is_harmless()
    {
        var client = New(2);
        var (counter, gauge, histogram) = (client.Counter("c"), client.Gauge("g"), client.Histogram("h"));
        client.Dispose();
        client.Dispose();
        counter.Increment();
        gauge.Set(1);
        histogram.Record(1);
        client.Counter("later").Increment();
        Assert.Equal((1.0, 1.0, 1.0), (counter.Value, gauge.Value, histogram.Count));
        counter.Dispose();
    }

    [Fact]
    public void A_metric_outlives_a_forgotten_client()
    {
        var counter = Forget();
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            counter.Increment();
        }
        Assert.Equal(3, counter.Value);

        static Counter Forget() => new MicroViewClient(new() { Attach = false }).Counter("c");
    }

    [Fact]
    public void Updates_allocate_nothing()
    {
        var (counter, single, gauge, histogram) = (_client.Counter("c"), _client.SingleWriterCounter("s"), _client.Gauge("g"), _client.Histogram("h"));
        var family = _client.Counters("f", null, "a", "b");
        family.WithLabels("x", "y").Increment();
        counter.Increment();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
        {
            counter.Add(i);
            single.Add(i);
            gauge.Set(i);
            gauge.Add(1);
            histogram.Record(i);
            family.WithLabels("x", "y").Increment();
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Options_out_of_range_are_rounded_not_thrown()
    {
        foreach (var (capacity, stripes) in new[] { (0, -1), (5000, 3), (int.MaxValue, 99), (12_289, 8) })
        {
            using var client = new MicroViewClient(new() { Attach = false, Capacity = capacity, Stripes = stripes, Pod = "a pod # with \n everything" });
            Assert.True(SlotGeometry.IsValid(client.Slots.Geometry.Capacity, client.Slots.Geometry.Stripes, out var problem), problem);
            Assert.Null(NameRules.CheckPod(client.Pod));
        }
    }

    /// <summary>A model of the whole: registrations, removals and updates, against a dictionary.</summary>
    [Fact]
    public void Registrations_removals_and_updates_agree_with_a_dictionary() =>
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 3], Gen.Int[0, 100]).Array[0, 120].Sample(steps =>
        {
            using var client = New(2);
            var model = new Dictionary<string, double>();
            foreach (var (name, action, amount) in steps)
            {
                var gauge = client.Gauge($"g{name}");
                model.TryAdd($"g{name}", 0);
                if (action == 0)
                    model[$"g{name}"] = Set(gauge, amount);
                else if (action == 3)
                {
                    gauge.Dispose();
                    model.Remove($"g{name}");
                }
                else
                {
                    gauge.Add(amount);
                    model[$"g{name}"] += amount;
                }
            }
            foreach (var (name, value) in model)
                Assert.Equal(value, client.Gauge(name).Value);
            Assert.Equal(0, client.InertMetrics);
        }, iter: 100);

    private static double Set(Gauge gauge, double value)
    {
        gauge.Set(value);
        return value;
    }

    private MicroViewClient New(int stripes) => new(new() { Attach = false, Stripes = stripes, Log = _log.Add });
}
