using MicroView.Analysis;
using MicroView.Protocol;
using static MicroView.Collector.Tests.DirectPods;

namespace MicroView.Collector.Tests;

public sealed class LmapTests
{
    private static readonly AnalyzerOptions Fast = new()
    {
        MinRows = 64, MinSeconds = 0, Detector = new DetectorOptions { Normalization = Normalization.None, ThresholdPercentile = 100 },
    };

    [Fact]
    public void A_batch_row_is_classified_once_however_often_it_is_read()
    {
        var lmap = CreateLmap();
        var (page, pod) = Create("p", 8, Fast);
        lmap.SetPods([pod]);
        for (var scrape = 1; scrape <= 100; scrape++)
        {
            if (scrape % 10 == 1)
                page.WriteRow([1, 2, 3], scrape * Millisecond);
            page.Heartbeat++;
            lmap.ScrapeOnce(scrape * Millisecond);
        }
        Assert.Equal(10, lmap.Statistics.FreshRows);
        Assert.Equal(10, lmap.Statistics.ClassifiedRows);
        Assert.Equal(90, lmap.Statistics.UnchangedRows);
        Assert.Equal(91 * Millisecond, pod.FreshTimeNs);
    }

    [Fact]
    public void A_source_opened_again_over_the_same_row_does_not_classify_it_again()
    {
        var lmap = CreateLmap();
        var (page, pod) = Create("p", 8, Fast);
        lmap.SetPods([pod]);
        page.WriteRow([1], Millisecond);
        lmap.ScrapeOnce(2 * Millisecond);
        lmap.Post(new LmapChange([pod], [new PodAdoption(pod, pod.Layout, pod.Schema, Open(page, 8))]));
        lmap.ApplyPost();
        lmap.ScrapeOnce(3 * Millisecond);
        Assert.Equal(2, lmap.Statistics.FreshRows);
        Assert.Equal(1, lmap.Statistics.ClassifiedRows);
    }

    [Fact]
    public void Live_rows_are_read_at_each_scrape_and_classified_at_each_tick()
    {
        var lmap = CreateLmap(tickNs: 100 * Millisecond);
        var (page, pod) = Create("p", 8, Fast);
        lmap.SetPods([pod]);
        for (var scrape = 0; scrape < 100; scrape++)
        {
            page.Heartbeat++;
            lmap.ScrapeOnce(scrape * 10 * Millisecond);
        }
        Assert.Equal(100, lmap.Statistics.FreshRows);
        Assert.Equal(10, lmap.Statistics.ClassifiedRows);
        Assert.Equal(0, lmap.Statistics.MissedTicks);
        lmap.ScrapeOnce(1550 * Millisecond); // ticks at 1000 … 1400 are over
        Assert.Equal(5, lmap.Statistics.MissedTicks);
    }

    [Fact]
    public void Batch_rows_at_the_tick_are_all_classified_in_spite_of_their_jitter()
    {
        var lmap = CreateLmap(tickNs: 100 * Millisecond);
        var (page, pod) = Create("p", 8, Fast);
        lmap.SetPods([pod]);
        var random = new Random(1);
        for (var row = 1; row <= 50; row++)
        {
            page.WriteRow([row], row * 100 * Millisecond + random.Next(-5, 5) * Millisecond);
            page.Heartbeat++;
            for (var scrape = 0; scrape < 10; scrape++)
                lmap.ScrapeOnce((row * 100 + scrape * 10) * Millisecond);
        }
        Assert.Equal(50, lmap.Statistics.ClassifiedRows);
    }

