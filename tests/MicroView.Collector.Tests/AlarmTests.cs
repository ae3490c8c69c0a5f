using MicroView.Analysis;
using static MicroView.Collector.Tests.CollectorScene;
using static MicroView.Collector.Tests.DirectPods;
using static MicroView.Collector.Tests.TestBook;

namespace MicroView.Collector.Tests;

public sealed class AlarmTests
{
    private static readonly AnalyzerOptions Options = Quick.Analysis with { MinRows = 100, MinSeconds = 1 };

    [Fact]
    public void An_anomaly_opens_an_alarm_that_names_its_metric_and_closes_after_the_hold_time()
    {
        var lmap = CreateLmap();
        var events = new List<AlarmEvent>();
        lmap.AlarmChanged = events.Add;
        var (page, pod) = Create("p", 16, Options);
        lmap.SetPods([pod]);
        var random = new Random(3);
        var now = 0L;
        Run(300, 0);
        Assert.Equal(PodState.Watching, pod.State);
        Assert.Empty(events);

        Run(100, 50);
        var opened = Assert.Single(events);
        Assert.Equal(AlarmTransition.Opened, opened.Transition);
        Assert.Equal("m5", opened.Attributions[0].Metric);
        Assert.True(opened.Attributions[0].Share > 0.5);
        Assert.True(opened.Score > opened.Threshold);
        Assert.True(pod.AlarmOpen);
        Assert.Equal("m5", pod.Attributions[0].Metric);

        Run(300, 0);
        Assert.Equal(2, events.Count);
        Assert.Equal(AlarmTransition.Closed, events[1].Transition);
        Assert.Equal("m5", events[1].Attributions[0].Metric);
        Assert.True(events[1].Duration >= TimeSpan.FromSeconds(1));
        Assert.False(pod.AlarmOpen);
        Assert.Empty(pod.Attributions);

        void Run(int rows, double shift)
        {
            for (var i = 0; i < rows; i++)
            {
                now += 20 * Millisecond;
                page.Heartbeat++;
                for (var slot = 0; slot < 16; slot++)
                    page.Cell(slot).Store(random.NextDouble() + (slot == 5 ? shift : 0));
                lmap.ScrapeOnce(now);
            }
        }
    }

    [Fact]
    public void A_pod_that_grows_is_watched_on_until_all_its_metrics_are_learned()
    {
        var lmap = CreateLmap();
        var events = new List<AlarmEvent>();
        lmap.AlarmChanged = events.Add;
        var (page, pod) = Create("p", 3, Options);
        lmap.SetPods([pod]);
        var random = new Random(4);
        var now = 0L;
        Run(200, 5, 0, 0);
        Assert.Equal(PodState.Watching, pod.State);

        var descriptors = pod.Schema.Descriptors.Concat([Gauge("late")]).ToArray();
        var grown = PodSchema.Compile(descriptors, []);
        lmap.Post(new LmapChange([pod], [new PodAdoption(pod, pod.Layout, grown, Open(page, 4))]));
        lmap.ApplyPost();
        Run(50, 1, 0, 0);
        Assert.Equal(PodState.Watching, pod.State);
        Run(50, 1, 40, 0);
        Assert.Equal("m1", Assert.Single(events).Attributions[0].Metric);
        Run(400, 1, 0, 0);
        Assert.False(pod.AlarmOpen);
        Run(50, 1, 0, 40);
        Assert.Equal("late", events[^1].Attributions[0].Metric);

        void Run(int rows, int step, double shift, double late)
        {
            for (var i = 0; i < rows; i += 1)
            {
                now += 20 * Millisecond;
                page.Heartbeat++;
                for (var slot = 0; slot < 4; slot++)
                    page.Cell(slot).Store(random.NextDouble() + (slot == 1 ? shift : slot == 3 ? late : 0));
                lmap.ScrapeOnce(now);
            }
        }
    }

    [Fact]
    public async Task Alarms_reach_subscribers_the_endpoint_and_the_snapshot_and_end_with_the_pod()
    {
        await using var scene = await StartAsync(Quick with { ScrapeInterval = TimeSpan.FromMilliseconds(2), Tick = TimeSpan.Zero });
        var events = new List<AlarmEvent>();
        scene.Collector.AlarmChanged += _ => throw new InvalidOperationException("a subscriber's fault");
        scene.Collector.AlarmChanged += change => { lock (events) events.Add(change); };
        var pod = scene.Agent.Join(new TestPod("p", 1, 8192) { Service = "carts" }, Gauge("a", 0.5), Gauge("b", 0.5), Counter("c_total"));
        await UntilAsync(() => scene.Pod("p") is { State: PodState.Watching }, "learning");
        Assert.Equal(0, await scene.ValueAsync("microview_alarm{pod=\"p\",service=\"carts\"}"));

        pod.Set(1, 1000);
        await UntilAsync(() => scene.Pod("p")!.AlarmOpen, "the alarm");
        await UntilAsync(async () => await scene.ValueAsync("microview_alarm{pod=\"p\",service=\"carts\"}") == 1, "the alarm at the endpoint");
        await UntilAsync(async () => await scene.ValueAsync("microview_attribution{metric=\"b\",pod=\"p\",service=\"carts\"}") > 0.9, "the attribution");
        Assert.True(await scene.ValueAsync("microview_anomaly_score{pod=\"p\",service=\"carts\"}")
            > await scene.ValueAsync("microview_anomaly_threshold{pod=\"p\",service=\"carts\"}"));
        await UntilAsync(() => { lock (events) return events.Count == 1; }, "the event");
        Assert.Equal(("p", "carts", AlarmTransition.Opened, "b"),
            (events[0].Pod, events[0].Service, events[0].Transition, events[0].Attributions[0].Metric));

        pod.Set(1, 0);
        await UntilAsync(() => { lock (events) return events.Count == 2; }, "the end of the alarm");
        Assert.Equal(AlarmTransition.Closed, events[1].Transition);
        await UntilAsync(async () => !(await scene.ScrapeAsync()).Contains("microview_attribution{", StringComparison.Ordinal), "the attribution's end");
        Assert.Equal(1, await scene.ValueAsync("microview_alarms_total"));
    }

    [Fact]
    public async Task A_slow_subscriber_costs_events_which_are_counted()
    {
        using var loggers = new Microsoft.Extensions.Logging.LoggerFactory();
        await using var feed = new AlarmFeed(loggers.CreateLogger("test"));
        for (var i = 0; i < 1500; i++)
            feed.Post(new AlarmEvent { Pod = "p", Transition = AlarmTransition.Opened });
        Assert.Equal(1500 - 1024, feed.Dropped);
        var seen = 0;
        feed.Changed += _ => seen++;
        feed.Start();
        await UntilAsync(() => Volatile.Read(ref seen) == 1024, "the events that fit");
    }
}
