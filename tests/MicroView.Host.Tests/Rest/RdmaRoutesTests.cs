using System.Text.Json;
using MicroView.Protocol;
using static MicroView.Host.Tests.HttpAgent;

namespace MicroView.Host.Tests;

public sealed class RdmaRoutesTests
{
    private const string End = """{"qp_num":7,"gid":"::ffff:10.9.0.2"}""";

    private readonly TestRdma _device = new();

    private static string Connect(string? lease, params string[] ends) =>
        $$"""{"queue_pairs":[{{string.Join(',', ends)}}]{{(lease is null ? "" : $",\"lease\":\"{lease}\"")}}}""";

    [Fact]
    public async Task Queue_pairs_are_told_connected_and_given_back()
    {
        await using var agent = await _device.StartAgentAsync();
        var (_, free) = await GetAsync(agent, "/rdma/qps");
        Assert.Equal(
            """[{"qp_num":1000,"gid":"0000:0000:0000:0000:0000:ffff:0a09:0001","index":0,"in_use":false,"psn":77,"mtu":1024,"max_rd_atomic":16,"state":"reset"},"""
            + """{"qp_num":1001,"gid":"0000:0000:0000:0000:0000:ffff:0a09:0001","index":1,"in_use":false,"psn":77,"mtu":1024,"max_rd_atomic":16,"state":"reset"}]""",
            free.GetProperty("queue_pairs").GetRawText());
        await OpenLeaseAsync(agent);
        var (status, reply) = await PostAsync(agent, "/rdma/qps/connect", Connect("nic", """{"qp_num":7,"gid":"::ffff:10.9.0.2","psn":3,"mtu":4096,"max_rd_atomic":8}"""));
        Assert.Equal((200, "success", 1, 1), (status, reply.GetProperty("status").GetString(), reply.GetProperty("connected").GetInt32(), reply.GetProperty("total").GetInt32()));
        var result = reply.GetProperty("results")[0];
        Assert.Equal("connected", result.GetProperty("status").GetString());
        var own = result.GetProperty("queue_pair");
        Assert.Equal((1000u, 0, true, "rts"), (own.GetProperty("qp_num").GetUInt32(), own.GetProperty("index").GetInt32(), own.GetProperty("in_use").GetBoolean(), own.GetProperty("state").GetString()));
        Assert.Equal((7u, 3u, 4096, 8), (_device.Queues[0].Peers[0].QpNum, _device.Queues[0].Peers[0].Psn, _device.Queues[0].Peers[0].Mtu, _device.Queues[0].Peers[0].MaxRdAtomic));
        Assert.True((await GetAsync(agent, "/rdma/qp/0")).Body.GetProperty("in_use").GetBoolean());
        Assert.Equal(1, agent.Agent.Stats.Readers); // the lease is open
        Assert.Equal("success", (await DeleteAsync(agent, "/rdma/qps?lease=nic")).Body.GetProperty("status").GetString());
        Assert.Equal(("reset", false), ((await GetAsync(agent, "/rdma/qp/0")).Body.GetProperty("state").GetString(), (await GetAsync(agent, "/rdma/qp/0")).Body.GetProperty("in_use").GetBoolean()));
        Assert.Equal(0, agent.Agent.Stats.Readers);
        Assert.Equal(200, (await DeleteAsync(agent, "/rdma/qps?lease=nic")).Status); // again is as well
    }

    [Fact]
    public async Task The_artifacts_requests_have_its_defaults_and_its_address_owns_them()
    {
        await using var agent = await _device.StartAgentAsync(1);
        var (status, reply) = await PostAsync(agent, "/rdma/qp/0/connect", End);
        Assert.Equal((200, "success", 1, 1), (status, reply.GetProperty("status").GetString(), reply.GetProperty("connected").GetInt32(), reply.GetProperty("total").GetInt32()));
        Assert.Equal((0u, 0, 0), (_device.Queues[0].Peers[0].Psn, _device.Queues[0].Peers[0].Mtu, _device.Queues[0].Peers[0].MaxRdAtomic));
        Assert.Equal(200, (await PostAsync(agent, "/rdma/qps/connect", Connect(null, End))).Status); // the same address
        await OpenLeaseAsync(agent, "other");
        var refused = await PostAsync(agent, "/rdma/qps/connect", Connect("other", End));
        Assert.Equal(409, refused.Status);
        Assert.Contains("'127.0.0.1'", Error(refused), StringComparison.Ordinal);
        Assert.Equal(409, (await PostAsync(agent, "/rdma/qp/0/connect?lease=other", End)).Status);
        Assert.Equal(200, (await DeleteAsync(agent, "/rdma/qps")).Status);
        Assert.Equal(200, (await PostAsync(agent, "/rdma/qp/0/connect?lease=other", End)).Status);
    }

