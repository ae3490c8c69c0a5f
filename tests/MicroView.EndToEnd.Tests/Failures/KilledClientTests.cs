namespace MicroView.EndToEnd.Tests;

[Collection(nameof(Alone))]
[Trait("group", "slow")]
public sealed class KilledClientTests
{
    private static readonly TimeSpan s_promise = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_killed_clients_memory_is_given_up_within_1_s_and_its_series_are_gone()
    {
        using var host = new HostProcess();
        using var nic = host.StartNic();
        using var other = new CountingPod(host.Socket, "other");
        await nic.UntilAsync(scrape => scrape.Of("jobs_total", "other") > 0, "the other pod");
        var (hostBefore, nicBefore) = (ProcessFacts.Objects(host.Process.Id), ProcessFacts.Objects(nic.Process.Id));
        Assert.True(hostBefore > 0 && nicBefore > 0, "the other pod's object is not seen in /proc: the test looks for the wrong name");

        using var generate = Microview.Start($"generate -m 64 --pods 8 --update-metrics --pod victim --socket {host.Socket}");
        await nic.UntilAsync(scrape => scrape.Of("http_requests_total_0", "victim-7") > 0, "the victim's series");
        Assert.True(ProcessFacts.Objects(host.Process.Id) >= hostBefore + 8 && ProcessFacts.Objects(nic.Process.Id) >= nicBefore + 8);
        generate.KillHard();
        var gone = await Soon.UntilAsync(() => ProcessFacts.Objects(host.Process.Id) == hostBefore && ProcessFacts.Objects(nic.Process.Id) == nicBefore, "memory given up");
        var scrape = await nic.ScrapeAsync(); // the next one
        Assert.All(Enumerable.Range(0, 8), pod => Assert.Empty(scrape.OfPod($"victim-{pod}")));
        Assert.True(scrape.Of("jobs_total", "other") > 0);
        Soon.Report($"memory of 8 killed pods given up by agent and collector after {gone.TotalMilliseconds:0} ms");
        Assert.True(gone <= s_promise, $"given up after {gone.TotalMilliseconds:0} ms");
        var metrics = await host.MetricsAsync();
        Assert.Equal((1, 0, 8), (metrics["microview_host_pods{kind=\"socket\"}"], metrics["microview_host_retiring"], metrics["microview_host_retired_total"]));
    }

    [Fact]
    public async Task A_forked_child_of_a_killed_client_keeps_nothing_alive_and_reaches_no_one_elses_memory()
    {
        using var host = new HostProcess();
        using var other = new CountingPod(host.Socket, "other");
        using var nic = host.StartNic();
        await nic.UntilAsync(scrape => scrape.Of("jobs_total", "other") > 0, "the other pod");
        using var parent = Microview.StartProgram(Microview.Python, $"{Microview.Script("socket_pod.py")} {host.Socket} parent fork");
        parent.WaitFor(lines => lines.Contains("child ", StringComparison.Ordinal), "forked child");
        await nic.UntilAsync(scrape => scrape.Of("m0", "parent") == -1, "what the child writes into its parent's pod");
        var child = int.Parse(parent.Output.Split("child ")[1].Split('\n')[0], null);
        try
        {
            Assert.Equal(["parent"], Mapped(child));
            parent.KillHard();
            var gone = await Soon.UntilAsync(async () => (await host.MetricsAsync())["microview_host_pods{kind=\"socket\"}"] == 1 && (await nic.ScrapeAsync()).OfPod("parent").Length == 0, "the dead parent's pod leaves");
            Assert.True(Directory.Exists($"/proc/{child}"), "the child has ended, which would prove nothing");
            Soon.Report($"pod of a killed parent gone after {gone.TotalMilliseconds:0} ms, its child still holds connection and mapping");
            Assert.True(gone <= s_promise, $"gone after {gone.TotalMilliseconds:0} ms");
            Assert.Equal(["parent"], Mapped(child)); // all it can reach is what its parent made
            Assert.True((await nic.ScrapeAsync()).Of("jobs_total", "other") > 0);
        }
        finally
        {
            Microview.StartProgram("/bin/kill", $"-9 {child}").WaitForExit();
        }
    }

    /// <summary>Names of the memory objects that a process has mapped.</summary>
    private static string[] Mapped(int process) =>
        [.. File.ReadLines($"/proc/{process}/maps").Where(line => line.Contains("/memfd:", StringComparison.Ordinal))
            .Select(line => line.Split("/memfd:")[1].Split(' ')[0]).Distinct()];
}
