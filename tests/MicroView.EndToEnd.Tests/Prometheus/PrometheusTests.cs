using System.Text.Json;

namespace MicroView.EndToEnd.Tests;

/// <summary>Debian's real prometheus and promtool over everything that we expose.</summary>
[Trait("group", "slow")]
public sealed class PrometheusTests
{
    private static readonly HttpClient s_http = new();

    [Fact]
    public async Task The_real_prometheus_scrapes_all_three_endpoints_and_answers_queries()
    {
        Promtool.Require("prometheus");
        using var folder = new TemporaryFolder();
        using var host = new HostProcess();
        using var nic = host.StartNic("--model TH --learn 1 -s 0.1");
        using var generate = Microview.Start($"generate -m 16 --update-metrics --pod web --socket {host.Socket}");
        var (upPort, port) = (Microview.FreePort(), Microview.FreePort());
        using var up = Microview.Start($"up --plain --sources processes --port 0 --prometheus-port {upPort} --learn 2 --socket {folder.File("up.sock")}");
        await File.WriteAllTextAsync(folder.File("prometheus.yml"), $"""
            global: {"{"} scrape_interval: 1s {"}"}
            scrape_configs:
              - job_name: up
                static_configs: [{"{"} targets: ["127.0.0.1:{upPort}"] {"}"}]
              - job_name: nic
                static_configs: [{"{"} targets: ["127.0.0.1:{nic.Address.Port}"] {"}"}]
              - job_name: agent
                static_configs: [{"{"} targets: ["127.0.0.1:{host.Port}"] {"}"}]
            """, TestContext.Current.CancellationToken);
        using var prometheus = Microview.StartProgram("prometheus",
            $"--config.file={folder.File("prometheus.yml")} --storage.tsdb.path={folder.File("data")} --web.listen-address=127.0.0.1:{port}");

        Assert.Equal(3, await QueryAsync(port, "sum(up)", value => value == 3, prometheus));
        Assert.True(await QueryAsync(port, "rate(http_requests_total_0{pod=\"web\",job=\"nic\"}[10s])", value => value > 0, prometheus) > 0);
        Assert.True(await QueryAsync(port, "microview_anomaly_threshold{pod=\"web\"}", value => value > 0, prometheus) > 0);
        Assert.True(await QueryAsync(port, "count(process_cpu_seconds_total{job=\"up\"})", value => value > 1, prometheus) > 1);
        // Only OpenMetrics has these: what the real one asked for by itself was that, and all of it was understood.
        Assert.True(await QueryAsync(port, "count(microview_scrapes_created)", value => value == 2, prometheus) == 2);
        Assert.True(await QueryAsync(port, "microview_host_attached_created{job=\"agent\"}", value => value > 1e9, prometheus) > 1e9);
        Assert.Equal(1, await QueryAsync(port, "microview_host_pods{kind=\"socket\",job=\"agent\"}", value => value == 1, prometheus));
    }

    [Fact]
    public async Task Promtool_has_nothing_to_say_of_the_agents_self_metrics()
    {
        using var host = new HostProcess();
        await SilentAsync((await host.MetricsAsync()).Text);
    }

    [Fact]
    public async Task Promtool_has_nothing_to_say_of_nic_with_the_artifacts_metrics_and_clients_that_give_no_help()
    {
        using var host = new HostProcess();
        using var nic = host.StartNic("--model TH --learn 1 -s 0.1");
        using var socket = Microview.Start($"generate -m 16 --update-metrics --pod web --socket {host.Socket}");
        using var rest = Microview.Start($"generate -m 16 --update-metrics --rest --port {host.Port} --pod old");
        using var counting = new CountingPod(host.Socket, "counting");
        using var odd = await RawPod.AttachAsync(host.Socket, "odd", "dotnet.assembly.count", "grand.total", "a_sum", "b_bucket", "plain"); // gauges
        var scrape = await nic.UntilAsync(scrape => scrape.Of("http_requests_total_7", "old") > 0 && scrape.Of("jobs_total", "counting") > 0 && scrape.Of("plain", "odd") == 0 && scrape.Of("microview_anomaly_threshold", "web") > 0, "all pods");
        Assert.Contains("# TYPE jobs_total counter\n", scrape.Text);
        Assert.Contains("# TYPE plain gauge\n", scrape.Text);
        Assert.Contains("# TYPE dotnet_assembly_count untyped\n", scrape.Text);
        await SilentAsync(scrape.Text);
    }

    [Fact]
    public async Task Promtool_has_nothing_to_say_of_up_with_every_node_source_and_an_open_alarm()
    {
        using var folder = new TemporaryFolder();
        var port = Microview.FreePort();
        using var up = Microview.Start($"up --plain --scrape-interval 0.1 --learn 3 --port 0 --prometheus-port {port} --socket {folder.File("up.sock")}");
        await SilentAsync(await GettingStartedTests.EndpointAsync(port, "microview_anomaly_threshold{"));
        // On a machine that runs tests something always behaves unlike itself.
        using var burner = Microview.StartProgram(Microview.Python, "-c \"while True: pass\"");
        up.WaitFor(lines => lines.Contains("ALARM", StringComparison.Ordinal), "any alarm");
        await SilentAsync(await GettingStartedTests.EndpointAsync(port, "microview_alarms_total"));
    }

    private static async Task SilentAsync(string text) => Assert.Equal((0, ""), await Promtool.CheckAsync(text));

    private static async Task<double> QueryAsync(int port, string query, Func<double, bool> condition, Microview prometheus)
    {
        var last = "";
        for (var limit = DateTime.UtcNow + Microview.Deadline; DateTime.UtcNow < limit; await Task.Delay(200, TestContext.Current.CancellationToken))
        {
            try
            {
                last = await s_http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/api/v1/query?query={Uri.EscapeDataString(query)}"), TestContext.Current.CancellationToken);
            }
            catch (HttpRequestException)
            {
                continue; // it still starts
            }
            using var answer = JsonDocument.Parse(last);
            var found = answer.RootElement.GetProperty("data").GetProperty("result");
            if (found.GetArrayLength() > 0 && double.Parse(found[0].GetProperty("value")[1].GetString()!, System.Globalization.CultureInfo.InvariantCulture) is var value && condition(value))
                return value;
        }
        Assert.Fail($"{query}: {last}\n{prometheus}");
        return double.NaN;
    }
}
