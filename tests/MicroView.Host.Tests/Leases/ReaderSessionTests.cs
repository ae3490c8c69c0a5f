using MicroView.Protocol;

namespace MicroView.Host.Tests;

public sealed class ReaderSessionTests
{
    [Fact]
    public async Task A_waiting_reader_is_woken_by_a_change_and_told_only_what_is_new()
    {
        await using var agent = await TestAgent.StartAsync();
        using var client = await TestClient.AttachAsync(agent, "pod");
        await client.DescribeAsync(0, "a", "b");
        using var reader = await TestReader.OpenAsync(agent);
        var first = await reader.LayoutAsync(0);
        Assert.Single(reader.Files);
        var waiting = reader.LayoutAsync(first.Generation, 1000);
        await client.DescribeAsync(2, "c");
        var update = await waiting;
        Assert.False(update.Full);
        var pod = Assert.Single(update.Pods);
        Assert.Equal((2, 3, "c"), (pod.FirstSlot, pod.Slots, Assert.Single(pod.Descriptors).Name));
        Assert.Single(reader.Files); // handed once
        Assert.True(client.Object.Generation > first.Generation);
    }

    [Fact]
    public async Task Readers_are_told_how_often_a_heartbeat_moves_where_nobody_reads_by_rdma_and_a_clients_own_word_is_none()
    {
        await using var agent = await TestAgent.StartAsync();
        using var page = PageObject.Create("page", TestClient.Geometry);
        using var client = await TestClient.AttachAsync(agent, "pod");
        Assert.IsType<OkReply>(await client.AskAsync(new AttachObjectRequest(new(1, page.Geometry.Capacity, 1, page.Epoch) { HeartbeatMs = 9999 }), [page.File]));
        using var reader = await TestReader.OpenAsync(agent);
        Assert.Equal([3000, 3000], Assert.Single((await reader.LayoutAsync(0)).Pods).Objects.Select(pages => pages.HeartbeatMs));
        var beat = client.Object.Heartbeat;
        await TestAgent.Eventually(() => client.Object.Heartbeat != beat, "a heartbeat");
    }

    [Fact]
    public async Task Memory_is_kept_until_the_reader_acknowledges()
    {
        await using var agent = await TestAgent.StartAsync(o => o with { LeaseMs = 60_000 });
        var client = await TestClient.AttachAsync(agent, "pod");
        using var reader = await TestReader.OpenAsync(agent);
        var first = await reader.LayoutAsync(0);
        client.Dispose();
        var update = await reader.UntilAsync(first.Generation, u => u.Removed.Count > 0);
        Assert.Equal(["pod"], update.Removed);
        await reader.AckAsync(first.Generation); // of the layout that still had it
        await Task.Delay(300, TestContext.Current.CancellationToken);
        Assert.Equal(1, agent.Agent.Stats.Retiring);
        Assert.Equal(TestClient.Geometry.Capacity, agent.Agent.Stats.PoolBytes);
        await reader.AckAsync(update.Generation);
        await TestAgent.Eventually(() => agent.Agent.Stats is { Retiring: 0, PoolBytes: 0 }, "memory is given up after the acknowledgement");
    }

    [Fact]
    public async Task A_client_that_takes_the_permission_away_hides_only_its_own_pod()
    {
        Assert.SkipWhen(Machine.IsRoot, "root needs no permission");
        await using var agent = await TestAgent.StartAsync();
        using var hostile = await TestClient.AttachAsync(agent, "hostile");
        using var good = await TestClient.AttachAsync(agent, "good");
        File.SetUnixFileMode(hostile.Object.File, UnixFileMode.None);
        using var reader = await TestReader.OpenAsync(agent);
        var update = await reader.LayoutAsync(0);
        Assert.Equal("good", Assert.Single(update.Pods).Pod);
        Assert.Equal("good", Assert.Single(reader.Files).Key.Pod);
        Assert.Equal(1, agent.Metrics.Refusals(RefusalReason.Untrusted));
    }

