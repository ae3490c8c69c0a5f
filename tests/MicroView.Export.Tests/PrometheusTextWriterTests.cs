using System.Buffers;

namespace MicroView.Export.Tests;

public sealed class PrometheusTextWriterTests
{
    private static readonly Metric Requests = new()
    {
        Name = "http_requests_total_3", Type = MetricType.Counter, Slot = 0, Help = "Requests\nserved \\ \"all\"",
    };

    private static readonly Metric Load = new() { Name = "load", Type = MetricType.Gauge, Slot = 1, Unit = "ratio", Help = "Load." };

    [Fact]
    public void Samples_of_one_name_stand_together_whichever_pod_they_come_from()
    {
        var document = new ExpositionDocument();
        var writer = new PrometheusTextWriter(document);
        using var a = document.Add([("pod", "carts-0"), ("service", "carts")], [Requests, Load], 2, new Row(17, 0.25));
        using var b = document.Add([("pod", "carts-1"), ("service", "carts")], [Requests, Load], 2, new Row(4e9, double.NaN));

        Assert.Equal("""
            # HELP http_requests_total_3 Requests\nserved \\ "all"
            # TYPE http_requests_total_3 counter
            http_requests_total_3{pod="carts-0",service="carts"} 17
            http_requests_total_3{pod="carts-1",service="carts"} 4000000000
            # HELP load Load.
            # TYPE load gauge
            load{pod="carts-0",service="carts"} 0.25
            load{pod="carts-1",service="carts"} NaN

            """, Exposed.Text(writer));
    }

    [Fact]
    public void Values_change_series_come_and_go()
    {
        var document = new ExpositionDocument();
        var writer = new PrometheusTextWriter(document);
        var first = new Row(1, 10);
        var second = new Row(2, 20);
        using var a = document.Add([("pod", "a")], [Exposed.Counter("c", 0), Exposed.Gauge("g", 1)], 2, first);
        var b = document.Add([("pod", "b")], [Exposed.Gauge("g", 1)], 2, second);
        const string both = "# TYPE c counter\nc{pod=\"a\"} 1\n# TYPE g gauge\ng{pod=\"a\"} 10\ng{pod=\"b\"} 20\n";
        Assert.Equal(both, Exposed.Text(writer));
        Assert.Equal(both, Exposed.Text(writer));

        first.Values = [1, -1.5];
        second.Values = [2, 123456.789];
        Assert.Equal(
            "# TYPE c counter\nc{pod=\"a\"} 1\n# TYPE g gauge\ng{pod=\"a\"} -1.5\ng{pod=\"b\"} 123456.789\n", Exposed.Text(writer));

        first.Values = null;
        Assert.Equal("# TYPE g gauge\ng{pod=\"b\"} 123456.789\n", Exposed.Text(writer));

        first.Values = [2, ExpositionDocument.Absent];
        Assert.Equal("# TYPE c counter\nc{pod=\"a\"} 2\n# TYPE g gauge\ng{pod=\"b\"} 123456.789\n", Exposed.Text(writer));

        b.Dispose();
        b.Dispose();
        first.Values = [3, 0];
        Assert.Equal("# TYPE c counter\nc{pod=\"a\"} 3\n# TYPE g gauge\ng{pod=\"a\"} 0\n", Exposed.Text(writer));
        Assert.Equal(5, second.Reads);
    }

    [Fact]
    public void A_histogram_is_cumulative_and_counts_what_its_buckets_hold()
    {
        var document = new ExpositionDocument();
        var metric = new Metric
        {
            Name = "latency_seconds",
            Type = MetricType.Histogram,
            Help = "Latency.",
            Labels = [("route", "/")],
            Buckets = [new(1, 1), new(0.005, 0), new(double.PositiveInfinity, 2)],
            SumSlot = 3,
        };
        using var group = document.Add([("pod", "a")], [metric], 4, new Row(3, 4, 5, 6.5));

        Assert.Equal("""
            # HELP latency_seconds Latency.
            # TYPE latency_seconds histogram
            latency_seconds_bucket{pod="a",route="/",le="0.005"} 3
            latency_seconds_bucket{pod="a",route="/",le="1"} 7
            latency_seconds_bucket{pod="a",route="/",le="+Inf"} 12
            latency_seconds_sum{pod="a",route="/"} 6.5
            latency_seconds_count{pod="a",route="/"} 12

            """, Exposed.Text(document));
    }

