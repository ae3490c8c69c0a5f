using MicroView.Protocol;
using Microsoft.Win32.SafeHandles;
using static MicroView.Host.Tests.HttpAgent;

namespace MicroView.Host.Tests;

/// <summary>An agent that serves RDMA, from clients, node sources and readers to the regions.</summary>
public sealed class ServingTests
{
    private const string End = """{"queue_pairs":[{"qp_num":7,"gid":"::ffff:10.9.0.2"}],"lease":"nic"}""";

    private readonly TestRdma _device = new();

    private TestRegion ValuesOf(TestAgent agent, string pod) =>
        _device.Live[agent.Agent.Layout.Since(0).Pods.Single(told => told.Pod == pod).Regions![0].Values.Key];

    [Fact]
    public async Task A_node_pods_row_is_confirmed_by_one_copy_of_its_region()
    {
        await using var agent = await _device.StartAgentAsync();
        var descriptors = Enumerable.Range(0, 1020).Select(i => new SlotDescriptor { Name = $"m{i}" }).ToList();
        using var pod = agent.Agent.NodePods.Add(new("proc/1"), descriptors);
        var told = Assert.Single(agent.Agent.Layout.Since(0).Pods);
        var layout = Assert.Single(told.Objects);
        Assert.Equal(1020, layout.RowSlots);
        var reader = new ImageReader(new(layout.Capacity, layout.Stripes), layout.Epoch, layout.RowSlots) { Slots = told.Slots };
        Assert.InRange(reader.ImageBytes, 1, told.Regions![0].Values.Size);
        var values = new double[1020];
        for (var row = 1; row <= 3; row++)
        {
            pod.WriteRow([.. Enumerable.Range(0, 1020).Select(i => row * 10_000.0 + i)], row * 1000);
            Assert.Equal(RowStatus.Fresh, reader.Read(ValuesOf(agent, "proc/1").Read(reader.ImageBytes), values, Clocks.MonotonicNs));
            Assert.Equal(Enumerable.Range(0, 1020).Select(i => row * 10_000.0 + i), values);
            Assert.Equal(row * 1000, reader.RowTimeNs);
        }
        Assert.Equal(1, _device.Registrations - 1); // values once, whole, beside the control page
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(496)] // with their stamp one line more than a page
    [InlineData(504)]
    [InlineData(65_536)]
    public async Task A_node_pods_object_has_room_for_its_row_and_the_stamp(int slots)
    {
        await using var agent = await TestAgent.StartAsync();
        using var pod = agent.Agent.NodePods.Add(new("proc/1"), [.. Enumerable.Range(0, slots).Select(i => new SlotDescriptor { Name = $"m{i}" })]);
        var layout = Assert.Single(Assert.Single(agent.Agent.Layout.Since(0).Pods).Objects);
        Assert.True(new SlotGeometry(layout.Capacity, 1).CanStamp(slots));
        Assert.Equal(slots, layout.RowSlots);
        pod.WriteRow(new double[slots], 5);
        Assert.False(agent.Agent.State.Book.Find("proc/1")!.IsDamaged);
    }

    [Fact]
    public async Task What_a_client_says_of_its_object_is_taken_over_field_by_field()
    {
        await using var agent = await _device.StartAgentAsync();
        using var script = Script.Run("regions_client.py", null, agent.Socket);
        Assert.Equal("attached", await script.ReadLineAsync());
        var pod = Assert.Single(agent.Agent.Layout.Since(0).Pods);
        Assert.Equal(16, pod.Objects[0].RowSlots);
        var region = Assert.Single(pod.Regions!);
        Assert.True(_device.Live.ContainsKey(region.Values.Key));
        Assert.True(_device.Live.ContainsKey(region.Control!.Key));
        Assert.DoesNotContain("3735928559", (await GetAsync(agent, "/v1/layout")).Body.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("3735928559", (await GetAsync(agent, "/rdma/mrs")).Body.GetRawText(), StringComparison.Ordinal);
        await script.FinishAsync();
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1_000_000)]
    [InlineData(1529)] // fit, but not with their stamp
    public async Task Rows_that_do_not_fit_are_refused(int rowSlots)
    {
        await using var agent = await _device.StartAgentAsync();
        using var page = PageObject.Create("rows", TestClient.Geometry);
        using var client = TestClient.Connect(agent);
        var refused = await client.RefusedAsync(new AttachRequest("rows", new ObjectLayout(0, page.Geometry.Capacity, 1, page.Epoch) { RowSlots = rowSlots }), [page.File]);
        Assert.Equal(ErrorCodes.Invalid, refused.Code);
        Assert.Contains($"rows of {rowSlots} slots", refused.Message, StringComparison.Ordinal);
        Assert.Empty(_device.Live);
        Assert.Equal(0, agent.Agent.Stats.PoolBytes);
    }

