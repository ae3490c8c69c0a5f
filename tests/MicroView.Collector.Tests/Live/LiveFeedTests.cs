using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using MicroView.Protocol;
using static MicroView.Collector.Tests.DirectPods;

namespace MicroView.Collector.Tests;

public sealed class LiveFeedTests
{
    private const int Pods = 200, Metrics = 64;
    private const int Waking = 2000; // bytes, of three senders; ten bytes a pod would be 2,000 more

    /// <summary>The figures of docs/live-page.md: what a page costs is bytes, and not memory.</summary>
    [Fact]
    public async Task A_frame_of_200_pods_is_small_and_allocates_nothing_for_them()
    {
        using var scene = new FeedScene(Pods, Metrics);
        scene.Learn();
        var pages = Enumerable.Range(0, 3).Select(_ => scene.Feed.TrySubscribe()!).ToArray();
        using var stop = new CancellationTokenSource();
        var bodies = pages.Select(_ => new CountedStream()).ToArray();
        var sending = pages.Zip(bodies, (page, body) => Task.Run(() => page.SendAsync(body, stop.Token))).ToArray();
        for (var i = 0; i < 4; i++)
        {
            scene.Tick(); // buffers grow to their size
            await SentAsync();
        }
        // Code that a busy machine has not optimised yet allocates what the same code later keeps on the stack.
        var (perFrame, allocated) = (0L, long.MaxValue);
        for (var attempt = 0; attempt < 20 && allocated > Waking; attempt++)
            (perFrame, allocated) = await FramesAsync(20);
        TestContext.Current.TestOutputHelper?.WriteLine($"{perFrame} bytes per frame and page, {2 * perFrame} a second; {allocated} bytes allocated per frame");
        Assert.InRange(perFrame, 1000, 6000); // every pod's score has changed
        Assert.InRange(allocated, 0, Waking);
        await stop.CancelAsync();
        foreach (var sender in sending)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sender);
        Array.ForEach(pages, page => page.Dispose());

        async Task<(long PerFrame, long Allocated)> FramesAsync(int count)
        {
            var (bytes, frames, sum) = (scene.Feed.PostedBytes, scene.Feed.Frames, 0L);
            for (var i = 0; i < count; i++)
            {
                scene.Scrape();
                await SentAsync(); // what piles up makes buffers grow
                var before = GC.GetAllocatedBytesForCurrentThread();
                scene.Feed.Tick(scene.NowNs);
                sum += GC.GetAllocatedBytesForCurrentThread() - before;
            }
            Assert.Equal(count, scene.Feed.Frames - frames);
            return ((scene.Feed.PostedBytes - bytes) / count / pages.Length, sum / count);
        }