    [Fact]
    public void A_histogram_without_overflow_bucket_labels_or_sum()
    {
        var document = new ExpositionDocument();
        var metric = new Metric { Name = "h", Type = MetricType.Histogram, Buckets = [new(1, 0), new(2, 1)] };
        using var group = document.Add([], [metric], 2, new Row(1, 1));

        Assert.Equal(
            "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"2\"} 2\nh_bucket{le=\"+Inf\"} 2\nh_count 2\n", Exposed.Text(document));
    }

    [Fact]
    public void What_a_source_leaves_out_is_absent_and_never_the_value_of_another_pod()
    {
        var document = new ExpositionDocument();
        var histogram = new Metric { Name = "h", Type = MetricType.Histogram, Buckets = [new(1, 1), new(2, 2)], SumSlot = 0 };
        using var full = document.Add([("pod", "a")], [Exposed.Gauge("g", 0), Exposed.Gauge("i", 1)], 3, new Row(1, 2, 3));
        using var shorter = document.Add([("pod", "b")], [Exposed.Gauge("g", 0), Exposed.Gauge("i", 1), histogram], 3, new Row(9));

        Assert.Equal("# TYPE g gauge\ng{pod=\"a\"} 1\ng{pod=\"b\"} 9\n# TYPE i gauge\ni{pod=\"a\"} 2\n", Exposed.Text(document));
    }

    [Fact]
    public void An_empty_document_is_an_empty_text()
    {
        Assert.Equal("", Exposed.Text(new ExpositionDocument()));
    }

    [Fact]
    public void A_source_that_throws_takes_only_its_own_series_away()
    {
        var document = new ExpositionDocument();
        using var good = document.Add([("pod", "a")], [Exposed.Gauge("g", 0)], 1, new Row(1));
        using var bad = document.Add([("pod", "b")], [Exposed.Gauge("g", 0)], 1, new Row(1, 2));

        Assert.Equal("# TYPE g gauge\ng{pod=\"a\"} 1\n", Exposed.Text(document));
        Assert.Equal(1, document.Statistics.FailedReads);
    }

    [Fact]
    public void A_document_larger_than_any_span_arrives_whole()
    {
        var document = new ExpositionDocument();
        var metrics = Enumerable.Range(0, 64).Select(i => Exposed.Counter($"counter_with_a_name_of_some_length_{i}", i)).ToArray();
        var rows = Enumerable.Range(0, 64).Select(p => new Row([.. Enumerable.Range(0, 64).Select(m => p * 1000.5 + m)])).ToArray();
        for (var p = 0; p < rows.Length; p++) document.Add([("pod", $"pod-{p}")], metrics, 64, rows[p]);
        var expected = string.Concat(
            metrics.OrderBy(m => m.Name, StringComparer.Ordinal).Select(m => $"# TYPE {m.Name} counter\n" + string.Concat(
                rows.Select((r, p) => FormattableString.Invariant($"{m.Name}{{pod=\"pod-{p}\"}} {r.Values![m.Slot]:R}\n")))));

        var chunks = new ExactChunks();
        new PrometheusTextWriter(document).Write(chunks);
        Assert.True(chunks.Spans > 2);
        Assert.Equal(expected, chunks.Text);
        Assert.Equal(expected, Exposed.Text(document));
    }

