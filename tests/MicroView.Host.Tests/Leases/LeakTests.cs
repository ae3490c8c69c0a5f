using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MicroView.Protocol;

namespace MicroView.Host.Tests;

/// <summary>Counts what the whole process holds: no other test may run beside it.</summary>
[CollectionDefinition(nameof(LeakTests), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(LeakTests)), Trait("group", "slow")]
public sealed class LeakTests
{
    [Fact]
    public async Task Ten_thousand_attaches_and_detaches_leak_no_descriptor_no_map_and_no_memory()
    {
        await using var agent = await TestAgent.StartAsync();
        using var reader = await TestReader.OpenAsync(agent);
        var generation = (await reader.LayoutAsync(0)).Generation;
        await ChurnAsync(agent, 500);
        generation = await SettleAsync(agent, reader, generation);
        var before = Count();
        var watch = Stopwatch.StartNew();
        for (var round = 0; round < 20; round++)
        {
            await ChurnAsync(agent, 500);
            generation = await SettleAsync(agent, reader, generation);
        }
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{10_000 / watch.Elapsed.TotalSeconds:F0} attach, describe and leave per second, both ends in one process"));
        var after = Count();
        // The runtime's own threads and heaps come and go; 10,000 leaks of anything would not fit here.
        Assert.InRange(after.Files, 0, before.Files + 50);
        Assert.InRange(after.Maps, 0, before.Maps + 200);
        Assert.InRange(after.Heap, 0, before.Heap + 8 * 1024 * 1024);
        Assert.Equal(0, agent.Agent.Stats.PoolBytes);
    }

    private static async Task ChurnAsync(TestAgent agent, int times)
    {
        for (var i = 0; i < times; i++)
        {
            using var client = await TestClient.AttachAsync(agent, "churn");
            await client.DescribeAsync(0, "a", "b", "c");
            if (i % 2 == 0)
                await client.AskAsync(new DetachRequest());
        }
    }

    private static async Task<ulong> SettleAsync(TestAgent agent, TestReader reader, ulong generation)
    {
        while (agent.Agent.Stats is not { Pods: 0, Retiring: 0, Connections: 1 })
        {
            generation = (await reader.LayoutAsync(generation, 20)).Generation;
            await reader.AckAsync(generation);
        }
        return generation;
    }

    private static (int Files, int Maps, long Heap) Count()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return (Directory.GetFiles("/proc/self/fd").Length, File.ReadAllLines("/proc/self/maps").Length, GC.GetTotalMemory(forceFullCollection: true));
    }

    [Fact]
    public async Task Twenty_thousand_registrations_one_by_one_over_one_connection_all_stand()
    {
        await using var agent = await TestAgent.StartAsync();
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, agent.Agent.RestEndpoint!.Port, TestContext.Current.CancellationToken);
        var stream = client.GetStream();
        var answer = new byte[4096];
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 20_000; i++)
        {
            var body = $$"""{"microservice_id":"bulk-{{i / 5000}}","name":"http_requests_total_{{i}}","type":false,"value":{{i}}}""";
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"), TestContext.Current.CancellationToken);
            var count = await stream.ReadAsync(answer, TestContext.Current.CancellationToken);
            Assert.StartsWith("HTTP/1.1 200", Encoding.ASCII.GetString(answer, 0, count), StringComparison.Ordinal);
        }
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{20_000 / watch.Elapsed.TotalSeconds:F0} registrations per second over one connection"));
        Assert.Equal(20_000, agent.Agent.Stats.Slots);
        Assert.True(PodViews.TryRead(agent.Agent.State, "bulk-3", out _, out var values));
        Assert.Equal(Enumerable.Range(15_000, 5000).Select(i => (double)i), values);
    }

    [Fact]
    public async Task A_hundred_thousand_metrics_registered_in_batches_all_stand()
    {
        await using var agent = await TestAgent.StartAsync(o => o with { PoolBytes = 1L << 30 });
        var watch = Stopwatch.StartNew();
        var clients = new List<TestClient>();
        for (var pod = 0; pod < 100; pod++)
        {
            var client = await TestClient.AttachAsync(agent, $"pod-{pod}");
            clients.Add(client);
            await client.DescribeAsync(0, [.. Enumerable.Range(0, 1000).Select(i => $"http_request_latency_{i}")]);
        }
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{100_000 / watch.Elapsed.TotalSeconds:F0} metrics per second through the socket in batches of 1000, both ends in one process"));
        using var reader = await TestReader.OpenAsync(agent);
        var pods = await reader.WholeAsync();
        Assert.True(reader.Updates > 5, "the layout was meant to be larger than a frame");
        Assert.Equal(100_000, pods.Values.Sum(p => p.Count));
        clients.ForEach(client => client.Dispose());
    }
}
