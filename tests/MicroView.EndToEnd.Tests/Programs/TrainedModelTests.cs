using MicroView.Analysis;

namespace MicroView.EndToEnd.Tests;

/// <summary>`nic --model VAE` over the generator's pods.</summary>
[Trait("group", "slow")]
public sealed class TrainedModelTests
{
    [Fact]
    public async Task Pods_whose_metrics_the_network_knows_are_judged_at_once_and_others_are_named()
    {
        using var folder = new TemporaryFolder();
        var (socket, prometheus) = (folder.File("agent.sock"), Microview.FreePort());
        File.WriteAllBytes(folder.File("web.vae"), VaeBytes.Write(Model(4)));
        using var host = Microview.Start($"host --port 0 --socket {socket}");
        host.WaitFor(_ => File.Exists(socket), "socket");
        using var right = Microview.Start($"generate -m 4 --update-metrics --pod web --socket {socket}");
        using var wrong = Microview.Start($"generate -m 2 --update-metrics --pod narrow --socket {socket}");
        right.WaitFor(lines => lines.Contains("Metrics updated"), "first row");
        wrong.WaitFor(lines => lines.Contains("Metrics updated"), "first row");
        using var nic = Microview.Start($"nic --transport shm --socket {socket} --prometheus-port {prometheus} --model VAE --model-file {folder.File("web.vae")}");
        nic.WaitFor(lines => lines.Contains("Pod narrow is not watched as it is now: the model takes 4 metrics, of which 2 are not among the pod's 2", StringComparison.Ordinal), "line that says why");
        var text = await GettingStartedTests.EndpointAsync(prometheus, "microview_anomaly_score{pod=\"web\"");
        Assert.Contains("microview_anomaly_threshold{pod=\"web\"", text);
        Assert.DoesNotContain("microview_anomaly_score{pod=\"narrow\"", text);
        Assert.Equal(0, nic.Stop());
    }

    private static VaeModel Model(int metrics)
    {
        var untrained = VaeModel.Untrained(metrics, 1);
        return new(untrained.Layers, untrained.Means, untrained.Deviations)
        {
            Threshold = 1e6,
            Names = [.. Enumerable.Range(0, metrics).Select(i => i < metrics / 2 ? $"http_requests_total_{i}" : $"http_request_latency_{i - metrics / 2}")],
        };
    }
}
