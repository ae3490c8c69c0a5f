using System.Text;
using MicroView.Protocol;

namespace MicroView.Host.Tests;

public sealed class ExpositionReaderTests
{
    private const string Golden = """
        # HELP http_requests_total The total number of\n HTTP requests.
        # TYPE http_requests_total counter
        http_requests_total{method="post",code="200"} 1027 1699999999000
        http_requests_total{method="post",code="400"}    3

        # A comment
        #TYPE nothing counter
        # TYPE temperature gauge
        temperature{room="a \"b\" c\\d\ne"} -1.5e1
        msdos_file_access_time_seconds{path="C:\\DIR\\FILE.TXT",error="Cannot find file:\n\"FILE.TXT\""} 1.458255915e9
        metric_without_timestamp_and_labels 12.47
        something_weird{problem="division by zero"} +Inf -3982045
        down{a="",b = "x" , } -inf
        not_a_number NaN
        # TYPE http_request_duration_seconds histogram
        http_request_duration_seconds_bucket{le="0.05"} 24054
        http_request_duration_seconds_bucket{le="0.1"} 33444
        http_request_duration_seconds_bucket{le="+Inf"} 144320
        http_request_duration_seconds_sum 53423
        http_request_duration_seconds_count 144320
        # TYPE rpc_duration_seconds summary
        rpc_duration_seconds{quantile="0.5"} 4773
        rpc_duration_seconds_sum 1.7560473e+07
        rpc_duration_seconds_count 2693
        # no type
        jobs_total 5
        things_sum 6
        things_bucket{le="1"} 7
        things_bucket 8
        http:rule 9
        """;

    [Fact]
    public void The_formats_own_examples_become_a_page()
    {
        var text = new ScrapedText();
        var shown = text.Scrape(Golden + "\n");
        Assert.Equal(1027, shown["http_requests_total{code=200,method=post}"]);
        Assert.Equal(3, shown["http_requests_total{code=400,method=post}"]);
        Assert.Equal(-15, shown["temperature{room=a \"b\" c\\d\ne}"]);
        Assert.Equal(1.458255915e9, shown["msdos_file_access_time_seconds{error=Cannot find file:\n\"FILE.TXT\",path=C:\\DIR\\FILE.TXT}"]);
        Assert.Equal(12.47, shown["metric_without_timestamp_and_labels"]);
        Assert.False(shown.ContainsKey("something_weird{problem=division by zero}")); // of 1969
        Assert.Equal(double.NegativeInfinity, shown["down{b=x}"]);
        Assert.False(shown.ContainsKey("not_a_number"));
        Assert.Equal([24054, 33444, 144320, 144320, 53423], ((string[])["_bucket{le=0.05}", "_bucket{le=0.1}", "_bucket{le=+Inf}", "_count", "_sum"]).Select(end => shown["http_request_duration_seconds" + end]));
        Assert.Equal([4773, 17560473, 2693], ((string[])["{quantile=0.5}", "_sum", "_count"]).Select(end => shown["rpc_duration_seconds" + end]));
        Assert.Equal(1, text.Drops(DroppedSample.Stale));
        Assert.Equal(21, text.Reader.Samples);
    }

    [Fact]
    public void Types_come_from_TYPE_and_else_from_the_names_ending()
    {
        var text = new ScrapedText();
        text.Scrape(Golden + "\n");
        var types = text.Pods.Living!.Descriptors.GroupBy(d => d.Name).ToDictionary(group => group.Key, group => group.First());
        foreach (var counter in (string[])["http_requests_total", "rpc_duration_seconds_sum", "rpc_duration_seconds_count", "jobs_total", "things_sum"])
            Assert.Equal(MetricType.Counter, types[counter].Type);
        foreach (var gauge in (string[])["temperature", "down", "rpc_duration_seconds", "http:rule"])
            Assert.Equal(MetricType.Gauge, types[gauge].Type);
        Assert.Equal([MetricType.Counter, MetricType.Gauge], text.Pods.Living.Descriptors.Where(d => d.Name == "things_bucket").Select(d => d.Type));
        Assert.Equal(MetricType.Histogram, types["http_request_duration_seconds"].Type);
        Assert.Equal("The total number of  HTTP requests.", types["http_requests_total"].Help);
        Assert.Null(types["temperature"].Help);
    }

