using CsCheck;

namespace MicroView.Export.Tests;

public sealed class OpenMetricsWriterTests
{
    private static readonly DateTimeOffset s_made = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_125);

    [Fact]
    public void Every_type_is_written_as_the_specification_wants_it()
    {
        var document = new ExpositionDocument();
        Metric[] metrics =
        [
            new() { Name = "jobs_total", Type = MetricType.Counter, Slot = 0, Help = "Jobs \"done\" \\ all\nof them.", Created = s_made },
            new() { Name = "busy_seconds_total", Type = MetricType.Counter, Slot = 1, Unit = "seconds" },
            new() { Name = "load", Type = MetricType.Gauge, Slot = 2, Unit = "ratio", Help = "Load." },
            new() { Name = "odd", Type = MetricType.Untyped, Slot = 3 },
            new() { Name = "latency_seconds", Type = MetricType.Histogram, Unit = "seconds", Buckets = [new(0.5, 4), new(double.PositiveInfinity, 5)], SumSlot = 6 },
        ];
        document.Add([("pod", "a")], metrics, 7, new Row(17, 0.25, double.NaN, -1, 2, 3, 4.5));
        document.Add([("pod", "b")], [metrics[0]], 7, new Row(1e22, 0));

        Assert.Equal("""
            # TYPE busy_seconds counter
            # UNIT busy_seconds seconds
            busy_seconds_total{pod="a"} 0.25
            # TYPE jobs counter
            # HELP jobs Jobs \"done\" \\ all\nof them.
            jobs_total{pod="a"} 17
            jobs_created{pod="a"} 1700000000.125
            jobs_total{pod="b"} 1E+22
            jobs_created{pod="b"} 1700000000.125
            # TYPE latency_seconds histogram
            # UNIT latency_seconds seconds
            latency_seconds_bucket{pod="a",le="0.5"} 2
            latency_seconds_bucket{pod="a",le="+Inf"} 5
            latency_seconds_sum{pod="a"} 4.5
            latency_seconds_count{pod="a"} 5
            # TYPE load gauge
            # HELP load Load.
            load{pod="a"} NaN
            # TYPE odd unknown
            odd{pod="a"} -1
            # EOF

            """, Exposed.OpenMetrics(document));
    }

    [Fact]
    public void An_empty_document_is_its_end_alone() => Assert.Equal("# EOF\n", Exposed.OpenMetrics(new ExpositionDocument()));

    [Theory]
    [InlineData("jobs")]
    [InlineData("jobs_total_3")]
    [InlineData("_total")]
    public void A_counter_without_the_ending_keeps_its_name_and_says_no_type(string name)
    {
        var document = new ExpositionDocument();
        document.Add([], [Exposed.Counter(name, 0) with { Created = s_made }], 1, new Row(1));
        Assert.Equal($"# TYPE {name} unknown\n{name} 1\n# EOF\n", Exposed.OpenMetrics(document));
    }

    [Theory]
    [InlineData("jobs", "# TYPE jobs gauge\njobs 2\n# TYPE jobs_total unknown\njobs_total 1\n# EOF\n")]
    [InlineData("jobs_created", "# TYPE jobs_created gauge\njobs_created 2\n# TYPE jobs_total unknown\njobs_total 1\n# EOF\n")]
    public void A_counter_whose_short_name_is_another_familys_says_no_type(string gauge, string text)
    {
        var document = new ExpositionDocument();
        document.Add([], [Exposed.Counter("jobs_total", 0), Exposed.Gauge(gauge, 1)], 2, new Row(1, 2));
        Assert.Equal(text, Exposed.OpenMetrics(document));
    }

    [Fact]
    public void Of_two_counters_that_would_take_each_others_names_one_says_no_type()
    {
        var document = new ExpositionDocument();
        document.Add([], [Exposed.Counter("a_total", 0), Exposed.Counter("a_total_total", 1)], 2, new Row(1, 2));
        Assert.Equal("# TYPE a counter\na_total 1\n# TYPE a_total_total unknown\na_total_total 2\n# EOF\n", Exposed.OpenMetrics(document));
    }

    [Fact]
    public void When_a_counter_was_made_follows_its_value_whatever_its_length_and_goes_with_it()
    {
        var document = new ExpositionDocument();
        var row = new Row(1);
        var writer = new OpenMetricsWriter(document);
        document.Add([], [Exposed.Counter("c_total", 0) with { Created = s_made }], 1, row);
        foreach (var value in (double[])[1, 123456789012, 0.1, -2.2250738585072014E-308, 7])
        {
            row.Values = [value];
            var text = Exposed.Text(writer);
            Assert.Equal(value, double.Parse(Exposed.Samples(text)[0][8..], System.Globalization.CultureInfo.InvariantCulture));
            Assert.EndsWith("\nc_created 1700000000.125\n# EOF\n", text, StringComparison.Ordinal);
        }
        row.Values = null;
        Assert.Equal("# EOF\n", Exposed.Text(writer));
    }

    [Fact]
    public void Our_own_counters_say_since_when_they_count()
    {
        var document = new ExpositionDocument();
        var before = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1e3;
        new SelfMetrics(document) { Created = s_made }.CounterFunc("elsewhere_total", "E.", () => 3);
        new SelfMetrics(document).CounterFunc("unknown_total", "U.", () => 4);
        new SelfMetrics(document).Counter("own_total", "O.").Increment();
        var samples = Exposed.Samples(Exposed.OpenMetrics(document));
        Assert.Equal(["elsewhere_total 3", "elsewhere_created 1700000000.125", "own_total 1"], samples[..3]);
        Assert.InRange(double.Parse(samples[3]["own_created ".Length..], System.Globalization.CultureInfo.InvariantCulture), before, before + 60);
        Assert.Equal("unknown_total 4", samples[4]);
    }

    [Fact]
    public void Both_formats_carry_the_same_samples_whatever_the_names()
    {
        string[] alike = ["a", "a_total", "a_created", "a_total_total", "a_sum", "a_bucket", "a.total", "_total", "a_count_total"];
        var name = Gen.OneOf(Gen.Char.Array[0, 5].Select(c => new string(c)), Gen.Int[0, alike.Length - 1].Select(i => alike[i]));
        Gen.Select(name, Gen.Int[0, 3], name, Gen.Double).Array[0, 12].Sample(specs =>
        {
            var document = new ExpositionDocument();
            var metrics = specs.Select((spec, slot) => new Metric
            {
                Name = spec.Item1, Type = (MetricType)spec.Item2, Help = spec.Item3, Slot = slot, Labels = spec.Item3.Length > 0 ? [(spec.Item3, spec.Item1)] : [],
                Buckets = [new(1, slot)],
            }).ToArray();
            document.Add([("pod", "a")], metrics, specs.Length, new Row([.. specs.Select(spec => spec.Item4)]));
            var (text, openMetrics) = (Exposed.Text(document), Exposed.OpenMetrics(document));
            Assert.Equal(Exposed.Samples(text), Exposed.Samples(openMetrics));
            Assert.EndsWith("# EOF\n", openMetrics, StringComparison.Ordinal);
            AssertNoTwoFamiliesShareAName(openMetrics);
        }, iter: 2000);
    }

    /// <summary>The specification: no family's name or sample name may be another's.</summary>
    private static void AssertNoTwoFamiliesShareAName(string text)
    {
        var names = new HashSet<string>();
        foreach (var line in text.Split('\n').Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal)))
        {
            var (name, type) = (line.Split(' ')[2], line.Split(' ')[3]);
            string[] endings = type switch { "counter" => ["", "_total", "_created"], "histogram" => ["", "_bucket", "_sum", "_count", "_created"], _ => [""] };
            Assert.All(endings, ending => Assert.True(names.Add(name + ending), $"{name}{ending} twice in\n{text}"));
        }
    }
}
