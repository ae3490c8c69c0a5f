using MicroView.Analysis;
using static MicroView.Collector.Tests.CollectorScene;
using static MicroView.Collector.Tests.TestBook;

namespace MicroView.Collector.Tests;

public sealed class FollowingTests
{
    [Fact]
    public async Task Reads_the_values_of_a_pod_that_was_there_and_of_one_that_joins()
    {
        await using var scene = await StartAsync(prepare: agent => agent.Join("a", Counter("requests_total")).Set(0, 41));
        var late = scene.Agent.Join("b", Gauge("load"), Counter("requests_total"));
        late.Set(0, 0.5);
        late.Set(1, 7);
        await UntilAsync(async () => await scene.ValueAsync("requests_total{pod=\"a\"}") == 41, "a's value");
        await UntilAsync(async () => await scene.ValueAsync("requests_total{pod=\"b\"}") == 7, "b's value");
        Assert.Equal(0.5, await scene.ValueAsync("load{pod=\"b\"}"));
        Assert.Single((await scene.ScrapeAsync()).Split('\n'), line => line.StartsWith("# TYPE requests_total ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pod_that_leaves_is_gone_and_its_leaving_is_acknowledged()
    {
        await using var scene = await StartAsync(prepare: agent => agent.Join("stays", Gauge("g")));
        var leaver = scene.Agent.Join("leaves", Gauge("g"));
        await UntilAsync(async () => await scene.ValueAsync("g{pod=\"leaves\"}") is not null, "the pod's series");
        scene.Agent.Leave(leaver);
        await UntilAsync(() => scene.Agent.Acknowledged == scene.Agent.Generation, "the acknowledgement");
        Assert.DoesNotContain("leaves", await scene.ScrapeAsync(), StringComparison.Ordinal);
        await scene.ShowsAsync("g{pod=\"stays\"}");
        Assert.Null(scene.Pod("leaves"));
    }

    [Fact]
    public async Task A_pod_grows_within_its_object_and_into_a_second_one()
    {
        await using var scene = await StartAsync();
        var pod = scene.Agent.Join(new TestPod("p", 4, 8192), Gauge("first"));
        pod.Set(0, 1);
        var perObject = pod.Object.Geometry.Slots;
        await UntilAsync(async () => await scene.ValueAsync("first{pod=\"p\"}") == 1, "the first metric");

        scene.Agent.Describe(pod, [.. Enumerable.Range(1, perObject - 1).Select(i => Gauge($"g{i}"))]);
        pod.Object.Cell(perObject - 1, 3).Add(9); // any stripe counts
        await UntilAsync(async () => await scene.ValueAsync($"g{perObject - 1}{{pod=\"p\"}}") == 9, "the object's last metric");

        scene.Agent.Extend(pod);
        scene.Agent.Describe(pod, Gauge("beyond"));
        pod.Objects[1].Cell(0).Store(5);
        await UntilAsync(async () => await scene.ValueAsync("beyond{pod=\"p\"}") == 5, "the second object's metric");
        Assert.Equal(1, await scene.ValueAsync("first{pod=\"p\"}"));
        Assert.Equal(perObject + 1, scene.Pod("p")!.Metrics);
    }

    [Fact]
    public async Task A_pod_that_cannot_be_opened_costs_no_other_pod_the_session_not_even_when_it_grows()
    {
        await using var scene = await StartAsync();
        using var notSealed = File.OpenHandle("/dev/null");
        var bad = scene.Agent.Join(new TestPod("bad", 1, 64 * 1024) { File = notSealed }, Gauge("g"));
        var good = scene.Agent.Join("good", Gauge("g"));
        await scene.ShowsAsync("g{pod=\"good\"}");
        scene.Agent.Describe(bad, Gauge("more"));
        scene.Agent.Describe(good, Gauge("more"));
        await scene.ShowsAsync("more{pod=\"good\"}");
        Assert.Null(scene.Pod("bad"));
        Assert.Equal(1, scene.Agent.Sessions);
    }

    [Fact]
    public async Task A_removed_metric_leaves_the_endpoint_and_the_others_go_on()
    {
        await using var scene = await StartAsync();
        var pod = scene.Agent.Join("p", Gauge("kept"), Gauge("dropped"));
        await UntilAsync(async () => await scene.ValueAsync("dropped{pod=\"p\"}") is not null, "the metric");
        scene.Agent.Retire(pod, 1);
        await UntilAsync(() => scene.Pod("p")!.Metrics == 1, "the new layout");
        Assert.Null(await scene.ValueAsync("dropped{pod=\"p\"}"));
        await scene.ShowsAsync("kept{pod=\"p\"}");
    }

    [Fact]
    public async Task A_removed_metric_is_absent_even_before_the_layout_says_so()
    {
        await using var scene = await StartAsync();
        var pod = scene.Agent.Join("p", Gauge("kept"), Gauge("dropped"));
        await UntilAsync(async () => await scene.ValueAsync("dropped{pod=\"p\"}") is not null, "the metric");
        pod.Set(1, double.NaN);
        await UntilAsync(async () => await scene.ValueAsync("dropped{pod=\"p\"}") is null, "its absence");
        await scene.ShowsAsync("kept{pod=\"p\"}");
    }

    [Fact]
    public async Task Another_pod_of_the_same_name_starts_over()
    {
        await using var scene = await StartAsync();
        var first = scene.Agent.Join("p", Gauge("old"));
        await UntilAsync(() => scene.Pod("p") is { State: PodState.Watching }, "learning");
        var before = scene.Monitored("p");
        scene.Agent.Leave(first);
        scene.Agent.Join("p", Gauge("new")).Set(0, 3);
        await UntilAsync(async () => await scene.ValueAsync("new{pod=\"p\"}") == 3, "the new pod");
        Assert.Null(await scene.ValueAsync("old{pod=\"p\"}"));
        // What was learnt belongs to the pod's object: it may be watched again by now, by rows of its own.
        Assert.NotSame(before, scene.Monitored("p"));
    }

    [Fact]
    public async Task What_was_learned_survives_a_restart_of_the_agent_even_when_clients_come_back_slowly()
    {
        await using var scene = await StartAsync();
        var pod = scene.Agent.Join("p", Gauge("a"), Gauge("b"));
        await UntilAsync(() => scene.Pod("p") is { State: PodState.Watching }, "learning");
        var all = pod.Descriptors.ToArray();

        await scene.RestartAgentAsync(TimeSpan.FromMilliseconds(1300)); // without the pod
        await UntilAsync(() => scene.Pod("p") is null, "the empty layout");
        pod.Descriptors.Clear();
        pod.History.Clear();
        scene.Agent.Join(pod, all[0]); // described in batches
        await UntilAsync(() => scene.Pod("p") is { IsStale: false }, "the pod's return");
        Assert.Equal(PodState.Watching, scene.Pod("p")!.State);
        scene.Agent.Describe(pod, all[1]);
        await UntilAsync(() => scene.Agent.Acknowledged == scene.Agent.Generation, "the second batch");
        Assert.Equal(PodState.Watching, scene.Pod("p")!.State);
        pod.Set(1, 12);
        await UntilAsync(async () => await scene.ValueAsync("b{pod=\"p\"}") == 12, "fresh values");
    }

    [Fact]
    public async Task Without_its_agent_a_pod_stays_known_turns_stale_and_is_not_exported()
    {
        await using var scene = await StartAsync();
        var pod = scene.Agent.Join("p", Gauge("g"));
        await UntilAsync(async () => await scene.ValueAsync("g{pod=\"p\"}") is not null, "the series");
        var restart = scene.RestartAgentAsync(TimeSpan.FromSeconds(2), pod);
        await UntilAsync(() => scene.Pod("p") is { IsStale: true }, "staleness");
        Assert.Null(await scene.ValueAsync("g{pod=\"p\"}"));
        Assert.Equal(1, await scene.ValueAsync("microview_pod_stale{pod=\"p\"}"));
        Assert.False(scene.Collector.Agent.Connected);
        await restart;
        await UntilAsync(() => scene.Pod("p") is { IsStale: false }, "the agent's return");
        await UntilAsync(async () => await scene.ValueAsync("g{pod=\"p\"}") is not null, "the series again");
    }

    [Fact]
    public async Task A_layout_that_contradicts_what_was_told_ends_the_session_and_the_next_one_goes_on()
    {
        await using var scene = await StartAsync();
        var pod = scene.Agent.Join("p", Gauge("a"), Gauge("b"));
        await scene.ShowsAsync("b{pod=\"p\"}");
        pod.History[^1] = (pod.Generation, 9); // as if nine slots had been told
        scene.Agent.Describe(pod, Gauge("c"));
        await UntilAsync(() => scene.Agent.Sessions == 2, "the second session");
        pod.Set(2, 6);
        await UntilAsync(async () => await scene.ValueAsync("c{pod=\"p\"}") == 6, "the whole layout");
        Assert.Contains(scene.Log, line => line.Contains("begins at slot 9, but 2 are known", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_session_that_is_cut_off_is_opened_again_without_a_gap_in_the_values()
    {
        await using var scene = await StartAsync();
        var pod = scene.Agent.Join("p", Counter("c_total"));
        await UntilAsync(() => scene.Pod("p") is { State: PodState.Watching }, "learning");
        scene.Agent.CutOff();
        await UntilAsync(() => scene.Agent.Sessions == 2 && scene.Collector.Agent.Connected, "the second session");
        pod.Set(0, 99);
        await UntilAsync(async () => await scene.ValueAsync("c_total{pod=\"p\"}") == 99, "values through the new session");
        Assert.Equal(PodState.Watching, scene.Pod("p")!.State);
    }

    [Fact]
    public async Task The_start_fails_in_one_line_without_an_agent_and_when_refused()
    {
        await using var agent = new TestAgent { Refusal = "the collector role is missing" };
        var options = Quick with { SocketPath = agent.Path, AgentWait = TimeSpan.FromSeconds(5) };
        using var loggers = new Microsoft.Extensions.Logging.LoggerFactory();
        var refused = await Assert.ThrowsAsync<CollectorStartException>(() => CollectorService.StartAsync(options, loggers));
        Assert.Contains("the collector role is missing", refused.Message, StringComparison.Ordinal);
        var missing = await Assert.ThrowsAsync<CollectorStartException>(() => CollectorService.StartAsync(
            options with { SocketPath = agent.Path + ".not", AgentWait = TimeSpan.FromMilliseconds(300) }, loggers));
        Assert.Contains("microview host", missing.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', missing.Message);
    }

    [Fact]
    public void Options_that_cannot_work_are_refused_in_one_line()
    {
        Check(Quick with { Transport = TransportKind.Verbs, ControlPlane = "/run/agent.sock" }, "HOST:PORT");
        Check(Quick with { ControlPlane = "10.254.253.1:port" }, "HOST:PORT");
        Check(Quick with { Device = "mlx5_0", DevicePort = 0 }, "1 to 255");
        Check(Quick with { Device = "mlx5_0", GidIndex = 256 }, "GID index");
        Check(Quick with { TraceRate = 1.5 }, "trace rate");
        Check(Quick with { ControlPlane = "10.254.253.1:5000", Transport = TransportKind.SharedMemory }, "another machine");
        Check(Quick with { Lmaps = 0 }, "LMAPs");
        Check(Quick with { Access = new() { Listen = "nowhere" } }, "IP address");
        (Quick with { ControlPlane = "localhost:5000" }).Validate();
        (Quick with { ControlPlane = "127.0.0.1:5000", Transport = TransportKind.SharedMemory }).Validate();

        static void Check(CollectorOptions options, string expected) =>
            Assert.Contains(expected, Assert.Throws<ArgumentException>(options.Validate).Message, StringComparison.Ordinal);
    }
}