    [Fact]
    public void OpenMetrics_has_its_endings_its_exemplars_its_unit_and_its_end()
    {
        var text = new ScrapedText();
        var shown = text.Scrape("""
            # TYPE acme_http_router_request_seconds summary
            # UNIT acme_http_router_request_seconds seconds
            # HELP acme_http_router_request_seconds Latency.
            acme_http_router_request_seconds_sum{path="/api/v1"} 9036.32
            acme_http_router_request_seconds_count{path="/api/v1"} 807283.0
            acme_http_router_request_seconds_created{path="/api/v1"} 1605281325.0
            # TYPE go_goroutines gauge
            go_goroutines 69 1700000000.5
            # TYPE process_cpu_seconds counter
            process_cpu_seconds_total 4.20072246e+06 # {trace_id="KOO5 } # 1"} 0.67
            # TYPE foo histogram
            foo_bucket{le="0.01"} 0 # {} 0.002
            foo_bucket{le="1.0"} 11 # {trace_id="x"} 0.67 1520879607.789
            foo_bucket{le="+Inf"} 17
            foo_count 17
            foo_sum 324789.3
            # EOF

            """, openMetrics: true);
        Assert.Equal(4200722.46, shown["process_cpu_seconds_total"]);
        Assert.Equal(69, shown["go_goroutines"]);
        Assert.Equal(11, shown["foo_bucket{le=1}"]);
        Assert.Equal(MetricType.Counter, text.Pods.Living!.Descriptors.Single(d => d.Name == "process_cpu_seconds_total").Type);
        Assert.Equal(MetricType.Gauge, text.Pods.Living.Descriptors.Single(d => d.Name.EndsWith("_created", StringComparison.Ordinal)).Type);
        Assert.Equal("seconds", text.Pods.Living.Descriptors.Single(d => d.Name.EndsWith("_sum", StringComparison.Ordinal)).Unit);
        Assert.Equal(ScrapeFailure.Truncated, text.Refused("a 1\n", openMetrics: true).Reason);
        Assert.Equal(ScrapeFailure.Syntax, text.Refused("# EOF\na 1\n", openMetrics: true).Reason);
        Assert.Equal(ScrapeFailure.Syntax, text.Refused("a 1 # {x=\"y\"} 1\n").Reason); // not in 0.0.4
    }

    [Theory]
    [InlineData("a")]
    [InlineData("a ")]
    [InlineData("a 1x")]
    [InlineData("a 0x1F")]
    [InlineData("a 1_000")]
    [InlineData("a 1e999")]
    [InlineData("a ∞")]
    [InlineData("a 1 x")]
    [InlineData("a 1 1.5")]
    [InlineData("a 1 2 3")]
    [InlineData("1a 1")]
    [InlineData("{\"a\"} 1")]
    [InlineData("a{ 1")]
    [InlineData("a{b=\"c} 1")]
    [InlineData("a{b=c} 1")]
    [InlineData("a{b=\"c\"d=\"e\"} 1")]
    [InlineData("a{b=\"c\",b=\"d\"} 1")]
    [InlineData("a{=\"c\"} 1")]
    [InlineData("a{b:c=\"d\"} 1")]
    [InlineData("a{b=\"c\\\"} 1")]
    [InlineData("a-b 1")]
    [InlineData("<html>")]
    public void A_line_that_is_not_of_the_format_is_named_and_costs_the_whole_scrape(string line)
    {
        var text = new ScrapedText();
        Assert.Equal(2, text.Scrape("x 1\na 1\n").Count);
        var refused = text.Refused($"x 2\n{line}\n");
        Assert.Equal(ScrapeFailure.Syntax, refused.Reason);
        Assert.StartsWith("line 2 ('", refused.Message);
        Assert.Equal(1, text.Pods.Living!.RowCount);
        Assert.Equal(3, text.Scrape("x 3\na 4\n")["x"]);
    }

