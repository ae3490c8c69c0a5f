namespace MicroView.EndToEnd.Tests;

[Collection(nameof(Alone))]
[Trait("group", "slow")]
public sealed class KilledCollectorTests
{
    [Fact]
    public async Task Nothing_else_notices_and_a_new_one_takes_over()
    {
        using var host = new HostProcess();
        using var pod = new CountingPod(host.Socket, "counting");
        using var generate = Microview.Start($"generate -m 16 --update-metrics --debug --rate 50 --pod web --socket {host.Socket}");
        var nic = host.StartNic();
        using var bystander = host.StartNic();
        try
        {
            await nic.UntilAsync(scrape => scrape.Of("jobs_total", "counting") > 0 && scrape.Of("http_requests_total_0", "web") > 0, "first values");
            var (printed, lines) = (generate.Lines("Metrics updated").Length, host.Process.Errors);
            var missed = (await host.MetricsAsync())["microview_host_missed_heartbeats_total"];
            nic.Process.KillHard();
            await Soon.UntilAsync(async () => (await host.MetricsAsync())["microview_host_readers"] == 1, "the dead reader's lease ends");
            Assert.True((await bystander.ScrapeAsync()).Of("jobs_total", "counting") > 0);
            await Soon.UntilAsync(() => generate.Lines("Metrics updated").Length > printed + 50, "the generator goes on");
            Assert.Equal("counting", pod.Attached);
            var metrics = await host.MetricsAsync();
            Assert.Equal(2, metrics["microview_host_pods{kind=\"socket\"}"]);
            Soon.Report($"late heartbeats {missed} before, {metrics["microview_host_missed_heartbeats_total"]} after");
            Assert.DoesNotContain("fail", host.Process.Errors[lines.Length..]);

            // A dead reader holds no memory back.
            generate.KillHard();
            await Soon.UntilAsync(async () => (await host.MetricsAsync())["microview_host_retiring"] == 0, "the killed client's memory is given up", TimeSpan.FromSeconds(5));

            using var next = host.StartNic();
            var added = pod.Finish();
            await next.UntilAsync(scrape => scrape.Of("jobs_total", "counting") == added, $"exactly {added} from the new collector");
        }
        finally
        {
            nic.Dispose();
        }
    }
}