    [Fact]
    public async Task A_lease_that_is_not_renewed_loses_its_queue_pairs_by_itself()
    {
        await using var agent = await _device.StartAgentAsync(1, o => o with { LeaseMs = 300 });
        await OpenLeaseAsync(agent);
        Assert.Equal(200, (await PostAsync(agent, "/rdma/qps/connect", Connect("nic", End))).Status);
        await TestAgent.Eventually(() => _device.Queues[0].Now == Verbs.QueuePairState.Reset, "the queue pair is reset");
        await OpenLeaseAsync(agent, "next");
        Assert.Equal(200, (await PostAsync(agent, "/rdma/qps/connect", Connect("next", End))).Status);
    }

    [Fact]
    public async Task Whoever_has_not_asked_for_the_layout_connects_nothing_and_gets_no_term()
    {
        await using var agent = await _device.StartAgentAsync(1, o => o with { LeaseMs = 300 });
        using var client = await TestClient.AttachAsync(agent, "web");
        (string Path, string Body)[] asked =
        [
            ("/rdma/qps/connect", Connect("nic", End)), ("/rdma/qp/0/connect?lease=nic", End), ("/v1/terms", """{"lease":"nic","pods":["web"]}"""),
        ];
        for (var round = 0; round < 2; round++)
        {
            foreach (var (path, body) in asked)
            {
                var refused = await PostAsync(agent, path, body);
                Assert.Equal(409, refused.Status);
                Assert.Contains("'nic' is not open: ask for /v1/layout", Error(refused), StringComparison.Ordinal);
            }
            Assert.Equal((0, 0), (agent.Agent.State.Rdma!.Queues.InUse, agent.Agent.Stats.Readers)); // nor did asking open it
            if (round == 1)
                return;
            await OpenLeaseAsync(agent);
            Assert.Equal(200, (await PostAsync(agent, "/rdma/qps/connect", Connect("nic", End))).Status);
            await TestAgent.Eventually(() => agent.Agent.State.Rdma!.Queues.InUse == 0, "the lease ends, and it is as if there had been none");
        }
    }

    [Theory]
    [InlineData("/rdma/qps/connect", "")]
    [InlineData("/rdma/qps/connect", "{")]
    [InlineData("/rdma/qps/connect", "null")]
    [InlineData("/rdma/qps/connect", "[]")]
    [InlineData("/rdma/qps/connect", "{}")]
    [InlineData("/rdma/qps/connect", """{"queue_pairs":null}""")]
    [InlineData("/rdma/qps/connect", """{"queue_pairs":[]}""")]
    [InlineData("/rdma/qps/connect", """{"queue_pairs":[null]}""")]
    [InlineData("/rdma/qps/connect", """{"queue_pairs":[{}]}""")]
    [InlineData("/rdma/qps/connect", """{"queue_pairs":[{"qp_num":7}]}""")]
    [InlineData("/rdma/qps/connect", """{"queue_pairs":[{"qp_num":7,"gid":null}]}""")]
    [InlineData("/rdma/qps/connect", """{"queue_pairs":[{"qp_num":7,"gid":"x"}]}""")]
    [InlineData("/rdma/qps/connect", """{"queue_pairs":[{"qp_num":7,"gid":"\ud800"}]}""")]
    [InlineData("/rdma/qps/connect", """{"queue_pairs":[{"qp_num":-1,"gid":"::1"}]}""")]
    [InlineData("/rdma/qps/connect", """{"queue_pairs":[{"qp_num":4294967296,"gid":"::1"}]}""")]
    [InlineData("/rdma/qps/connect", """{"queue_pairs":[{"qp_num":7,"gid":"::1","mtu":-5}]}""")]
    [InlineData("/rdma/qps/connect", """{"queue_pairs":[{"qp_num":7,"gid":"::1","lid":70000}]}""")]
    [InlineData("/rdma/qps/connect", """{"queue_pairs":[{"qp_num":7,"gid":"::1"}],"lease":""}""")]
    [InlineData("/rdma/qps/connect", """{"queue_pairs":[{"qp_num":7,"gid":"::1"}],"lease":"a\nb"}""")]
    [InlineData("/rdma/qp/0/connect", "null")]
    [InlineData("/rdma/qp/0/connect", """{"gid":"::1"}""")]
    [InlineData("/rdma/qp/0/connect?lease=", """{"qp_num":7,"gid":"::1"}""")]
    [InlineData("/v1/terms", "null")]
    [InlineData("/v1/terms", "{}")]
    [InlineData("/v1/terms", """{"lease":"a"}""")]
    [InlineData("/v1/terms", """{"pods":[]}""")]
    [InlineData("/v1/terms", """{"lease":null,"pods":[]}""")]
    [InlineData("/v1/terms", """{"lease":"","pods":[]}""")]
    [InlineData("/v1/terms", """{"lease":"a","pods":[null]}""")]
    [InlineData("/v1/terms", """{"lease":"a","pods":"pod"}""")]
    [InlineData("/v1/terms", """{"lease":"a","pods":[1]}""")]
    public async Task Hostile_bodies_are_told_what_is_wrong_and_change_nothing(string path, string body)
    {
        await using var agent = await _device.StartAgentAsync();
        var answer = await PostAsync(agent, path, body);
        Assert.Equal(400, answer.Status);
        Assert.InRange(Error(answer).Length, 10, 400);
        Assert.DoesNotContain('\n', Error(answer));
        Assert.Empty(_device.Journal);
        Assert.Equal((0, 0), (agent.Agent.State.Rdma!.Queues.InUse, agent.Agent.Stats.Readers));
        Assert.Equal(1, agent.Metrics.Refusals(RefusalReason.Invalid));
    }