    [Fact]
    public void A_tick_falls_to_the_nearest_scrape_whatever_their_jitter()
    {
        var lmap = new Lmap(0, new LmapOptions(100 * Millisecond, 100 * Millisecond), new SharedMemoryTransport(), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        var (page, pod) = Create("p", 8, Fast);
        lmap.SetPods([pod]);
        var random = new Random(5);
        for (var scrape = 0; scrape < 100; scrape++)
        {
            page.Heartbeat++;
            lmap.ScrapeOnce((scrape * 100 + random.Next(20)) * Millisecond);
        }
        Assert.Equal(100, lmap.Statistics.ClassifiedRows);
        Assert.Equal(0, lmap.Statistics.MissedTicks);
    }

    [Fact]
    public void A_row_that_stays_torn_keeps_its_last_values_and_turns_stale_after_a_second()
    {
        var lmap = CreateLmap();
        var (page, pod) = Create("p", 3, Fast);
        lmap.SetPods([pod]);
        page.WriteRow([1, 2, 3], Millisecond);
        lmap.ScrapeOnce(Millisecond);
        MemoryFile.WriteAt(page.File, PageFormat.HeaderOffset + 32, 7); // a writer that died inside
        page.Cell(0).Store(99);
        var row = new double[8];
        for (var ms = 2; ms < 900; ms += 50)
        {
            page.Heartbeat++;
            lmap.ScrapeOnce(ms * Millisecond);
            Assert.Equal(RowStatus.Torn, pod.Status);
        }
        Assert.True(pod.Row.TryCopy(row, out var time));
        Assert.Equal([1, 2, 3], row[..3]);
        Assert.Equal(Millisecond, time);
        page.Heartbeat++;
        lmap.ScrapeOnce(1100 * Millisecond);
        Assert.Equal(RowStatus.Stale, pod.Status);
        page.WriteRow([4, 5, 6], 1200 * Millisecond);
        page.Heartbeat++;
        lmap.ScrapeOnce(1201 * Millisecond);
        Assert.Equal(RowStatus.Fresh, pod.Status);
        Assert.Equal(1, lmap.Statistics.FreshRows - 1);
    }

    [Fact]
    public void A_look_between_scrapes_finds_a_pod_stale_and_leaves_its_recovery_to_the_scrape()
    {
        var lmap = CreateLmap();
        var (page, pod) = Create("p", 3, Fast);
        lmap.SetPods([pod]);
        lmap.ScrapeOnce(Millisecond);
        lmap.LookOnce(500 * Millisecond);
        Assert.Equal((RowStatus.Fresh, 1L), (pod.Status, pod.Row.Version));
        lmap.LookOnce(1100 * Millisecond);
        Assert.Equal(RowStatus.Stale, pod.Status);
        page.Heartbeat++;
        lmap.LookOnce(1200 * Millisecond);
        Assert.Equal(RowStatus.Stale, pod.Status); // its values are those of the first scrape still
        lmap.ScrapeOnce(1300 * Millisecond);
        Assert.Equal((RowStatus.Fresh, 2L), (pod.Status, pod.Row.Version));
        Assert.Equal(2, lmap.Statistics.Scrapes);
    }

    [Fact]
    public async Task A_thread_that_scrapes_once_an_hour_notices_a_dead_agent_all_the_same()
    {
        var lmap = CreateLmap();
        var (page, pod) = Create("p", 3, Fast);
        lmap.SetPods([pod]);
        using var thread = new LmapThread(lmap, new LmapSchedule(3_600_000 * Millisecond, null, Spin: false), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        thread.Start();
        await CollectorScene.UntilAsync(() => pod.Status == RowStatus.Fresh, "the first scrape");
        await CollectorScene.UntilAsync(() => pod.Status == RowStatus.Stale, "staleness");
        Assert.Equal(1, lmap.Statistics.Scrapes);
        GC.KeepAlive(page);
    }

    [Fact]
    public async Task A_pod_that_joins_a_thread_that_scrapes_once_an_hour_is_read_with_the_next_look_and_once()
    {
        var lmap = CreateLmap();
        var (page, pod) = Create("p", 3, Fast);
        using var thread = new LmapThread(lmap, new LmapSchedule(3_600_000 * Millisecond, null, Spin: false), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        thread.Start();
        await CollectorScene.UntilAsync(() => lmap.Statistics.Scrapes == 1, "the first scrape, of nobody");
        await thread.PostAsync(new LmapChange([pod], []));
        await CollectorScene.UntilAsync(() => pod.Status == RowStatus.Fresh, "its first row");
        var looked = lmap.Statistics.LastLookNs;
        await CollectorScene.UntilAsync(() => lmap.Statistics.LastLookNs > looked, "the look after it");
        Assert.Equal(2, lmap.Statistics.Scrapes);
        GC.KeepAlive(page);
    }

    [Fact]
    public void A_source_that_throws_takes_its_own_pod_out_and_no_other()
    {
        var lmap = CreateLmap();
        var (page, good) = Create("good", 8, Fast);
        var (_, other) = Create("bad", 8, Fast);
        var bad = new MonitoredPod(other.Layout, other.Schema, new ThrowingSource(), Fast);
        var (_, last) = Create("last", 8, Fast);
        lmap.SetPods([good, bad, last]);
        for (var scrape = 1; scrape <= 3; scrape++)
            lmap.ScrapeOnce(scrape * Millisecond);
        Assert.Equal(RowStatus.Quarantined, bad.Status);
        Assert.Equal(1, lmap.Statistics.Faults);
        Assert.Equal(6, lmap.Statistics.FreshRows);
        GC.KeepAlive(page);
    }

    [Theory]
    [InlineData("FD", 0)]
    [InlineData("TH", 0)]
    [InlineData("none", 0)]
    [InlineData("FD", 100)]
    public void A_scrape_allocates_nothing_once_pods_are_watched(string model, int tickMs)
    {
        var lmap = CreateLmap(tickMs * Millisecond);
        var options = Fast with { Detector = Fast.Detector with { Model = model, MinThreshold = 1e9, ZLimit = 1e9 } };
        var pods = Enumerable.Range(0, 8).Select(i => Create($"p{i}", 61, options, counters: true)).ToArray();
        lmap.SetPods([.. pods.Select(pod => pod.Pod)]);
        var random = new Random(2);
        var now = 0L;
        Run(3_000);
        Assert.All(pods, pod => Assert.Equal(model == "none" ? PodState.Off : PodState.Watching, pod.Pod.State));
        var least = long.MaxValue;
        for (var round = 0; round < 4; round++) // the runtime's own caches may grow in one of them, on whichever thread comes by
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Run(500);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, least);
        Assert.True(model == "none" || lmap.Statistics.ClassifiedRows > 1000);

        void Run(int scrapes)
        {
            for (var i = 0; i < scrapes; i++)
            {
                now += 10 * Millisecond;
                foreach (var (page, _) in pods)
                {
                    page.Heartbeat++;
                    page.Cell(0).Store(now / 1e6 + random.NextDouble());
                    page.Cell(1).Store(random.NextDouble());
                }
                lmap.ScrapeOnce(now);
            }
        }
    }

    [Fact]
    public async Task A_row_read_beside_its_writer_is_never_a_mixture()
    {
        var row = new PublishedRow(64);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var writer = Task.Run(() =>
        {
            for (var n = 1L; !stop.IsCancellationRequested; n++)
            {
                row.BeginWrite().Fill(n);
                row.Publish(n);
                Thread.SpinWait(5);
            }
        });
        var (copy, copies, newest) = (new double[64], 0, 0L);
        while (copies < 5000 && !writer.IsCompleted)
        {
            if (!row.TryCopy(copy, out var time))
                continue;
            copies++;
            Assert.All(copy, value => Assert.Equal(time, value));
            Assert.True(time >= newest);
            newest = time;
        }
        await stop.CancelAsync();
        await writer;
        Assert.Equal(5000, copies);
    }

    private sealed class ThrowingSource : PageSource
    {
        public override int Slots => 8;

        public override void Activate()
        {
        }

        public override RowStatus Read(Span<double> row, long nowNs) => throw new InvalidOperationException("broken");

        public override RowStatus Look(long nowNs) => throw new InvalidOperationException("broken");

        public override void Dispose()
        {
        }
    }
}
