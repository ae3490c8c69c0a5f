namespace MicroView.EndToEnd.Tests;

[Collection(nameof(Alone))]
[Trait("group", "slow")]
public sealed class KilledAgentTests
{
    [Fact]
    public async Task Clients_go_on_reattach_within_2_s_of_its_return_and_lose_not_one_increment()
    {
        using var host = new HostProcess();
        using var nic = host.StartNic();
        using var pod = new CountingPod(host.Socket, "counting", threads: 4);
        await nic.UntilAsync(scrape => scrape.Of("jobs_total", "counting") > 0, "first values");
        for (var round = 0; round < 3; round++)
        {
            host.KillHard();
            var before = pod.Added;
            // Values that are not fresh are not passed off as fresh.
            await nic.UntilAsync(scrape => double.IsNaN(scrape.Of("jobs_total", "counting")), "end of stale values");
            await Soon.UntilAsync(() => pod.Added > before + 10_000, "the client goes on");
            host.Start();
            var back = await Soon.UntilAsync(async () => (await host.MetricsAsync())["microview_host_pods{kind=\"socket\"}"] == 1, "the client's return");
            Soon.Report($"re-attached {back.TotalMilliseconds:0} ms after the agent's return");
            Assert.True(back <= TimeSpan.FromSeconds(2), $"re-attached after {back.TotalSeconds:0.00} s");
            await nic.UntilAsync(scrape => scrape.Of("jobs_total", "counting") > before, "values after the return");
        }
        var added = pod.Finish();
        await nic.UntilAsync(scrape => scrape.Of("jobs_total", "counting") == added, $"exactly {added}");
        Soon.Report($"{added} increments by 4 threads across 3 kills, all there");
    }

    [Fact]
    public async Task A_generator_process_goes_on_and_comes_back()
    {
        using var host = new HostProcess();
        using var nic = host.StartNic();
        using var generate = Microview.Start($"generate -m 16 --update-metrics --debug --rate 50 --pod web --socket {host.Socket}");
        await nic.UntilAsync(scrape => scrape.Of("http_requests_total_0", "web") > 0, "first values");
        host.KillHard();
        var printed = generate.Lines("Metrics updated").Length;
        await Soon.UntilAsync(() => generate.Lines("Metrics updated").Length > printed + 100, "the generator goes on");
        var last = Requests(generate.Lines("Metrics updated")[^1].Line);
        host.Start();
        await nic.UntilAsync(scrape => scrape.Of("http_requests_total_0", "web") >= last, "values after the return");
    }

    private static double Requests(string line) => double.Parse(line.Split("Requests: ")[1].Split(',')[0], System.Globalization.CultureInfo.InvariantCulture);
}