    [Fact]
    public async Task Paths_and_methods_that_are_none_are_told_so()
    {
        await using var agent = await _device.StartAgentAsync(2);
        foreach (var path in (string[])["/rdma/qp/2", "/rdma/qp/x", "/rdma/qp/-1", "/rdma/qp/", "/rdma/qp/99999999999999999999"])
            Assert.Equal(404, (await GetAsync(agent, path)).Status);
        Assert.Equal(404, (await PostAsync(agent, "/rdma/qp/2/connect", End)).Status);
        Assert.Equal(405, (await GetAsync(agent, "/rdma/qps/connect")).Status);
        Assert.Equal(405, (await PostAsync(agent, "/rdma/qps", End)).Status);
        Assert.Equal(405, (await PostAsync(agent, "/rdma/qp/0", End)).Status);
        Assert.Equal(405, (await GetAsync(agent, "/v1/terms")).Status);
        Assert.Equal(400, (await DeleteAsync(agent, "/rdma/qps?lease=")).Status);
        Assert.Equal(413, (await PostAsync(agent, "/rdma/qps/connect", Connect(new('x', 70_000), End))).Status);
        Assert.Equal(400, (await PostAsync(agent, "/v1/terms", $$"""{"lease":"a","pods":[{{string.Join(',', Enumerable.Repeat("\"p\"", 5000))}}]}""")).Status);
    }

    [Fact]
    public async Task Without_a_device_connecting_answers_409_with_the_reason_and_leaving_is_free()
    {
        await using var agent = await TestAgent.StartAsync(open: (HostState _, Verbs.VerbsState _, out string reason) => { reason = "no device"; return null; });
        Assert.Equal(409, (await PostAsync(agent, "/rdma/qps/connect", "{}")).Status);
        Assert.Equal(409, (await PostAsync(agent, "/rdma/qp/0/connect", "{}")).Status);
        Assert.Equal(404, (await GetAsync(agent, "/rdma/qp/0")).Status);
        Assert.Equal(200, (await DeleteAsync(agent, "/rdma/qps?lease=a")).Status);
        Assert.Equal(0, (await GetAsync(agent, "/rdma/mrs")).Body.GetProperty("memory_regions").GetArrayLength());
    }