    [Fact]
    public async Task A_reader_that_falls_silent_loses_its_lease_and_holds_nothing_back()
    {
        await using var agent = await TestAgent.StartAsync(o => o with { LeaseMs = 400 });
        var client = await TestClient.AttachAsync(agent, "pod");
        using var reader = await TestReader.OpenAsync(agent);
        Assert.Equal(400, reader.LeaseMs);
        await reader.LayoutAsync(0);
        client.Dispose();
        await TestAgent.Eventually(() => agent.Agent.Stats is { Pods: 0, Retiring: 0, Readers: 0 }, "the lease ends");
        Assert.NotNull(await reader.LayoutAsync(0)); // it may come back
        Assert.Equal(1, agent.Agent.Stats.Readers);
    }

    [Fact]
    public async Task A_reader_that_closes_releases_what_it_held_back()
    {
        await using var agent = await TestAgent.StartAsync(o => o with { LeaseMs = 60_000 });
        var client = await TestClient.AttachAsync(agent, "pod");
        var reader = await TestReader.OpenAsync(agent);
        await reader.LayoutAsync(0);
        client.Dispose();
        await TestAgent.Eventually(() => agent.Agent.Stats.Retiring == 1, "the pod leaves");
        reader.Dispose();
        await TestAgent.Eventually(() => agent.Agent.Stats is { Retiring: 0, Readers: 0 }, "it is given up");
    }

    [Fact]
    public async Task The_same_name_replaces_the_earlier_session()
    {
        await using var agent = await TestAgent.StartAsync();
        using var old = await TestReader.OpenAsync(agent, "nic");
        using var other = await TestReader.OpenAsync(agent, "other");
        using var next = await TestReader.OpenAsync(agent, "nic");
        Assert.Null(await old.ReceiveAsync());
        await TestAgent.Eventually(() => agent.Agent.Stats.Connections == 2, "the old session ends");
        Assert.Equal(2, agent.Agent.Stats.Readers);
        Assert.NotNull(await next.LayoutAsync(0));
    }

