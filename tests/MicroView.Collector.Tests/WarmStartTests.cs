using Microsoft.Extensions.Logging;
using MicroView.Analysis;
using MicroView.Protocol;
using static MicroView.Collector.Tests.CollectorScene;
using static MicroView.Collector.Tests.DirectPods;
using static MicroView.Collector.Tests.TestBook;

namespace MicroView.Collector.Tests;

public sealed class WarmStartTests
{
    private static readonly AnalyzerOptions Options = Quick.Analysis with
    {
        MinRows = 200, MinSeconds = 4, WarmRows = 10, WarmSeconds = 0.1, Detector = DetectorOptions.Live,
    };

    private readonly PodStarts _starts = new(Options, null, warmStart: true, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
    private readonly Lmap _lmap = CreateLmap();
    private readonly List<(PageObject Page, MonitoredPod Pod)> _pods = [];
    private readonly Random _random = new(4);
    private long _now;

    [Theory]
    [InlineData("cart-7d9f8b6c5-x2k4q", null, "cart-7d9f8b6c5-bbbbb", null, true)]
    [InlineData("a", "cart", "b", "cart", true)]
    [InlineData("worker-0", null, "worker-1", null, true)]
    [InlineData("api", null, "api#2", null, true)]
    [InlineData("a", "cart", "b", "mail", false)]
    [InlineData("a", null, "b", null, false)]
    public void A_pod_whose_siblings_are_watched_is_watched_at_once(string first, string? service, string second, string? secondService, bool warm)
    {
        Join(first, service, "a", "b", "c");
        Run(300);
        var pod = Join(second, secondService, "a", "b", "c");
        Run(20);
        Assert.Equal(warm ? (PodState.Watching, true) : (PodState.Learning, false), (pod.State, pod.IsWarm));
        Run(300);
        Assert.Equal((PodState.Watching, warm), (pod.State, pod.IsWarm));
    }

    [Theory]
    [InlineData("a", "b", "d")]
    [InlineData("a", "c", "b")]
    [InlineData("a", "b")]
    public void Pods_with_other_metrics_are_no_siblings(params string[] metrics)
    {
        Join("p-1", "s", "a", "b", "c");
        Run(300);
        var pod = Join("p-2", "s", metrics);
        Run(100);
        Assert.Equal(PodState.Learning, pod.State);
    }

    [Fact]
    public void Metrics_of_the_same_name_and_another_type_are_not_the_same()
    {
        Join("p-1", "s", "a", "b", "c");
        Run(300);
        var pod = Join(new PodLayout { Pod = "p-2", Service = "s" }, [Gauge("a"), Gauge("b"), Counter("c")]);
        Run(100);
        Assert.Equal(PodState.Learning, pod.State);
    }

    [Fact]
    public void A_pod_that_grows_into_what_its_siblings_have_is_warm_then()
    {
        Join("p-1", "s", "a", "b", "c");
        Run(300);
        var pod = Join("p-2", "s", "a", "b");
        Run(30);
        Assert.Equal(PodState.Learning, pod.State);
        var schema = PodSchema.Compile([Gauge("a"), Gauge("b"), Gauge("c")], []);
        _lmap.Post(new LmapChange([.. _pods.Select(entry => entry.Pod)], [new PodAdoption(pod, pod.Layout, schema, Open(_pods[^1].Page, 3))]));
        _lmap.ApplyPost();
        Run(30);
        Assert.Equal((PodState.Watching, true), (pod.State, pod.IsWarm));
    }

    [Fact]
    public void Alarms_of_a_warm_pod_say_so()
    {
        var events = new List<AlarmEvent>();
        _lmap.AlarmChanged = events.Add;
        Join("p-1", "s", "a", "b", "c");
        Run(300);
        Join("p-2", "s", "a", "b", "c");
        Run(50);
        Assert.Empty(events);
        Run(50, pod => pod.Pod == "p-2" ? 80 : 0);
        var opened = Assert.Single(events);
        Assert.Equal(("p-2", true, "b"), (opened.Pod, opened.IsWarm, opened.Attributions[0].Metric));
        Run(300, pod => pod.Pod == "p-1" ? 80 : 0);
        Assert.Contains(events, change => change is { Pod: "p-1", IsWarm: false, Transition: AlarmTransition.Opened });
    }

    [Fact]
    public void Scrapes_of_warm_pods_allocate_nothing()
    {
        Join("p-1", "s", "a", "b", "c");
        Run(300);
        Join("p-2", "s", "a", "b", "c");
        Run(100);
        var least = long.MaxValue; // a collection beside it counts what a thread had not used yet as used
        for (var round = 0; round < 6 && least > 0; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Run(200);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, least);
    }

    [Fact]
    public async Task A_collector_starts_a_new_pod_from_its_service_unless_told_not_to()
    {
        foreach (var warm in new[] { true, false })
        {
            await using var scene = await StartAsync(Quick with
            {
                WarmStart = warm,
                Analysis = Quick.Analysis with { MinRows = 60, MinSeconds = 2, WarmRows = 10, WarmSeconds = 0.05 },
            });
            scene.Agent.Join(new TestPod("cart-1", 1, 8192) { Service = "cart" }, Gauge("a", 0.5), Gauge("b", 0.5));
            await UntilAsync(() => scene.Pod("cart-1") is { State: PodState.Watching, IsWarm: false }, "the first pod's learning");
            scene.Agent.Join(new TestPod("cart-2", 1, 8192) { Service = "cart" }, Gauge("a", 0.5), Gauge("b", 0.5));
            await UntilAsync(() => scene.Pod("cart-2") is { State: PodState.Watching }, "the second pod's watching");
            Assert.Equal(warm, scene.Pod("cart-2")!.IsWarm);
            Assert.Equal(warm ? 1 : 0, await scene.ValueAsync("microview_warm_pods"));
        }
    }

    [Fact]
    public void Services_that_learnt_long_ago_are_forgotten_before_memory_is()
    {
        var (map, analysis) = (PodSchema.Compile([Gauge("a")], []), new AnalyzerOptions { MinRows = 2, MinSeconds = 0 });
        PodLesson? lesson = null;
        var analyzer = new PodAnalyzer(map.Map!, analysis) { Learnt = learnt => lesson = learnt };
        for (var i = 0; i < 4; i++)
            analyzer.Observe(new double[8], i);
        var starts = new PodStarts(analysis, null, true, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        for (var i = 0; i < 1100; i++)
            starts.TakerOf(Layout($"{i}"), map)!(lesson!);
        Assert.True(starts.TryFind(Layout("1099"), map, out var newest));
        Assert.True(starts.TryFind(Layout("3"), map, out var oldest));
        Assert.NotNull(newest);
        Assert.Null(oldest);

        static PodLayout Layout(string service) => new() { Pod = "p", Service = service };
    }

    private MonitoredPod Join(string pod, string? service, params string[] metrics) =>
        Join(new PodLayout { Pod = pod, Service = service }, [.. metrics.Select(name => Gauge(name))]);

    private MonitoredPod Join(PodLayout layout, SlotDescriptor[] descriptors)
    {
        var page = PageObject.Create(layout.Pod, new SlotGeometry(8192, 1));
        var pod = new MonitoredPod(
            layout with { Slots = descriptors.Length }, PodSchema.Compile(descriptors, []), Open(page, descriptors.Length), Options, _starts);
        _pods.Add((page, pod));
        _lmap.SetPods([.. _pods.Select(entry => entry.Pod)]);
        return pod;
    }

    private void Run(int rows, Func<MonitoredPod, double>? shift = null)
    {
        for (var i = 0; i < rows; i++)
        {
            _now += 20 * Millisecond;
            foreach (var (page, pod) in _pods)
            {
                page.Heartbeat++;
                for (var slot = 0; slot < 3; slot++)
                    page.Cell(slot).Store(_random.NextDouble() + (slot == 1 && shift is not null ? shift(pod) : 0));
            }
            _lmap.ScrapeOnce(_now);
        }
    }
}