    [Fact]
    public async Task Regions_are_told_over_http_and_not_on_the_socket()
    {
        await using var agent = await _device.StartAgentAsync();
        using var client = await TestClient.AttachAsync(agent, "web");
        await client.DescribeAsync(0, "a", "b");
        var (_, update) = await GetAsync(agent, "/v1/layout?since=0&lease=nic");
        var region = update.GetProperty("pods")[0].GetProperty("regions")[0];
        var values = _device.Live[region.GetProperty("values").GetProperty("key").GetUInt32()];
        Assert.Equal((0, values.Address, 4096L), (region.GetProperty("index").GetInt32(), region.GetProperty("values").GetProperty("address").GetUInt64(), region.GetProperty("values").GetProperty("size").GetInt64()));
        Assert.Contains("control page", _device.Live[region.GetProperty("control").GetProperty("key").GetUInt32()].Subject, StringComparison.Ordinal);
        var (_, regions) = await GetAsync(agent, "/rdma/mrs");
        Assert.Equal(["web/0", "web/control"], regions.GetProperty("memory_regions").EnumerateArray().Select(one => one.GetProperty("name").GetString()));
        Assert.Equal((values.Address, values.RemoteKey, values.LocalKey), (regions.GetProperty("memory_regions")[0].GetProperty("addr").GetUInt64(),
            regions.GetProperty("memory_regions")[0].GetProperty("rkey").GetUInt32(), regions.GetProperty("memory_regions")[0].GetProperty("lkey").GetUInt32()));
        using var reader = await TestReader.OpenAsync(agent);
        Assert.Null(Assert.Single((await reader.LayoutAsync(0)).Pods).Regions);
        Assert.False((await GetAsync(agent, "/v1/pods")).Body.GetProperty("pods")[0].TryGetProperty("regions", out _));
    }

    [Fact]
    public async Task Terms_are_granted_to_one_lease_and_free_when_it_leaves()
    {
        await using var agent = await _device.StartAgentAsync(change: o => o with { RateTimeout = TimeSpan.FromMilliseconds(600), BaseTraceRate = 0.25 });
        using var client = await TestClient.AttachAsync(agent, "web");
        Task<(int Status, JsonElement Body)> Ask(string lease) => PostAsync(agent, "/v1/terms", $$"""{"lease":"{{lease}}","pods":["web","nobody"]}""");
        await OpenLeaseAsync(agent, "a");
        await OpenLeaseAsync(agent, "b");
        var terms = (await Ask("a")).Body.GetProperty("terms");
        var term = (ushort)terms[0].GetProperty("term").GetInt32();
        Assert.NotEqual(0, term);
        Assert.Equal(("nobody", false, false), (terms[1].GetProperty("pod").GetString(), terms[1].TryGetProperty("term", out _), terms[1].TryGetProperty("holder", out _)));
        client.Object.Control = ControlWord.Create(1, term, (ushort)(client.Object.Control.Sequence + 1)); // as a WRITE does
        Assert.Equal("http:a", (await Ask("b")).Body.GetProperty("terms")[0].GetProperty("holder").GetString());
        Assert.Contains("microview_host_rdma_terms 1\n", await MetricsAsync(agent), StringComparison.Ordinal);
        await DeleteAsync(agent, "/rdma/qps?lease=a");
        await OpenLeaseAsync(agent, "b");
        Assert.Equal(term + 1, (await Ask("b")).Body.GetProperty("terms")[0].GetProperty("term").GetInt32());
        await TestAgent.Eventually(() => client.Object.Control is { Term: 0 } word && Math.Round(word.Rate, 6) == 0.25, "the base rate is put back, since nobody writes");
    }

    [Fact]
    public async Task The_agents_own_metrics_tell_of_regions_queue_pairs_and_connects()
    {
        await using var agent = await _device.StartAgentAsync(3);
        using var client = await TestClient.AttachAsync(agent, "web");
        await PostAsync(agent, "/rdma/qps/connect", Connect(null, End, End));
        _device.Queues[1].Now = Verbs.QueuePairState.Error;
        await TestAgent.Eventually(() => agent.Agent.State.Rdma!.Queues.Errors == 1, "the error is seen");
        _device.BeforeRegister = subject => throw TestRdma.NoLockedMemory(subject);
        using var other = await TestClient.AttachAsync(agent, "api");
        var text = await MetricsAsync(agent);
        Assert.All((string[])
        [
            "microview_host_rdma_regions 2", "microview_host_rdma_registered_bytes 8192", "microview_host_rdma_queue_pairs{state=\"rts\"} 1",
            "microview_host_rdma_queue_pairs{state=\"reset\"} 2", "microview_host_rdma_queue_pairs{state=\"error\"} 0", "microview_host_rdma_queue_pairs_in_use 1",
            "microview_host_rdma_connects_total 2", "microview_host_rdma_queue_errors_total 1", "microview_host_rdma_registrations_failed_total 1", "microview_host_rdma_terms 0",
        ], line => Assert.Contains(line + "\n", text, StringComparison.Ordinal));
    }
}