    [Fact]
    public async Task Three_hundred_objects_come_in_frames_of_at_most_250_descriptors_each_once()
    {
        await using var agent = await TestAgent.StartAsync();
        var clients = new List<TestClient>();
        for (var i = 0; i < 300; i++)
            clients.Add(await TestClient.AttachAsync(agent, $"p{i}"));
        using var reader = await TestReader.OpenAsync(agent);
        var update = await reader.LayoutAsync(0);
        Assert.Equal(300, update.Pods.Count);
        Assert.Equal(300, reader.Files.Count);
        Assert.Equal(clients.Select(c => c.Object.Epoch).Order(), reader.Files.Keys.Select(f => f.Epoch).Order());
        foreach (var file in reader.Files.Values)
            Assert.ThrowsAny<Exception>(() => RandomAccess.Write(file, new byte[1], 0)); // handed for reading only
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task A_rate_is_stored_held_by_one_reader_and_put_back_when_it_falls_silent()
    {
        await using var agent = await TestAgent.StartAsync(o => o with { BaseTraceRate = 0.25, RateTimeout = TimeSpan.FromMilliseconds(500) });
        using var client = await TestClient.AttachAsync(agent, "pod");
        Assert.Equal((0.25, 0), (Math.Round(client.Object.Control.Rate, 6), client.Object.Control.Term));
        using var a = await TestReader.OpenAsync(agent, "a");
        using var b = await TestReader.OpenAsync(agent, "b");
        Assert.IsType<OkReply>(await RateAsync(a, "pod", 1));
        Assert.Equal(1, client.Object.Control.Rate);
        Assert.NotEqual(0, client.Object.Control.Term);
        Assert.Equal(ErrorCodes.Forbidden, Assert.IsType<ErrorReply>(await RateAsync(b, "pod", 0.5)).Code);
        Assert.Equal(ErrorCodes.NotFound, Assert.IsType<ErrorReply>(await RateAsync(b, "nobody", 0.5)).Code);
        Assert.Equal(ErrorCodes.Invalid, Assert.IsType<ErrorReply>(await RateAsync(a, "pod", 1.5)).Code);
        await TestAgent.Eventually(() => client.Object.Control.Term == 0 && Math.Round(client.Object.Control.Rate, 6) == 0.25, "the base rate is put back");
        Assert.IsType<OkReply>(await RateAsync(b, "pod", 0.5));
        Assert.Equal(1, agent.Agent.State.Metrics.RatesReset.Value);
    }

    private static async Task<ControlMessage?> RateAsync(TestReader reader, string pod, double rate)
    {
        await reader.Channel.SendAsync(new RateRequest(pod, rate, 0), null, TestContext.Current.CancellationToken);
        return (await reader.ReceiveAsync())?.Message;
    }

    [Fact]
    public async Task An_acknowledgement_is_taken_while_a_layout_is_waited_for()
    {
        await using var agent = await TestAgent.StartAsync(o => o with { LeaseMs = 60_000 });
        var client = await TestClient.AttachAsync(agent, "pod");
        using var reader = await TestReader.OpenAsync(agent);
        await reader.LayoutAsync(0);
        client.Dispose();
        await TestAgent.Eventually(() => agent.Agent.Stats.Pods == 0, "the pod leaves");
        var update = await reader.LayoutAsync(0);
        var waiting = reader.LayoutAsync(update.Generation, 20_000);
        await reader.AckAsync(update.Generation);
        await TestAgent.Eventually(() => agent.Agent.Stats.Retiring == 0, "the acknowledgement counts at once");
        using var wakes = await TestClient.AttachAsync(agent, "next");
        Assert.Single((await waiting).Pods);
    }

    [Fact]
    public async Task A_node_pod_is_written_by_rows_under_the_row_clock()
    {
        await using var agent = await TestAgent.StartAsync();
        var descriptors = new[] { new SlotDescriptor { Name = "cpu" }, new SlotDescriptor { Name = "rss", Type = MetricType.Gauge } };
        using var pod = agent.Agent.NodePods.Add(new("proc/1", "init", Labels: new() { ["pid"] = "1" }), descriptors);
        using var twin = agent.Agent.NodePods.Add(new("proc/1"), descriptors);
        using var client = await TestClient.AttachAsync(agent, "proc/1"); // a client is not kept out
        Assert.Equal(("proc/1", "proc/1#2", "proc/1#3"), (pod.Pod, twin.Pod, client.Pod));
        pod.WriteRow([3, 4096], 1_000);
        using var reader = await TestReader.OpenAsync(agent);
        var layout = (await reader.LayoutAsync(0)).Pods.Single(p => p.Pod == "proc/1");
        Assert.Equal(PodKind.Node, layout.Kind);
        var held = layout.Objects[0];
        using var read = ObjectReader.Map(
            MemoryFile.ReopenReadOnly(reader.Files.Single(f => f.Key.Epoch == held.Epoch).Value), new(held.Capacity, held.Stripes), held.Epoch);
        read.Slots = 2;
        var values = new double[2];
        Assert.Equal(RowStatus.Fresh, read.Read(values, Clocks.MonotonicNs));
        Assert.Equal((3, 4096, 1_000), (values[0], values[1], read.RowTimeNs));
        Assert.Equal(RowStatus.Unchanged, read.Read(values, Clocks.MonotonicNs));
        pod.Dispose();
        pod.WriteRow([1, 2], 2_000); // harmless
        Assert.Throws<ArgumentException>(() => agent.Agent.NodePods.Add(new("x"), [new() { Name = "a" }, new() { Name = "a" }]));
        Assert.Throws<ArgumentException>(() => agent.Agent.NodePods.Add(new("x\n"), descriptors));
        await using var small = await TestAgent.StartAsync(o => o with { MaxPods = 1 });
        using var only = small.Agent.NodePods.Add(new("a"), descriptors);
        Assert.Contains("--max-pods", Assert.Throws<InvalidOperationException>(() => small.Agent.NodePods.Add(new("b"), descriptors)).Message, StringComparison.Ordinal);
    }
}
