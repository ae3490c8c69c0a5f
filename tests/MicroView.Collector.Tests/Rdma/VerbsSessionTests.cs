using MicroView.Analysis;
using MicroView.Protocol;
using MicroView.Verbs;
using static MicroView.Collector.Tests.CollectorScene;

namespace MicroView.Collector.Tests;

/// <summary>A whole collector over HTTP and RDMA: how it gets its queue pairs, keeps them, and gets them again.</summary>
public sealed class VerbsSessionTests : IAsyncDisposable
{
    private readonly TestDevice _device = new();
    private readonly LogList _log = new();
    private HttpTestAgent? _agent;
    private CollectorService? _collector;

    private HttpTestAgent Agent => _agent ??= new(_device);

    public async ValueTask DisposeAsync()
    {
        if (_collector is not null)
            await _collector.DisposeAsync();
        if (_agent is not null)
            await _agent.DisposeAsync();
    }

    private async Task<CollectorService> StartAsync(Func<CollectorOptions, CollectorOptions>? change = null)
    {
        var options = new CollectorOptions
        {
            ControlPlane = $"127.0.0.1:{Agent.Port}", Transport = TransportKind.Verbs, PrometheusPort = null, Name = "nic",
            ScrapeInterval = TimeSpan.FromMilliseconds(5), Analysis = new AnalyzerOptions { Detector = new DetectorOptions { Model = "none" } },
        };
        return _collector = await CollectorService.StartAsync(change?.Invoke(options) ?? options, _log, _ => _device, TestContext.Current.CancellationToken);
    }

    private double? ValueOf(string pod, int slot = 0)
    {
        var row = new double[8];
        return _collector!.Pods.FirstOrDefault(one => one.Pod == pod) is { IsReadable: true } found && found.Row.TryCopy(row, out _) ? row[slot] : null;
    }

    private Task ShowsAsync(string pod, double value) => UntilAsync(() => ValueOf(pod) == value, $"{pod} shows {value}");

    [Fact]
    public async Task Pods_are_read_and_followed_as_they_join_grow_and_leave()
    {
        Agent.Join("a", TestBook.Gauge("m")).Set(0, 1.5);
        await StartAsync(o => o with { Lmaps = 2 });
        await ShowsAsync("a", 1.5);
        Assert.Equal(2, Agent.Connects);
        Assert.All(_collector!.QueuePairs, line => Assert.Matches("LMAP [01]: QP 1[78], GID 0000:.*connected to QP 4[01], GID 0000:", line));
        var late = Agent.Join("b", TestBook.Gauge("m"));
        late.Set(0, 2.5);
        await ShowsAsync("b", 2.5);
        Agent.Describe(late, TestBook.Gauge("n"));
        late.Set(1, 3.5);
        await UntilAsync(() => ValueOf("b", 1) == 3.5, "the new metric");
        Agent.Leave(late);
        await UntilAsync(() => _collector.Pods.All(pod => pod.Pod != "b") && Agent.Acknowledged == Agent.Generation, "the pod leaves, and that is acknowledged");
        Assert.Equal(2, Agent.Connects); // nothing of that costs a connection
    }

    [Fact]
    public async Task The_lease_comes_before_the_queue_pairs_and_both_are_given_back()
    {
        Agent.Join("a", TestBook.Gauge("m"));
        var collector = await StartAsync();
        Assert.Equal(["GET /v1/layout", "GET /rdma/qps", "POST /rdma/qps/connect"], Agent.Requests.Take(3));
        await collector.DisposeAsync();
        Assert.Equal("DELETE /rdma/qps", Agent.Requests[^1]);
        Assert.False(Agent.HasLease);
        Assert.Equal(0, _device.Blocks);
    }

    [Fact, Trait("group", "slow")]
    public async Task A_layout_that_takes_longer_than_a_lease_does_not_cost_the_session()
    {
        Agent.Join("a", TestBook.Gauge("m")).Set(0, 1);
        Agent.LayoutDelay = TimeSpan.FromSeconds(2.6);
        var starting = StartAsync(o => o with { AgentWait = TimeSpan.FromSeconds(30) });
        await UntilAsync(() => Agent.Requests.Count(line => line == "GET /v1/layout") >= 3, "the lease is renewed meanwhile");
        Agent.LayoutDelay = TimeSpan.Zero;
        await starting;
        Assert.Equal(1, Agent.Connects);
        await ShowsAsync("a", 1);
    }

    [Fact]
    public async Task A_connection_that_breaks_is_made_again_with_the_same_end_of_the_agent()
    {
        Agent.Join("a", TestBook.Gauge("m")).Set(0, 1);
        await StartAsync();
        await ShowsAsync("a", 1);
        for (var time = 1; time <= 3; time++)
        {
            _device.Queues[0].NextStatus = CompletionStatus.RetriesExceeded;
            await UntilAsync(() => Agent.Connects == 1 + time && ValueOf("a") == 1, "it is connected again");
        }
        Assert.Contains(_log.Lines, line => line.Contains("QP 17", StringComparison.Ordinal) && line.Contains("retries exceeded", StringComparison.Ordinal));
        Assert.Equal(1, _collector!.AgentSessions);
    }

    /// <summary>What left since a lease ended is not kept for its collector: it must not go on by the layout that it knows.</summary>
    [Fact]
    public async Task When_its_lease_has_ended_a_collector_begins_a_session_before_it_reads_again()
    {
        var (stays, leaves) = (Agent.Join("a", TestBook.Gauge("m")), Agent.Join("b", TestBook.Gauge("m")));
        stays.Set(0, 1);
        await StartAsync();
        await ShowsAsync("a", 1);
        Agent.EndLeases();
        _device.Queues[0].NextStatus = CompletionStatus.RetriesExceeded; // the agent has reset its end
        Agent.Leave(leaves);
        stays.Set(0, 2);
        await ShowsAsync("a", 2);
        Assert.Null(ValueOf("b"));
        Assert.Equal((2, 2), (_collector!.AgentSessions, Agent.Connects)); // it was refused under the old session
        Assert.DoesNotContain(_log.Lines, line => line.Contains("refused to let the values", StringComparison.Ordinal)); // no READ met what had been given up
    }

