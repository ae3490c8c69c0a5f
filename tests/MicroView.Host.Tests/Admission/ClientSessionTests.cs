using MicroView.Protocol;

namespace MicroView.Host.Tests;

public sealed class ClientSessionTests
{
    [Fact]
    public async Task A_client_attaches_describes_and_a_reader_reads_its_values()
    {
        await using var agent = await TestAgent.StartAsync();
        using var client = await TestClient.AttachAsync(agent, "carts-0", "carts");
        client.Object.Cell(1).Store(42.5);
        Assert.Equal(3, await client.DescribeAsync(0, "a", "b", "c"));
        using var reader = await TestReader.OpenAsync(agent);
        var update = await reader.LayoutAsync(0);
        var pod = Assert.Single(update.Pods);
        Assert.True(update.Full);
        Assert.Equal(("carts-0", "carts", PodKind.Socket, 3, 0), (pod.Pod, pod.Service, pod.Kind, pod.Slots, pod.FirstSlot));
        Assert.Equal(["a", "b", "c"], pod.Descriptors.Select(d => d.Name));
        Assert.Equal((uint)Environment.ProcessId, (uint)pod.ProcessId);
        var (owner, file) = Assert.Single(reader.Files);
        Assert.Equal(new FileOwner("carts-0", 0, client.Object.Epoch), owner);
        using var page = ObjectReader.Map(MemoryFile.ReopenReadOnly(file), TestClient.Geometry, owner.Epoch);
        page.Slots = pod.Slots;
        var values = new double[3];
        Assert.Equal(RowStatus.Fresh, page.Read(values, Clocks.MonotonicNs));
        Assert.Equal([0, 42.5, 0], values);
        Assert.Equal(pod.Generation, page.Generation);
    }

    [Fact]
    public async Task The_heartbeat_of_an_attached_object_moves()
    {
        await using var agent = await TestAgent.StartAsync();
        using var client = await TestClient.AttachAsync(agent, "beating");
        var before = client.Object.Heartbeat;
        await TestAgent.Eventually(() => client.Object.Heartbeat != before, "a heartbeat");
    }

    [Fact]
    public async Task The_same_user_gets_a_numbered_id_and_a_retired_pods_id_is_free_again()
    {
        await using var agent = await TestAgent.StartAsync();
        var first = await TestClient.AttachAsync(agent, "web");
        using var second = await TestClient.AttachAsync(agent, "web");
        using var third = await TestClient.AttachAsync(agent, "web");
        Assert.Equal(("web", "web#2", "web#3"), (first.Pod, second.Pod, third.Pod));
        using var reader = await TestReader.OpenAsync(agent);
        var before = await reader.LayoutAsync(0);
        first.Dispose();
        await TestAgent.Eventually(() => agent.Agent.Stats.SocketPods == 2, "the first pod leaves");
        using var again = await TestClient.AttachAsync(agent, "web");
        Assert.Equal("web", again.Pod);
        var update = await reader.UntilAsync(before.Generation, u => u.Pods.Count > 0);
        Assert.Equal(["web"], update.Removed); // first removed, then there anew
        Assert.Equal(again.Object.Epoch, Assert.Single(update.Pods).Objects[0].Epoch);
        Assert.Equal(1, agent.Agent.Stats.Retiring);
        await reader.AckAsync(update.Generation);
        await TestAgent.Eventually(() => agent.Agent.Stats.Retiring == 0, "the retired pod is given up");
    }

    [Fact]
    public async Task Detach_is_answered_and_the_connection_closed()
    {
        await using var agent = await TestAgent.StartAsync();
        using var client = await TestClient.AttachAsync(agent, "leaver");
        Assert.IsType<OkReply>(await client.AskAsync(new DetachRequest()));
        Assert.Equal(0, agent.Agent.Stats.Pods);
        Assert.Null(await client.ReceiveAsync());
    }