        Task SentAsync() => CollectorScene.UntilAsync(() => bodies.Sum(body => body.Count) == scene.Feed.PostedBytes, "all pages are sent");
    }

    [Fact]
    public void Without_a_page_nothing_is_written_and_without_a_change_no_frame_goes_out()
    {
        using var scene = new FeedScene(3, 4);
        scene.Learn();
        scene.Tick();
        Assert.Equal(0, scene.Feed.Frames);
        using var page = scene.Feed.TrySubscribe()!;
        Assert.Equal(1, scene.Feed.Frames);
        scene.Feed.Tick(scene.NowNs + 500 * Millisecond); // whatever was new
        var frames = scene.Feed.Frames;
        scene.Feed.Tick(scene.NowNs + 600 * Millisecond);
        Assert.Equal(frames, scene.Feed.Frames);
    }

    [Fact]
    public void A_page_that_reads_nothing_is_given_up_and_the_others_go_on()
    {
        using var scene = new FeedScene(Pods, 8);
        scene.Learn();
        using var slow = scene.Feed.TrySubscribe()!;
        for (var i = 0; i < 3000 && !slow.IsDropped; i++)
            scene.Tick();
        Assert.True(slow.IsDropped);
        Assert.Equal(1, scene.Feed.PagesDropped);
        using var next = scene.Feed.TrySubscribe()!;
        scene.Tick();
        Assert.False(next.IsDropped);
    }

    [Fact]
    public void Scores_of_the_last_two_minutes_are_kept_and_a_second_without_a_row_is_a_gap()
    {
        const long second = 1000 * Millisecond;
        var history = new ScoreHistory();
        Assert.Empty(history.Read(7 * second));
        for (var at = 1000; at < 1130; at++)
        {
            if (at % 10 == 5)
                history.Take(at * second, double.NaN, 1);
            else
                history.Take(at * second, at, 2);
            if (at % 10 != 7)
                history.Take(at * second + 300 * Millisecond, 0.5, 1); // the highest against its threshold counts
            Assert.Equal(Math.Min(at - 1000, ScoreHistory.Capacity), history.Read(at * second + 900 * Millisecond).Length); // the second that runs is not told
        }
        var points = history.Read(1131 * second);
        Assert.Equal(ScoreHistory.Capacity, points.Length);
        Assert.True(float.IsNaN(points[119].Score)); // nothing came since
        Assert.Equal((1129f, 2f), points[118]);
        Assert.Equal((0.5f, 1f), points[114]);
        Assert.Equal((1011f, 2f), points[0]);

        history.Take(1190 * second, 3, 2); // a minute later
        points = history.Read(1191 * second);
        Assert.Equal((3f, 2f), points[119]);
        Assert.All(points[59..119], point => Assert.True(float.IsNaN(point.Score)));
        Assert.Equal((1129f, 2f), points[58]);
        history.Take(9000 * second, 4, 2);
        Assert.Single(history.Read(9001 * second), point => !float.IsNaN(point.Score));
    }

    [Fact]
    public async Task Scores_are_written_while_they_are_read()
    {
        var history = new ScoreHistory();
        var seconds = 0L;
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(() =>
        {
            for (var at = 1L; !stop.IsCancellationRequested; Volatile.Write(ref seconds, at++))
                for (var row = 1; row <= 3; row++)
                    history.Take(at * 1000 * Millisecond, (at % 1000 + 1) * row, at % 1000 + 2);
        });
        for (var i = 0; i < 20_000; i++)
            foreach (var (score, threshold) in history.Read(Volatile.Read(ref seconds) * 1000 * Millisecond))
                Assert.True(float.IsNaN(score) || score % (threshold - 1) == 0, $"{score} of {threshold}"); // never one row's score and another's threshold
        await stop.CancelAsync();
        await writing;
    }

    [Fact]
    public void An_alarm_book_keeps_open_alarms_before_past_ones()
    {
        var book = new AlarmBook(3);
        foreach (var pod in (string[])["a", "b", "c"])
            book.Take(Event(pod, AlarmTransition.Opened));
        book.Take(Event("b", AlarmTransition.Closed));
        book.Take(Event("d", AlarmTransition.Opened));
        List<LiveAlarm> kept = [];
        book.CopyTo(kept);
        Assert.Equal(["a", "c", "d"], kept.Select(alarm => alarm.Opening.Pod));
        List<LiveAlarm> news = [];
        book.TakeNews(news);
        Assert.Contains(news, alarm => alarm.Opening.Pod == "d");
        news.Clear();
        book.Take(Event("a", AlarmTransition.PodGone));
        book.TakeNews(news);
        Assert.Equal(AlarmTransition.PodGone, Assert.Single(news).Closing!.Transition);

        static AlarmEvent Event(string pod, AlarmTransition transition) => new() { Pod = pod, Transition = transition };
    }

    [Fact]
    public void Numbers_are_what_JSON_knows()
    {
        using var json = new LiveJson();
        json.Begin("data: "u8);
        json.Json.WriteStartArray("v"u8);
        foreach (var value in (double[])[0, 12345678, -1e-9, 1e300, double.NaN, double.PositiveInfinity])
            json.WriteShort(value);
        json.WriteExact(123456789.125);
        json.WriteExact(double.NegativeInfinity);
        json.Json.WriteStringValue("a\nb\r\n\n</script>\u2028");
        json.Json.WriteEndArray();
        json.End();
        var text = Encoding.UTF8.GetString(json.Written.Span);
        Assert.Equal("data: {\"v\":[0,1.235E+07,-1E-09,1E+300,null,null,123456789.125,null,\"a\\nb\\r\\n\\n\\u003C/script\\u003E\\u2028\"]}\n\n", text);
    }

    /// <summary>Counts what is written and keeps none of it.</summary>
    private sealed class CountedStream : MemoryStream
    {
        private long _count;

        public long Count => Volatile.Read(ref _count);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Volatile.Write(ref _count, _count + buffer.Length);
            return default;
        }
    }

    /// <summary>Pods over real memory that change with each scrape, and a feed of them.</summary>
    private sealed class FeedScene : IDisposable
    {
        private readonly Lmap _lmap = CreateLmap();
        private readonly List<(PageObject Page, MonitoredPod Pod)> _pods = [];
        private readonly Random _random = new(5);
        private readonly int _metrics;

        public FeedScene(int pods, int metrics)
        {
            _metrics = metrics;
            for (var i = 0; i < pods; i++)
                _pods.Add(Create($"pod-{i}", metrics, CollectorScene.Quick.Analysis with { MinRows = 40, MinSeconds = 0.05 }));
            _lmap.SetPods([.. _pods.Select(entry => entry.Pod)]);
            var source = new LiveSource(
                [new ReplayedLmap(_lmap, 0)], CollectorClock.Live, () => new ConnectionView(true, "here", null), () => 1, () => (0, 0), TimeSpan.FromMilliseconds(100));
            Feed = new LiveFeed(source, "1", NullLogger.Instance);
        }

        public LiveFeed Feed { get; }

        public long NowNs { get; private set; } = Clocks.MonotonicNs;

        public void Learn()
        {
            for (var end = Clocks.MonotonicNs + 60_000 * Millisecond; _pods.Any(entry => entry.Pod.State != MicroView.Analysis.PodState.Watching);)
            {
                Assert.True(Clocks.MonotonicNs < end, "the pods are not learnt");
                Scrape();
            }
        }

        public void Scrape()
        {
            NowNs = Clocks.MonotonicNs;
            foreach (var (page, _) in _pods)
            {
                page.Heartbeat++;
                for (var slot = 0; slot < _metrics; slot++)
                    page.Cell(slot).Store(_random.NextDouble());
            }
            _lmap.ScrapeOnce(NowNs);
        }

        public void Tick()
        {
            Scrape();
            Feed.Tick(NowNs);
        }

        public void Dispose()
        {
            foreach (var (page, pod) in _pods)
            {
                pod.Source.Dispose();
                page.Dispose();
            }
        }
    }
}