    [Fact]
    public async Task An_agent_that_was_started_again_is_read_by_its_own_layout()
    {
        var pod = Agent.Join("a", TestBook.Gauge("m"));
        pod.Set(0, 1);
        await StartAsync();
        await ShowsAsync("a", 1);
        var port = Agent.Port;
        await Agent.DisposeAsync();
        _device.Queues[0].NextStatus = CompletionStatus.RetriesExceeded; // before its regions go: a READ between the two would be refused by them
        await UntilAsync(() => ValueOf("a") is null, "nothing is fresh without an agent");
        _device.Regions.Clear(); // what it had registered has gone with it
        _agent = new HttpTestAgent(_device, port: port, pods: [pod]);
        pod.Set(0, 2);
        await ShowsAsync("a", 2);
        Assert.Equal(2, _collector!.AgentSessions);
        Assert.DoesNotContain(_log.Lines, line => line.Contains("refused to let the values", StringComparison.Ordinal)); // no READ by the old layout met the new agent
    }

    [Theory]
    [InlineData("/v1/layout", 401, "the collector role is needed", "refuses this collector: the collector role is needed")]
    [InlineData("/rdma/qps/connect", 409, "no queue pair is free: 1 in all, in use by 'http:other'", "connects no queue pair: no queue pair is free: 1 in all, in use by 'http:other'")]
    [InlineData("/v1/layout", 404, "not here", "is no host agent: it answers HTTP 404")]
    public async Task A_start_that_cannot_be_says_in_one_line_why(string path, int status, string error, string expected)
    {
        Agent.Refusals[path] = (status, error);
        var problem = await Assert.ThrowsAsync<CollectorStartException>(() => StartAsync(o => o with { AgentWait = TimeSpan.FromSeconds(1) }));
        Assert.Contains(expected, problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem.Message);
    }

    [Fact]
    public async Task More_LMAPs_than_queue_pairs_are_told_which_option_helps()
    {
        Agent.Queues = 1;
        var problem = await Assert.ThrowsAsync<CollectorStartException>(() => StartAsync(o => o with { Lmaps = 3, AgentWait = TimeSpan.FromSeconds(1) }));
        Assert.Contains("--rdma-queues 3", problem.Message, StringComparison.Ordinal);
        Assert.Contains("--lmaps 1", problem.Message, StringComparison.Ordinal);
    }

    [Fact, Trait("group", "slow")]
    public async Task A_rate_that_another_holds_is_told_once_until_that_changes()
    {
        int Told(string text) => _log.Lines.Count(line => line.Contains(text, StringComparison.Ordinal));
        Agent.TermHolder = "http:other";
        var pod = Agent.Join("a", TestBook.Gauge("m"));
        await StartAsync(o => o with { TraceRate = 0.25 });
        await UntilAsync(() => Agent.Requests.Count(line => line == "POST /v1/terms") >= 3, "it is asked for again");
        Agent.Join("b", TestBook.Gauge("m")); // one more that is refused is no news
        await UntilAsync(() => Agent.Requests.Count(line => line == "POST /v1/terms") >= 5, "and again");
        Assert.Equal((1, 0), (Told("is not ours to set"), Told("is held")));
        Assert.Equal(0ul, pod.Object.Control.Bits);
        Agent.TermHolder = null;
        await UntilAsync(() => pod.Object.Control.Term == 5, "the rate is ours");
        Assert.Equal((1, 1), (Told("is not ours to set"), Told("is held")));
    }

    [Fact]
    public async Task A_pod_that_went_before_its_term_was_granted_is_no_refusal()
    {
        var (stays, leaves) = (Agent.Join("a", TestBook.Gauge("m")), Agent.Join("b", TestBook.Gauge("m")));
        await StartAsync();
        await UntilAsync(() => _collector!.Pods.Count == 2, "both pods");
        var polls = Agent.Requests.Count(line => line == "GET /v1/layout");
        Agent.LayoutDelay = TimeSpan.FromMinutes(1);
        await UntilAsync(() => Agent.Requests.Count(line => line == "GET /v1/layout") > polls, "a poll that hears of nothing");
        Agent.Leave(leaves);
        _collector!.SetTraceRate(null, 0.5);
        await UntilAsync(() => stays.Object.Control.Term == 5, "the other's rate");
        Assert.Equal(["a", "b"], Agent.AskedTerms.Order());
        Assert.DoesNotContain(_log.Lines, line => line.Contains("not ours to set", StringComparison.Ordinal) || line.Contains("cannot be renewed", StringComparison.Ordinal));
        Agent.LayoutDelay = TimeSpan.Zero;
    }

    [Fact]
    public async Task A_wanted_rate_is_written_into_every_pods_control_word_under_the_term()
    {
        var pods = new[] { Agent.Join("a", TestBook.Gauge("m")), Agent.Join("b", TestBook.Gauge("m")) };
        await StartAsync(o => o with { TraceRate = 0.25 });
        await UntilAsync(() => pods.All(pod => pod.Object.Control is { Term: 5 } word && Math.Round(word.Rate, 6) == 0.25), "both words");
        _collector!.SetTraceRate("a", 1);
        await UntilAsync(() => pods[0].Object.Control.Rate == 1 && Math.Round(pods[1].Object.Control.Rate, 6) == 0.25, "one pod's own rate");
    }
}