    [Fact]
    public async Task Further_objects_extend_the_slots_and_must_match_the_first()
    {
        await using var agent = await TestAgent.StartAsync();
        using var client = await TestClient.AttachAsync(agent, "big");
        using var more = PageObject.Create("more", TestClient.Geometry);
        var wrong = await client.RefusedAsync(new AttachObjectRequest(new(2, more.Geometry.Capacity, 1, more.Epoch)), [more.File]);
        Assert.Equal(ErrorCodes.Invalid, wrong.Code);
        Assert.IsType<OkReply>(await client.AskAsync(new AttachObjectRequest(new(1, more.Geometry.Capacity, 1, more.Epoch)), [more.File]));
        var perObject = TestClient.Geometry.Slots;
        var names = Enumerable.Range(0, perObject + 1).Select(i => $"m{i}").ToArray();
        Assert.Equal(perObject + 1, await client.DescribeAsync(0, names));
        using var reader = await TestReader.OpenAsync(agent);
        var pod = Assert.Single((await reader.LayoutAsync(0)).Pods);
        Assert.Equal(2, pod.Objects.Count);
        Assert.Equal(2, reader.Files.Count);
        more.Unmap();
    }

    [Fact]
    public async Task After_a_restart_the_same_file_is_attached_again()
    {
        var folder = TestAgent.NewFolder();
        var page = PageObject.Create("kept", TestClient.Geometry);
        page.Cell(0).Store(7);
        var agent = await TestAgent.StartAsync(folder: folder);
        var client = await TestClient.AttachAsync(agent, "kept", reuse: page);
        await client.DescribeAsync(0, "kept");
        var old = agent.Agent.Layout.Generation;
        await agent.Agent.DisposeAsync();
        Assert.Null(await client.ReceiveAsync());
        page.Cell(0).Add(1);
        await using var next = await TestAgent.StartAsync(folder: folder);
        using var again = await TestClient.AttachAsync(next, "kept", reuse: page);
        Assert.Equal(1, await again.DescribeAsync(0, "kept"));
        using var reader = await TestReader.OpenAsync(next);
        var update = await reader.LayoutAsync(old); // an earlier agent's generation
        Assert.True(update.Full);
        using var read = ObjectReader.Map(MemoryFile.ReopenReadOnly(Assert.Single(reader.Files).Value), TestClient.Geometry, page.Epoch);
        read.Slots = 1;
        var value = new double[1];
        Assert.Equal(RowStatus.Fresh, read.Read(value, Clocks.MonotonicNs));
        Assert.Equal(8, value[0]);
        client.Channel.Dispose();
    }

    [Fact]
    public async Task Ten_pods_attach_and_describe_at_once()
    {
        await using var agent = await TestAgent.StartAsync();
        var clients = await Task.WhenAll(Enumerable.Range(0, 10).Select(async p =>
        {
            var client = await TestClient.AttachAsync(agent, $"pod-{p}");
            for (var first = 0; first < 500; first += 50)
                await client.DescribeAsync(first, [.. Enumerable.Range(first, 50).Select(i => $"pod_{p}_metric_{i}")]);
            client.Object.Cell(499).Store(p);
            return client;
        }));
        using var reader = await TestReader.OpenAsync(agent);
        var pods = await reader.WholeAsync();
        Assert.Equal(10, pods.Count);
        Assert.All(pods, pod => Assert.Equal(Enumerable.Range(0, 500).Select(i => $"pod_{pod.Key[4..]}_metric_{i}"), pod.Value.Select(d => d.Name)));
        foreach (var (owner, file) in reader.Files)
        {
            using var read = ObjectReader.Map(MemoryFile.ReopenReadOnly(file), TestClient.Geometry, owner.Epoch);
            read.Slots = 500;
            var values = new double[500];
            Assert.Equal(RowStatus.Fresh, read.Read(values, Clocks.MonotonicNs));
            Assert.Equal(owner.Pod[4..], values[499].ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
        foreach (var client in clients)
            client.Dispose();
    }
}
