using System.Net.Sockets;
using System.Text;
using Microsoft.Win32.SafeHandles;
using MicroView.Protocol;

namespace MicroView.Host.Tests;

/// <summary>Every test has a well-behaved client beside the hostile one, which must not notice.</summary>
public sealed class HostileClientTests
{
    private static async Task AssertUnharmedAsync(TestAgent agent, TestClient bystander)
    {
        var before = bystander.Object.Heartbeat;
        var slots = await bystander.DescribeAsync(0, "still_served");
        Assert.Equal(1, slots);
        await TestAgent.Eventually(() => bystander.Object.Heartbeat != before, "a heartbeat for the others");
        Assert.NotNull(agent.Agent.State.Book.Find(bystander.Pod));
    }

    private static Socket RawConnect(TestAgent agent)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(agent.Socket));
        return socket;
    }

    private static byte[] Frame(string json, int length = -1, ushort files = 0)
    {
        var body = Encoding.UTF8.GetBytes(json);
        return [.. BitConverter.GetBytes(length < 0 ? body.Length : length), .. BitConverter.GetBytes(files), 0x4D, 0x56, .. body];
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("not json")]
    [InlineData("null")]
    [InlineData("unknown type")]
    [InlineData("oversized")]
    [InlineData("announced descriptors that never came")]
    [InlineData("out of order")]
    [InlineData("missing field")]
    public async Task Garbage_is_answered_counted_and_closed(string kind)
    {
        await using var agent = await TestAgent.StartAsync();
        using var bystander = await TestClient.AttachAsync(agent, "bystander");
        using var socket = RawConnect(agent);
        socket.Send(kind switch
        {
            "garbage" => Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: agent\r\n\r\n"),
            "not json" => Frame("{\"type\":\"attach\","),
            "null" => Frame("null"),
            "unknown type" => Frame("""{"type":"format_disk"}"""),
            "oversized" => Frame("{}", length: 64 * 1024 * 1024),
            "announced descriptors that never came" => Frame("""{"type":"detach"}""", files: 3),
            "out of order" => Frame("""{"type":"detach"}"""),
            _ => Frame("""{"type":"attach","pod":"x"}"""),
        });
        socket.ReceiveTimeout = 20_000;
        var answer = new byte[4096];
        var count = socket.Receive(answer);
        Assert.Contains("\"code\":\"protocol\"", Encoding.UTF8.GetString(answer, 0, count), StringComparison.Ordinal);
        Assert.Equal(0, socket.Receive(answer)); // closed
        Assert.Equal(1, agent.Metrics.Refusals(RefusalReason.Protocol));
        await AssertUnharmedAsync(agent, bystander);
    }

    [Fact]
    public async Task A_client_that_stops_half_way_or_says_nothing_is_dropped()
    {
        await using var agent = await TestAgent.StartAsync(o => o with { FirstMessageTimeout = TimeSpan.FromMilliseconds(300) });
        using var bystander = await TestClient.AttachAsync(agent, "bystander");
        using var silent = RawConnect(agent);
        using var half = RawConnect(agent);
        half.Send(Frame("""{"type":"attach" """, length: 500));
        using var gone = RawConnect(agent);
        gone.Send([1, 0]);
        gone.Dispose();
        await TestAgent.Eventually(() => agent.Metrics.Refusals(RefusalReason.Silent) == 2 && agent.Metrics.Refusals(RefusalReason.Protocol) == 1, "all three are refused");
        await TestAgent.Eventually(() => agent.Agent.Stats.Connections == 1, "all three are closed");
        await AssertUnharmedAsync(agent, bystander);
    }

    [Theory]
    [InlineData("no seals")]
    [InlineData("short")]
    [InlineData("plain file")]
    [InlineData("wrong epoch")]
    [InlineData("bad capacity")]
    [InlineData("bad stripes")]
    [InlineData("zero epoch")]
    [InlineData("bad pod")]
    [InlineData("numbered pod")]
    [InlineData("long label")]
    public async Task An_object_or_identity_that_breaks_a_rule_is_refused(string kind)
    {
        await using var agent = await TestAgent.StartAsync();
        using var bystander = await TestClient.AttachAsync(agent, "bystander");
        using var client = TestClient.Connect(agent);
        using var page = PageObject.Create("hostile", TestClient.Geometry);
        using var file = kind switch
        {
            "plain file" => File.OpenHandle(Path.Combine(agent.Folder, "plain"), FileMode.Create, FileAccess.ReadWrite),
            "no seals" => Unsealed(),
            _ => MemoryFile.ReopenReadOnly(page.File),
        };
        var capacity = kind switch { "short" => 32 * 1024, "bad capacity" => int.MaxValue, _ => TestClient.Geometry.Capacity };
        var epoch = kind switch { "wrong epoch" => page.Epoch ^ 2, "zero epoch" => 0UL, _ => page.Epoch };
        var pod = kind switch { "bad pod" => "new\nline", "numbered pod" => "web#2", _ => "hostile" };
        var labels = kind == "long label" ? new SortedDictionary<string, string> { ["a"] = new('x', 5000) } : null;
        var refused = await client.RefusedAsync(
            new AttachRequest(pod, new(0, capacity, kind == "bad stripes" ? 3 : 1, epoch), Labels: labels), [kind is "no seals" or "plain file" ? file : page.File]);
        Assert.Equal(ErrorCodes.Invalid, refused.Code);
        Assert.True(refused.Message.Length > 10);
        Assert.Equal(1, agent.Agent.Stats.Pods);
        Assert.Equal(TestClient.Geometry.Capacity, agent.Agent.Stats.PoolBytes);
        await AssertUnharmedAsync(agent, bystander);
        page.Unmap();
    }

    private static SafeFileHandle Unsealed()
    {
        var path = $"/dev/shm/mvtest-{Guid.NewGuid():N}";
        var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, preallocationSize: TestClient.Geometry.Capacity);
        File.Delete(path);
        return file;
    }

    [Fact]
    public async Task Bad_descriptors_are_rejected_alone_and_stay_hidden()
    {
        await using var agent = await TestAgent.StartAsync();
        using var client = await TestClient.AttachAsync(agent, "mixed");
        static SlotDescriptor Bucket(string name, double? bound) => new() { Name = name, Type = MetricType.Histogram, Role = SlotRole.Bucket, Bound = bound };
        static SlotDescriptor Sum(string name) => new() { Name = name, Type = MetricType.Histogram, Role = SlotRole.Sum };
        SlotDescriptor[] asked =
        [
            new() { Name = "good" },
            new() { Name = "good" },
            new() { Name = "bad\nname" },
            new() { Name = new('x', 300) },
            new() { Name = "nan", Resolution = -1 },
            Bucket("fine", 1), Bucket("fine", 2), Bucket("fine", null), Sum("fine"),
            Bucket("falling", 2), Bucket("falling", 1), Sum("falling"),
            Bucket("sumless", 1),
            new() { Name = "with \"quotes\" and \\", Type = MetricType.Gauge },
            new() { Name = "fine", Type = MetricType.Gauge },
            new() { Name = "undefined", Role = (SlotRole)77 },
        ];
        var reply = Assert.IsType<DescribedReply>(await client.AskAsync(new DescribeRequest(0, asked)));
        Assert.Equal(asked.Length, reply.Slots);
        Assert.Equal([1, 2, 3, 4, 9, 10, 11, 12, 14, 15], reply.Rejected!.Select(r => r.Slot));
        Assert.All(reply.Rejected!, r => Assert.NotEqual("", r.Reason));
        using var reader = await TestReader.OpenAsync(agent);
        var pod = Assert.Single((await reader.LayoutAsync(0)).Pods);
        Assert.Equal([1, 2, 3, 4, 9, 10, 11, 12, 14, 15], pod.Descriptors.Index().Where(d => d.Item.Role == SlotRole.Hidden).Select(d => d.Index));
        Assert.Equal(10, agent.Metrics.Refusals(RefusalReason.Descriptor));
    }

    [Fact]
    public async Task Slots_cannot_be_announced_out_of_order_or_past_the_objects()
    {
        await using var agent = await TestAgent.StartAsync();
        using var client = await TestClient.AttachAsync(agent, "greedy");
        Assert.Equal(ErrorCodes.Invalid, (await client.RefusedAsync(new DescribeRequest(5, [new() { Name = "a" }]))).Code);
        var many = Enumerable.Range(0, TestClient.Geometry.Slots + 1).Select(i => new SlotDescriptor { Name = $"m{i}" }).ToList();
        Assert.Contains("room", (await client.RefusedAsync(new DescribeRequest(0, many))).Message, StringComparison.Ordinal);
        Assert.Equal(ErrorCodes.Invalid, (await client.RefusedAsync(new RetireRequest([0]))).Code);
        Assert.Equal(ErrorCodes.Invalid, (await client.RefusedAsync(new RetireRequest([-1]))).Code);
        Assert.Equal(1, await client.DescribeAsync(0, "a"));
        Assert.IsType<OkReply>(await client.AskAsync(new RetireRequest([0, 0])));
        Assert.Equal(2, await client.DescribeAsync(1, "a")); // a retired name is free again
        using var reader = await TestReader.OpenAsync(agent);
        var pod = Assert.Single((await reader.LayoutAsync(0)).Pods);
        Assert.Equal([0], pod.Retired);
        Assert.Equal(["a", "a"], pod.Descriptors.Select(d => d.Name));
    }

    [Fact]
    public async Task Quotas_of_pods_and_bytes_hold_and_come_back()
    {
        await using var agent = await TestAgent.StartAsync(o => o with { MaxPods = 2, PoolBytes = 40 * 1024 });
        using var a = await TestClient.AttachAsync(agent, "a");
        var b = await TestClient.AttachAsync(agent, "b");
        using var page = PageObject.Create("c", TestClient.Geometry);
        using var refused = TestClient.Connect(agent);
        var full = await refused.RefusedAsync(new AttachRequest("c", new(0, page.Geometry.Capacity, 1, page.Epoch)), [page.File]);
        Assert.Equal(ErrorCodes.Full, full.Code);
        Assert.Contains("--max-pods", full.Message, StringComparison.Ordinal);
        b.Dispose();
        await TestAgent.Eventually(() => agent.Agent.Stats is { Pods: 1, Retiring: 0 }, "b is given up");
        var more = await a.RefusedAsync(new AttachObjectRequest(new(1, page.Geometry.Capacity, 1, page.Epoch)), [page.File, page.File]);
        Assert.Equal(ErrorCodes.Protocol, more.Code); // two descriptors where one belongs
        await TestAgent.Eventually(() => agent.Agent.Stats.PoolBytes == 0, "everything is given back");
        page.Unmap();
    }

    [Fact]
    public async Task A_header_scribbled_over_is_counted_once_and_harms_no_one_else()
    {
        await using var agent = await TestAgent.StartAsync();
        using var bystander = await TestClient.AttachAsync(agent, "bystander");
        using var client = await TestClient.AttachAsync(agent, "scribbler");
        using (var file = MemoryFile.ReopenReadOnly(client.Object.File))
        using (var writer = File.OpenHandle($"/proc/self/fd/{file.DangerousGetHandle()}", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
            RandomAccess.Write(writer, new byte[64], PageFormat.HeaderOffset);
        await TestAgent.Eventually(() => agent.Agent.State.Metrics.Quarantined.Value == 1, "the damage is counted");
        await AssertUnharmedAsync(agent, bystander);
        Assert.Equal(1, agent.Agent.State.Metrics.Quarantined.Value);
    }

    [Fact]
    public async Task A_client_that_keeps_its_mapping_reaches_nobody_elses_memory()
    {
        await using var agent = await TestAgent.StartAsync();
        var old = await TestClient.AttachAsync(agent, "web");
        await old.DescribeAsync(0, "m");
        var kept = old.Object.Cell(0); // holds the mapping, as a forked child would
        old.Channel.Dispose();
        await TestAgent.Eventually(() => agent.Agent.Stats is { Pods: 0, Retiring: 0 }, "the pod is given up");
        using var next = await TestClient.AttachAsync(agent, "web");
        await next.DescribeAsync(0, "m");
        kept.Store(666);
        Assert.Equal(0, next.Object.Sum(0));
        Assert.NotEqual(old.Object.Epoch, next.Object.Epoch);
    }
}
