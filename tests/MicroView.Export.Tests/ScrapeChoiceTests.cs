using System.IO.Compression;
using System.Text;

namespace MicroView.Export.Tests;

public sealed class ScrapeChoiceTests
{
    private const string OfPrometheus = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

    [Theory]
    // Nothing in particular.
    [InlineData(null, ExpositionFormat.PrometheusText)]
    [InlineData("", ExpositionFormat.PrometheusText)]
    [InlineData("*/*", ExpositionFormat.PrometheusText)]
    [InlineData("text/*", ExpositionFormat.PrometheusText)]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", ExpositionFormat.PrometheusText)]
    // By name, quality and version.
    [InlineData(OfPrometheus, ExpositionFormat.OpenMetrics)]
    [InlineData("text/plain", ExpositionFormat.PrometheusText)]
    [InlineData("application/openmetrics-text", ExpositionFormat.OpenMetrics)]
    [InlineData("Application/OpenMetrics-Text; Version=\"1.0.0\"; charset=utf-8", ExpositionFormat.OpenMetrics)]
    [InlineData("application/openmetrics-text;q=0.4,text/plain;q=0.5", ExpositionFormat.PrometheusText)]
    [InlineData("text/plain;q=0.4,application/openmetrics-text;q=0.5", ExpositionFormat.OpenMetrics)]
    [InlineData("text/plain,application/openmetrics-text", ExpositionFormat.PrometheusText)]
    [InlineData("application/openmetrics-text,text/plain", ExpositionFormat.OpenMetrics)]
    [InlineData("*/*,application/openmetrics-text", ExpositionFormat.OpenMetrics)]
    [InlineData("application/*", ExpositionFormat.OpenMetrics)]
    [InlineData("application/*;q=0.2,*/*;q=0.5", ExpositionFormat.PrometheusText)]
    [InlineData("application/openmetrics-text;q=0,*/*", ExpositionFormat.PrometheusText)]
    [InlineData("text/plain;q=0,*/*;q=0.1", ExpositionFormat.OpenMetrics)]
    // What we do not have: text is answered all the same.
    [InlineData("application/openmetrics-text;version=2.0.0", ExpositionFormat.PrometheusText)]
    [InlineData("application/openmetrics-text;version=0.0.1,text/plain;q=0.5", ExpositionFormat.PrometheusText)]
    [InlineData("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited", ExpositionFormat.PrometheusText)]
    [InlineData("text/plain;q=0", ExpositionFormat.PrometheusText)]
    [InlineData("application/openmetrics-text;q=0", ExpositionFormat.PrometheusText)]
    [InlineData("application/openmetrics-text;q=0,text/plain;q=0", ExpositionFormat.PrometheusText)]
    // Malformed parts count for nothing, the others do.
    [InlineData("application/openmetrics-text;q=abc,text/plain;q=0.1", ExpositionFormat.PrometheusText)]
    [InlineData("application/openmetrics-text;q=2,text/plain;q=0.1", ExpositionFormat.PrometheusText)]
    [InlineData("application/openmetrics-text;q=-1", ExpositionFormat.PrometheusText)]
    [InlineData(",,;;,=,text,/,\"a,b\",application/openmetrics-text;q=0.3", ExpositionFormat.OpenMetrics)]
    [InlineData("application/openmetrics-text;x=\"unended", ExpositionFormat.PrometheusText)]
    public void The_format_is_chosen_by_quality(string? accept, ExpositionFormat format) => Assert.Equal(format, ScrapeChoice.Of(accept, null).Format);