    [Fact]
    public void A_scrape_allocates_nothing_while_the_layout_stands()
    {
        var document = new ExpositionDocument();
        var writer = new PrometheusTextWriter(document);
        var metrics = Enumerable.Range(0, 60).Select(i => Exposed.Gauge($"g{i}", i))
            .Append(new Metric { Name = "h", Type = MetricType.Histogram, Buckets = [new(1, 60), new(2, 61)], SumSlot = 62 }).ToArray();
        var rows = Enumerable.Range(0, 20).Select(_ => new Row(new double[63])).ToArray();
        for (var p = 0; p < rows.Length; p++) document.Add([("pod", $"{p}")], metrics, 63, rows[p]);
        var random = new Random(1);
        var output = new ArrayBufferWriter<byte>(1 << 20);

        void Scrape()
        {
            foreach (var row in rows)
                foreach (ref var value in row.Values.AsSpan())
                    value = random.Next(3) switch { 0 => random.Next(), 1 => random.Next(9999) / 100.0, _ => random.NextDouble() };
            output.ResetWrittenCount();
            writer.Write(output);
        }

        for (var i = 0; i < 50; i++) Scrape();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 50; i++) Scrape();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Thousands_of_joins_and_leaves_leak_nothing()
    {
        var document = new ExpositionDocument();
        var writer = new PrometheusTextWriter(document);
        using var stays = document.Add([("pod", "stays")], [Exposed.Counter("c0", 0)], 1, new Row(1));

        var gone = JoinAndLeave(document, writer, 4000);
        Assert.Equal("# TYPE c0 counter\nc0{pod=\"stays\"} 1\n", Exposed.Text(writer));
        Assert.Equal(new ExpositionStatistics(1, 1, 1, 0, 0, 0, 0, 0), document.Statistics);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.Equal(0, gone.Count(g => g.IsAlive));
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static List<WeakReference> JoinAndLeave(ExpositionDocument document, PrometheusTextWriter writer, int count)
    {
        var gone = new List<WeakReference>();
        var output = new ArrayBufferWriter<byte>();
        for (var i = 0; i < count; i++)
        {
            var metrics = Enumerable.Range(0, 16).Select(m => Exposed.Counter($"c{m}.{i % 7}", m)).ToArray();
            var row = new Row(new double[16]);
            using var group = document.Add([("pod", $"pod-{i}")], metrics, 16, row);
            output.ResetWrittenCount();
            writer.Write(output);
            gone.AddRange([new(metrics), new(row), new(group)]);
        }
        return gone;
    }

    [Fact]
    public async Task Joins_leaves_and_scrapes_on_many_threads_always_give_whole_lines()
    {
        var document = new ExpositionDocument();
        var writer = new PrometheusTextWriter(document);
        using var done = new CancellationTokenSource();
        var churn = Enumerable.Range(0, 2).Select(t => Task.Run(() =>
        {
            for (var i = 0; i < 400; i++)
            {
                using var group = document.Add([("pod", $"{t}-{i}")], [Exposed.Counter("c", 0)], 1, new Row(i));
                Thread.Yield();
            }
        })).ToArray();
        var scrape = Task.Run(() =>
        {
            do
            {
                var text = Exposed.Text(writer);
                Assert.Matches("^(# TYPE c counter\n(c\\{pod=\"\\d-\\d+\"\\} \\d+\n)+)?$", text);
            }
            while (!done.IsCancellationRequested);
        });
        await Task.WhenAll(churn);
        await done.CancelAsync();
        await scrape;
        Assert.Equal("", Exposed.Text(writer));
    }

    /// <summary>Gives exactly what is asked for and forgets a span once advanced, as a pipe may.</summary>
    private sealed class ExactChunks : IBufferWriter<byte>
    {
        private readonly ArrayBufferWriter<byte> _written = new();
        private byte[] _span = [];

        public int Spans { get; private set; }

        public string Text => System.Text.Encoding.UTF8.GetString(_written.WrittenSpan);

        public void Advance(int count)
        {
            _written.Write(_span.AsSpan(0, count));
            _span = [];
        }

        public Memory<byte> GetMemory(int sizeHint = 0)
        {
            Spans++;
            return _span = new byte[Math.Max(1, sizeHint)];
        }

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }
}
