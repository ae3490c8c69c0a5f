namespace MicroView.Export.Tests;

public sealed class SelfMetricsTests
{
    [Fact]
    public void Instruments_are_exposed_through_the_document()
    {
        var document = new ExpositionDocument();
        var writer = new PrometheusTextWriter(document);
        var self = new SelfMetrics(document, ("agent", "host"));
        using var scrapes = self.Counter("microview_scrapes_total", "Scrapes.", ("lmap", "0"));
        using var pods = self.Gauge("microview_pods", "Pods.");
        using var age = self.GaugeFunc("microview_age_seconds", "Age.", () => 0.5);
        using var reads = self.CounterFunc("microview_reads_total", "Reads.", () => 9);
        scrapes.Increment();
        scrapes.Add(41);
        pods.Set(3);

        Assert.Equal("""
            # HELP microview_age_seconds Age.
            # TYPE microview_age_seconds gauge
            microview_age_seconds{agent="host"} 0.5
            # HELP microview_pods Pods.
            # TYPE microview_pods gauge
            microview_pods{agent="host"} 3
            # HELP microview_reads_total Reads.
            # TYPE microview_reads_total counter
            microview_reads_total{agent="host"} 9
            # HELP microview_scrapes_total Scrapes.
            # TYPE microview_scrapes_total counter
            microview_scrapes_total{agent="host",lmap="0"} 42

            """, Exposed.Text(writer));

        age.Dispose();
        reads.Dispose();
        pods.Dispose();
        pods.Set(4);
        Assert.Equal(
            "# HELP microview_scrapes_total Scrapes.\n# TYPE microview_scrapes_total counter\n" +
            "microview_scrapes_total{agent=\"host\",lmap=\"0\"} 42\n",
            Exposed.Text(writer));
    }

    [Fact]
    public async Task Increments_of_many_threads_all_count()
    {
        using var counter = new SelfMetrics(new ExpositionDocument()).Counter("c", "");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 10_000; i++) counter.Increment();
        })));
        Assert.Equal(40_000, counter.Value);
    }

    [Fact]
    public void A_function_that_throws_is_absent_and_counted()
    {
        var document = new ExpositionDocument();
        var self = new SelfMetrics(document);
        using var broken = self.GaugeFunc("broken", "", () => throw new InvalidOperationException());
        using var good = self.Gauge("good", "");
        Assert.Equal("# TYPE good gauge\ngood 0\n", Exposed.Text(document));
        Assert.Equal(1, document.Statistics.FailedReads);
    }

    [Fact]
    public void A_name_that_is_none_is_a_mistake_in_the_code()
    {
        var self = new SelfMetrics(new ExpositionDocument());
        Assert.Throws<ArgumentException>(() => self.Counter("a.b", ""));
        Assert.Throws<ArgumentException>(() => self.Gauge("a", "", ("", "x")));
        Assert.Throws<ArgumentOutOfRangeException>(() => self.Counter("a", "").Add(-1));
    }
}
