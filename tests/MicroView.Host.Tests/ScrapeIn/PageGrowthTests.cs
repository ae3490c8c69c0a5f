using System.Text;

namespace MicroView.Host.Tests;

public sealed class PageGrowthTests
{
    [Fact]
    public void A_series_that_vanishes_is_missing_and_comes_back_to_its_slot()
    {
        var text = new ScrapedText();
        text.Scrape("a 1\nb 2\n");
        Assert.Equal(["a"], text.Scrape("a 1\n").Keys);
        Assert.True(double.IsNaN(text.Pods.Living!.Rows[^1][1]));
        Assert.Equal(5, text.Scrape("b 5\na 1\n")["b"]);
        Assert.Equal([1, 5], text.Pods.Living.Rows[^1]);
    }

    [Fact]
    public void New_series_get_slots_behind_the_known_ones()
    {
        var text = new ScrapedText();
        text.Scrape("a 1\nz 2\n");
        text.Scrape("a 1\nm 7\nz 2\n# TYPE h histogram\nh_bucket{le=\"1\"} 3\nh_bucket{le=\"+Inf\"} 4\nh_sum 9\nh_count 4\n");
        Assert.Equal(["a", "z", "m", "h", "h", "h"], text.Pods.Living!.Descriptors.Select(d => d.Name));
        Assert.Equal([1, 2, 7, 3, 1, 9], text.Pods.Living.Rows[^1]);
        Assert.Single(text.Pods.Pods);
    }

    [Fact]
    public void After_a_scrape_that_failed_the_row_has_no_values()
    {
        var text = new ScrapedText();
        text.Scrape("a 1\nb 2\n");
        text.Refused("a 5\nb");
        text.Page.Lose(1);
        Assert.Equal([double.NaN, double.NaN], text.Pods.Living!.Rows[^1]);
        Assert.Equal([7, 8], text.Scrape("a 7\nb 8\n").Values);
    }

    [Fact]
    public void A_pod_that_outgrows_its_room_is_admitted_again_with_more_once_it_is_ten_seconds_old()
    {
        var text = new ScrapedText(10_000);
        text.Scrape(Series(0, 50));
        Assert.Equal(100, text.Pods.Living!.Room);
        Assert.Equal(100, text.Scrape(Series(0, 150)).Count);
        Assert.Equal(50, text.Drops(DroppedSample.Limit));
        text.Later(TimeSpan.FromSeconds(10));
        text.Scrape(Series(0, 150));
        Assert.Null(text.Pods.Living);
        Assert.Equal(150, text.Scrape(Series(0, 150)).Count);
        Assert.Equal(300, text.Pods.Living!.Room);
    }

    [Fact]
    public void Churn_ends_at_the_limit_and_vanished_series_make_room_after_five_minutes()
    {
        var text = new ScrapedText(64);
        for (var first = 0; first < 300; first += 30)
            text.Scrape(Series(first, 30));
        Assert.Equal(64, text.Page.Slots);
        Assert.Equal(300 - 64, text.Drops(DroppedSample.Limit));
        text.Later(TimeSpan.FromMinutes(5));
        text.Scrape(Series(1000, 30));
        Assert.Equal(30, text.Scrape(Series(1000, 30)).Count);
        Assert.Equal(2, text.Pods.Pods.Length);
    }

    [Fact]
    public void A_histogram_without_some_of_its_buckets_is_missing_until_it_is_told_anew()
    {
        var text = new ScrapedText();
        string Histogram(params string[] bounds) => "# TYPE h histogram\n" + string.Concat(bounds.Select((bound, i) => $"h_bucket{{le=\"{bound}\"}} {i + 1}\n")) + $"h_sum 1\nh_count {bounds.Length}\n";
        Assert.Equal(5, text.Scrape(Histogram("1", "2", "+Inf")).Count);
        Assert.Empty(text.Scrape(Histogram("1", "+Inf")));
        Assert.Equal(5, text.Scrape(Histogram("1", "2", "+Inf")).Count);
        for (var scrape = 0; scrape < 10; scrape++)
            Assert.Empty(text.Scrape(Histogram("1", "+Inf")));
        Assert.Equal(["h_bucket{le=+Inf}", "h_bucket{le=1}", "h_count", "h_sum"], text.Scrape(Histogram("1", "+Inf")).Keys);
        Assert.Equal(4, text.Pods.Living!.Retired.Count);
        var grown = text.Scrape(Histogram("1", "5", "7", "+Inf")); // a new version of the target: at once
        Assert.Equal([1, 2, 3, 4], ((string[])["1", "5", "7", "+Inf"]).Select(bound => grown[$"h_bucket{{le={bound}}}"]));
        Assert.Equal(grown, text.Scrape(Histogram("1", "5", "7", "+Inf")));
        Assert.Equal(4 + 3, text.Pods.Living.Retired.Count);
    }

    [Fact]
    public void A_histogram_without_an_Inf_bucket_takes_its_count_for_it_and_sum_and_count_alone_are_counters()
    {
        var text = new ScrapedText();
        var shown = text.Scrape("# TYPE h histogram\nh_bucket{le=\"1\"} 3\nh_count 4\n# TYPE n histogram\nn_sum 8\nn_count 9\n");
        Assert.Equal([4, 3, 4], ((string[])["h_bucket{le=+Inf}", "h_bucket{le=1}", "h_count"]).Select(name => shown[name]));
        Assert.Equal([8, 9], ((string[])["n_sum", "n_count"]).Select(name => shown[name]));
        Assert.Equal(shown, text.Scrape("# TYPE h histogram\nh_bucket{le=\"1\"} 3\nh_count 4\n# TYPE n histogram\nn_sum 8\nn_count 9\n"));
    }

    [Fact]
    public void A_known_series_costs_no_allocation_per_scrape()
    {
        var text = new ScrapedText(20_000);
        var body = new StringBuilder("# HELP http_requests_total Requests.\n# TYPE http_requests_total counter\n");
        for (var i = 0; i < 2000; i++)
            body.Append($"http_requests_total{{path=\"/{i}\",code=\"200\"}} {i * 1000003L}.25\n");
        body.Append("# TYPE h histogram\n");
        for (var h = 0; h < 50; h++)
            body.Append($"h_bucket{{i=\"{h}\",le=\"0.1\"}} 1\nh_bucket{{i=\"{h}\",le=\"+Inf\"}} 2e0\nh_sum{{i=\"{h}\"}} 0.1234567890123456789\nh_count{{i=\"{h}\"}} 2\n");
        var bytes = Encoding.UTF8.GetBytes(body.ToString());
        for (var scrape = 0; scrape < 50; scrape++)
            text.Scrape(bytes);
        text.Pods.KeepsRows = false;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var scrape = 0; scrape < 20; scrape++)
        {
            text.Read(bytes, openMetrics: false, piece: 16_384, isWhole: true);
            text.Page.Commit(2_000_000_000_000 + scrape);
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(70, text.Pods.Living!.RowCount);
    }

    private static string Series(int first, int count) => string.Concat(Enumerable.Range(first, count).Select(i => $"s{{i=\"{i}\"}} {i}\n"));
}
