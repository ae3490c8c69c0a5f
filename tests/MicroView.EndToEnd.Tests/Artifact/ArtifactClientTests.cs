namespace MicroView.EndToEnd.Tests;

/// <summary>Clients of the Python artifact, as processes.</summary>
[Trait("group", "slow")]
public sealed class ArtifactClientTests
{
    private const int Pods = 10, Metrics = 60;

    [Fact]
    public async Task Ten_pods_at_once_each_get_their_own_addresses_and_every_value_arrives()
    {
        using var host = new HostProcess();
        using var nic = host.StartNic();
        var clients = Enumerable.Range(0, Pods).Select(pod => Client(host, $"py-{pod}", Metrics)).ToArray();
        try
        {
            for (var pod = 0; pod < Pods; pod++)
            {
                clients[pod].WaitFor(lines => lines.Contains($" {Metrics}\n", StringComparison.Ordinal), $"{Metrics} addresses");
                clients[pod].Tell($"write {1000 * (pod + 1)}.25");
            }
            Assert.Equal(Pods, host.Segments.Length);
            var scrape = await nic.UntilAsync(scrape => Enumerable.Range(0, Pods).All(pod => scrape.Of($"http_request_latency_{Metrics - 1}", $"py-{pod}") > 1000), "the last values");
            for (var pod = 0; pod < Pods; pod++)
                for (var i = 0; i < Metrics; i++)
                    Assert.Equal(1000 * (pod + 1) + 0.25 + i, scrape.Of(i % 2 == 1 ? $"http_request_latency_{i}" : $"http_requests_total_{i}", $"py-{pod}"));
        }
        finally
        {
            foreach (var client in clients)
                client.Dispose();
        }
    }

    [Fact]
    public async Task A_segment_that_a_client_maps_survives_kill_and_stop_of_the_agent_and_is_adopted_by_the_next()
    {
        using var host = new HostProcess();
        using var nic = host.StartNic();
        using var client = Client(host, "py", 8);
        client.WaitFor(lines => lines.Contains("registered", StringComparison.Ordinal), "its addresses");
        client.Tell("write 100");
        await nic.UntilAsync(scrape => scrape.Of("http_requests_total_0", "py") == 100, "its values");
        var segment = Assert.Single(host.Segments);
        Action[] ends = [host.KillHard, () => Assert.Equal(0, host.Process.Stop())];
        for (var round = 1; round <= ends.Length; round++)
        {
            ends[round - 1]();
            Assert.Equal([segment], host.Segments);
            client.Tell($"write {100 * round + 1}"); // while nobody is there
            host.Start();
            await nic.UntilAsync(scrape => scrape.Of("http_requests_total_0", "py") == 100 * round + 1, "what was written while the agent was away");
            client.Tell("again");
            client.WaitFor(lines => lines.Split("same addresses").Length > round, "the same addresses");
            client.Tell($"add added_{round}");
            client.WaitFor(lines => lines.Split("same segment").Length > round, "the same segment");
            client.Tell($"write {100 * (round + 1)}");
            var scrape = await nic.UntilAsync(scrape => scrape.Of($"added_{round}", "py") == 100 * (round + 1) + 8 + round - 1, "the new metric");
            Assert.Equal(100 * (round + 1) + 7, scrape.Of("http_request_latency_7", "py"));
        }
        client.Tell("end");
        Assert.Equal(0, client.WaitForExit());
        host.StopCleanly(); // nobody holds it any more
    }

    private static Microview Client(HostProcess host, string pod, int metrics) =>
        Microview.StartProgram(Microview.Python, $"{Microview.Script("artifact_client.py")} {host.Rest("").ToString().TrimEnd('/')} {pod} {metrics}");
}