    [Fact]
    public async Task Slots_behind_a_row_with_a_stamp_are_refused()
    {
        await using var agent = await _device.StartAgentAsync();
        using var page = PageObject.Create("rows", TestClient.Geometry);
        using var client = TestClient.Connect(agent);
        Assert.IsType<AttachedReply>(await client.AskAsync(new AttachRequest("rows", new ObjectLayout(0, page.Geometry.Capacity, 1, page.Epoch) { RowSlots = 8 }), [page.File]));
        Assert.Equal(8, await client.DescribeAsync(0, [.. Enumerable.Range(0, 8).Select(i => $"m{i}")]));
        var refused = await client.RefusedAsync(new DescribeRequest(8, [new() { Name = "beyond" }]));
        Assert.Contains("room for 8", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_further_object_is_registered_and_told_with_it()
    {
        await using var agent = await _device.StartAgentAsync();
        using var client = await TestClient.AttachAsync(agent, "web");
        await client.DescribeAsync(0, "a");
        using var second = PageObject.Create("second", TestClient.Geometry);
        var since = agent.Agent.Layout.Generation;
        Assert.IsType<OkReply>(await client.AskAsync(new AttachObjectRequest(new(1, second.Geometry.Capacity, 1, second.Epoch)), [second.File]));
        var pod = Assert.Single(agent.Agent.Layout.Since(since).Pods);
        Assert.Equal((2, 2), (pod.Objects.Count, pod.Regions!.Count));
        Assert.All(pod.Objects, pages => Assert.Equal(0, pages.HeartbeatMs)); // every 400 ms, where it may be read by RDMA
        Assert.Equal(4096, pod.Regions[1].Values.Size);
        client.Dispose();
        await TestAgent.Eventually(() => _device.Live.IsEmpty, "all is deregistered when the pod has gone");
    }

    [Fact, Trait("group", "slow")]
    public async Task A_registered_rest_segment_is_found_unheld_and_a_held_one_is_kept()
    {
        await using var agent = await _device.StartAgentAsync(change: o => o with { RestGrace = TimeSpan.FromSeconds(2) });
        var held = agent.Agent.Rest!.Register(new("held", "m", true, 2.5), null).Address;
        var unheld = agent.Agent.Rest!.Register(new("unheld", "m", true, 1), null).Address;
        Assert.Equal(4, _device.Live.Count);
        using (SafeFileHandle _ = File.OpenHandle("/dev/shm/" + held.Segment, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete))
        {
            await TestAgent.Eventually(() => agent.Agent.Stats is { RestPods: 1, Retiring: 0 }, "the segment nobody holds is given back, though it was mapped to register it");
            Assert.False(File.Exists("/dev/shm/" + unheld.Segment));
            await TestAgent.Eventually(() => _device.Live.Count == 2, "its regions are deregistered, which comes just behind");
            for (var i = 0; i < 600; i++) // growth maps it again
                Assert.Null(agent.Agent.Rest!.Register(new("held", $"m{i}", true, i), null).Refusal);
            Assert.Equal(8192, agent.Agent.Layout.Since(0).Pods[0].Regions![0].Values.Size);
            await Task.Delay(4000, TestContext.Current.CancellationToken);
            Assert.Equal(1, agent.Agent.Stats.RestPods);
        }
        await TestAgent.Eventually(() => agent.Agent.Stats.RestPods == 0 && _device.Live.IsEmpty, "and the other when it is closed");
    }

    [Fact]
    public async Task A_collector_that_renews_and_never_acknowledges_loses_its_lease_and_holds_nothing_back()
    {
        using var log = new LogKeeper();
        await using var agent = await _device.StartAgentAsync(change: o => o with { LeaseMs = 60_000, ReaderPatience = TimeSpan.FromSeconds(3) }, loggers: log);
        var client = await TestClient.AttachAsync(agent, "web");
        var first = (await GetAsync(agent, "/v1/layout?since=0&lease=nic")).Body.GetProperty("generation").GetUInt64();
        Assert.Equal(200, (await PostAsync(agent, "/rdma/qps/connect", End)).Status);
        using var socketReader = await TestReader.OpenAsync(agent, "stuck");
        await socketReader.LayoutAsync(0);
        client.Dispose();
        await TestAgent.Eventually(() => agent.Agent.Stats.Retiring == 1, "the pod leaves");
        for (var i = 0; i < 1000 && agent.Agent.Stats.Retiring > 0; i++)
        {
            await GetAsync(agent, $"/v1/layout?since={first}&lease=nic&timeout=0");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
        await TestAgent.Eventually(() => agent.Agent.Stats is { Retiring: 0, PoolBytes: 0 }, "memory is given up");
        Assert.Equal((1, 1), (log.Count("reader http:nic has not acknowledged"), log.Count("reader stuck has not acknowledged")));
        var journal = _device.Journal.ToList();
        Assert.InRange(journal.IndexOf("reset 0"), 0, journal.FindIndex(line => line.StartsWith("deregister", StringComparison.Ordinal)));
        Assert.Null(await socketReader.ReceiveAsync()); // its session is over
        Assert.True((await GetAsync(agent, $"/v1/layout?since={first}&lease=nic&timeout=0")).Body.GetProperty("full").GetBoolean()); // it is told to begin again
        Assert.Equal(409, (await PostAsync(agent, "/rdma/qps/connect", End)).Status);
        await OpenLeaseAsync(agent);
        Assert.Equal(200, (await PostAsync(agent, "/rdma/qps/connect", End)).Status); // it may come back
    }

    [Fact, Trait("group", "slow")]
    public async Task A_registration_that_waits_for_a_file_holds_up_neither_heartbeats_nor_leases_nor_queue_pairs()
    {
        await using var agent = await _device.StartAgentAsync(1, o => o with { LeaseMs = 300 });
        using var client = await TestClient.AttachAsync(agent, "web");
        var address = agent.Agent.Rest!.Register(new("py", "a", true, 1), null).Address;
        var journal = Path.Combine(agent.Folder, "rest", address.Segment + ".journal");
        File.Delete(journal);
        using (var fifo = System.Diagnostics.Process.Start("mkfifo", [journal]))
            await fifo.WaitForExitAsync(TestContext.Current.CancellationToken);
        var stuck = Task.Run(() => agent.Agent.Rest!.Register(new("py", "b", true, 1), null), TestContext.Current.CancellationToken);
        try
        {
            await Task.Delay(1200, TestContext.Current.CancellationToken); // the reclaiming thread, too, stands by now
            Assert.False(stuck.IsCompleted);
            var beat = client.Object.Heartbeat;
            await TestAgent.Eventually(() => client.Object.Heartbeat != beat, "a heartbeat");
            await OpenLeaseAsync(agent);
            Assert.Equal(200, (await PostAsync(agent, "/rdma/qps/connect", End)).Status);
            await TestAgent.Eventually(() => _device.Queues[0].Now == Verbs.QueuePairState.Reset, "the lease ends and its queue pair is reset");
            Assert.Equal(200, (await PostAsync(agent, "/rdma/qp/0/connect", """{"qp_num":7,"gid":"::1"}""")).Status);
            _device.Queues[0].Now = Verbs.QueuePairState.Error;
            await TestAgent.Eventually(() => agent.Agent.State.Rdma!.Queues.Errors == 1, "queue pairs are looked at");
            Assert.False(stuck.IsCompleted);
        }
        finally
        {
            using var reader = File.OpenHandle(journal, FileMode.Open, FileAccess.Read); // which lets the pipe's writer go on
            await Assert.ThrowsAsync<NotSupportedException>(() => stuck); // a pipe is no journal, once it opens
        }
    }

    [Fact]
    public async Task A_connect_that_waits_for_the_network_holds_up_neither_heartbeats_nor_acknowledgements()
    {
        await using var agent = await _device.StartAgentAsync(2, o => o with { LeaseMs = 60_000 });
        using var client = await TestClient.AttachAsync(agent, "web");
        using var reader = await TestReader.OpenAsync(agent);
        using var answer = new ManualResetEventSlim();
        _device.Queues[0].Connecting = () => answer.Wait(TestContext.Current.CancellationToken);
        await OpenLeaseAsync(agent);
        var slow = PostAsync(agent, "/rdma/qps/connect", End);
        await TestAgent.Eventually(() => _device.Queues[0].Peers.Count == 1, "the connect is with the device");
        var beat = client.Object.Heartbeat;
        await TestAgent.Eventually(() => client.Object.Heartbeat != beat, "a heartbeat");
        var other = await TestClient.AttachAsync(agent, "short-lived");
        other.Dispose();
        await TestAgent.Eventually(() => agent.Agent.Stats.Retiring == 1, "a pod leaves");
        await GetAsync(agent, $"/v1/layout?since={agent.Agent.Layout.Generation}&lease=nic&timeout=0");
        await reader.AckAsync((await reader.LayoutAsync(0)).Generation);
        await TestAgent.Eventually(() => agent.Agent.Stats.Retiring == 0, "and is given up");
        answer.Set();
        Assert.Equal(200, (await slow).Status);
    }

    [Fact]
    public async Task A_stop_resets_what_is_connected_and_deregisters_everything()
    {
        await using (var agent = await _device.StartAgentAsync())
        {
            using var client = await TestClient.AttachAsync(agent, "web");
            agent.Agent.Rest!.Register(new("py", "a", true, 1), null);
            using var node = agent.Agent.NodePods.Add(new("proc/1"), [new() { Name = "a" }]);
            await OpenLeaseAsync(agent);
            Assert.Equal(200, (await PostAsync(agent, "/rdma/qps/connect", End)).Status);
            Assert.Equal(6, _device.Live.Count);
        }
        Assert.Empty(_device.Live);
        Assert.All(_device.Queues, queue => Assert.True(queue.IsDisposed));
    }
}