    [Theory]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("gzip", true)]
    [InlineData("GZip", true)]
    [InlineData("x-gzip", true)]
    [InlineData("br, gzip;q=0.5", true)]
    [InlineData("gzip;q=0", false)]
    [InlineData("gzip;q=0.2, identity;q=0.8", false)]
    [InlineData("identity, gzip", true)]
    [InlineData("*", false)]
    [InlineData("identity;q=0, *", true)]
    [InlineData("gzip;q=0, identity;q=0, *", false)]
    [InlineData("br, deflate, zstd", false)]
    [InlineData("gzip;q=x, ;", false)]
    public void It_is_compressed_when_asked(string? encoding, bool compressed) => Assert.Equal(compressed, ScrapeChoice.Of(null, encoding).IsCompressed);

    [Theory]
    [InlineData(null, false)]
    [InlineData("*/*", false)]
    [InlineData("text/*", false)]
    [InlineData("text/plain", true)]
    [InlineData(OfPrometheus, true)]
    [InlineData("application/json", false)]
    [InlineData("application/json,text/plain;q=0.5", false)]
    [InlineData("application/json;q=0.5,text/plain", true)]
    [InlineData("application/json;q=0.5,text/plain;version=9", false)]
    public void A_path_that_also_has_json_is_told_which_is_meant(string? accept, bool asked) => Assert.Equal(asked, ScrapeChoice.IsAskedFor(accept));

    [Theory]
    [InlineData("text/plain", null, "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("text/plain", "gzip", "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("application/openmetrics-text", null, "application/openmetrics-text; version=1.0.0; charset=utf-8")]
    [InlineData("application/openmetrics-text", "gzip", "application/openmetrics-text; version=1.0.0; charset=utf-8")]
    public void A_rendered_scrape_is_what_its_headers_say_however_often_its_memory_is_used_again(string accept, string? encoding, string type)
    {
        var document = new ExpositionDocument();
        var row = new Row(new double[500]);
        document.Add([("pod", "é")], [.. Enumerable.Range(0, 500).Select(slot => Exposed.Gauge($"g{slot}", slot))], 500, row);
        var (prepared, renderer) = (0, (ScrapeRenderer?)null);
        renderer = new ScrapeRenderer(document, () => prepared++);
        for (var round = 1; round <= 3; round++)
        {
            row.Values = [.. Enumerable.Range(0, round == 3 ? 10 : 500).Select(slot => round * slot * 0.1)];
            using var scrape = renderer.Render(accept, encoding);
            Assert.Equal((type, encoding, round), (scrape.ContentType, scrape.ContentEncoding, prepared));
            Assert.Equal(type[0] == 't' ? Exposed.Text(document) : Exposed.OpenMetrics(document), Decode(scrape));
        }
    }

    [Theory]
    [InlineData("text/plain", null)]
    [InlineData("application/openmetrics-text", null)]
    [InlineData("application/openmetrics-text", "gzip")]
    public void A_scrape_allocates_no_more_for_ten_thousand_series_than_for_ten(string accept, string? encoding)
    {
        // The smallest object per series would be 240,000 bytes; a shared buffer that was just given back is a few thousand.
        Assert.InRange(Allocated(10_000) - Allocated(10), -50_000, 50_000);

        long Allocated(int series)
        {
            var document = new ExpositionDocument();
            var row = new Row(new double[series]);
            document.Add([], [.. Enumerable.Range(0, series).Select(slot => Exposed.Counter($"c{slot}_total", slot) with { Created = DateTimeOffset.UnixEpoch })], series, row);
            var renderer = new ScrapeRenderer(document);
            var before = 0L;
            for (var round = 0; round < 6; round++)
            {
                for (var slot = 0; slot < series; slot++)
                    row.Values![slot] = (round % 2 + 1) * 0.1 + slot; // as long as before the last
                before = GC.GetAllocatedBytesForCurrentThread();
                renderer.Render(accept, encoding).Dispose();
            }
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public void Two_scrapes_at_once_do_not_share_memory()
    {
        var document = new ExpositionDocument();
        var row = new Row(1);
        document.Add([], [Exposed.Gauge("g", 0)], 1, row);
        var renderer = new ScrapeRenderer(document);
        using var first = renderer.Render("text/plain", "gzip");
        row.Values = [2];
        using var second = renderer.Render("text/plain", "gzip");
        Assert.Equal(("# TYPE g gauge\ng 1\n", "# TYPE g gauge\ng 2\n"), (Decode(first), Decode(second)));
    }

    private static string Decode(RenderedScrape scrape)
    {
        if (scrape.ContentEncoding is null)
            return Encoding.UTF8.GetString(scrape.Body.Span);
        using var stream = new GZipStream(new MemoryStream(scrape.Body.ToArray()), CompressionMode.Decompress);
        using var text = new MemoryStream();
        stream.CopyTo(text);
        return Encoding.UTF8.GetString(text.ToArray());
    }
}