    [Fact]
    public void Binary_and_text_that_is_no_UTF8_are_refused()
    {
        var text = new ScrapedText();
        byte[] latin = [.. "a{b=\""u8, 0xE9, .. "\"} 1\n"u8];
        Assert.Equal(ScrapeFailure.Syntax, Assert.Throws<ScrapeException>(() => text.Scrape(latin)).Reason);
        var noise = new byte[10_000];
        new Random(1).NextBytes(noise);
        Assert.Equal(ScrapeFailure.Syntax, Assert.Throws<ScrapeException>(() => text.Scrape(noise)).Reason);
        byte[] comment = [.. "# HELP a "u8, 0xE9, .. "\na 1\n"u8];
        Assert.Equal(1, text.Scrape(comment)["a"]);
    }

    [Fact]
    public void A_body_that_breaks_off_counts_only_where_the_transfer_says_that_it_is_whole()
    {
        var text = new ScrapedText();
        Assert.Equal(ScrapeFailure.Truncated, text.Refused("a 1\nb 12", isWhole: false).Reason);
        Assert.Equal(12, text.Scrape("a 1\nb 12", isWhole: true)["b"]);
        Assert.Equal(ScrapeFailure.TooLarge, text.Refused("a 1\nb{c=\"" + new string('x', 70_000)).Reason);
    }

    [Fact]
    public void Pieces_of_any_size_give_the_same_page()
    {
        var whole = new ScrapedText().Scrape(Golden + "\n");
        foreach (var piece in (int[])[1, 2, 7, 64, 500])
        {
            var text = new ScrapedText();
            for (var scrape = 0; scrape < 3; scrape++)
                Assert.Equal(whole, text.Scrape(Golden + "\n", piece: piece));
            Assert.Single(text.Pods.Pods);
        }
    }

    [Fact]
    public void Another_order_another_spelling_and_a_name_with_labels_apart_find_the_same_slots()
    {
        var text = new ScrapedText();
        text.Scrape("a 1\na{x=\"1\",y=\"2\"} 2\nb 3\nc 4\r\n");
        var slots = text.Pods.Living!.Descriptors.Count;
        var shown = text.Scrape("c 40\n a {y=\"2\",x=\"1\"} 20\nb\t30 \na 10\n");
        Assert.Equal([10, 20, 30, 40], shown.Values);
        shown = text.Scrape("a 11\na {y=\"2\",x=\"1\"} 21\nb 31\nc 41\n");
        Assert.Equal([11, 21, 31, 41], shown.Values);
        Assert.Equal(slots, text.Pods.Living.Descriptors.Count);
    }

    [Fact]
    public void Of_a_series_that_comes_twice_the_first_stands()
    {
        var text = new ScrapedText();
        Assert.Equal(1, text.Scrape("a 1\na 2\n")["a"]);
        Assert.Equal(3, text.Scrape("a 3\na 4\n")["a"]);
        Assert.Equal(2, text.Drops(DroppedSample.Duplicate));
    }

    [Fact]
    public void What_a_page_cannot_take_is_passed_over_and_counted_at_each_scrape()
    {
        var text = new ScrapedText();
        var body = $"good 1\n{new string('n', 300)} 2\nlong{{l=\"{new string('v', 2000)}\"}} 3\nlonger{{l=\"{new string('v', 9000)}\"}} 4\n";
        Assert.Equal(["good"], text.Scrape(body).Keys);
        Assert.Equal(3, text.Drops(DroppedSample.Invalid));
        Assert.Equal(["good"], text.Scrape(body).Keys);
        Assert.Equal(6, text.Drops(DroppedSample.Invalid));
    }
}
