using System.Globalization;
using System.Text.RegularExpressions;

namespace MicroView.EndToEnd.Tests;

/// <summary>The artifact's three terminals, with --transport shm.</summary>
[Trait("group", "slow")]
public sealed partial class GettingStartedTests
{
    private const string SlowRows = "0.02"; // a row each 50 s, so that all three can be compared at leisure

    [Theory]
    [InlineData("")]
    [InlineData("--rest ")]
    public async Task What_generate_prints_nic_reads_and_the_endpoint_says_agree(string way)
    {
        using var folder = new TemporaryFolder();
        var (socket, port, prometheus) = (folder.File("agent.sock"), Microview.FreePort(), Microview.FreePort());
        using var host = Microview.Start($"host --rdma-queues 1 --port {port} --socket {socket}");
        host.WaitFor(_ => File.Exists(socket), "socket");
        using var generate = Microview.Start($"generate --num-metrics 16 --update-metrics {way}--port {port} --socket {socket} --rate {SlowRows} --pod web");
        generate.WaitFor(lines => Printed().IsMatch(lines), "first row");
        using var nic = Microview.Start($"nic --transport shm --socket {socket} --prometheus-port {prometheus} --model none --debug", folder.Path);

        var match = Printed().Match(generate.Output);
        var (requests, latency) = (Number(match.Groups[1].Value), Number(match.Groups[2].Value));
        nic.WaitFor(lines => lines.Contains($"http_requests_total_0={match.Groups[1].Value} "), "value of the first counter");
        var text = await EndpointAsync(prometheus, "http_requests_total_0{");
        Assert.Equal(requests, Series(text, "http_requests_total_0", "web"));
        Assert.Equal(latency, Series(text, "http_request_latency_0", "web"), 6);
        Assert.Contains("# TYPE http_requests_total_0 untyped", text);
        Assert.Contains("# TYPE http_request_latency_0 gauge", text);

        Assert.Equal((0, 0, 0), (nic.Stop(), generate.Stop(), host.Stop()));
        Assert.False(File.Exists(socket));
    }

    [Fact]
    public void Setup_reads_a_page_of_each_pod_and_ends()
    {
        using var folder = new TemporaryFolder();
        var socket = folder.File("agent.sock");
        using var host = Microview.Start($"host --port 0 --socket {socket}");
        host.WaitFor(_ => File.Exists(socket), "socket");
        using var generate = Microview.Start($"generate -m 4 --pods 3 --pod web --socket {socket}");
        generate.WaitFor(lines => lines.Contains("3 of 3"), "attach");
        var (exitCode, output, _) = Microview.Run($"nic --test setup --socket {socket}");
        Assert.Equal(0, exitCode);
        Assert.Contains("web-2: 4 slots", output);
        Assert.Contains("3 pods, 3 read, 0 failed", output);
    }

    [Fact]
    public void The_read_loop_writes_its_statistics()
    {
        using var folder = new TemporaryFolder();
        var socket = folder.File("agent.sock");
        using var host = Microview.Start($"host --port 0 --socket {socket}");
        host.WaitFor(_ => File.Exists(socket), "socket");
        using var generate = Microview.Start($"generate -m 16 --pods 4 --update-metrics --socket {socket}");
        generate.WaitFor(lines => lines.Contains("4 of 4"), "attach");
        using var nic = Microview.Start($"nic --test read_loop --lmaps 2 --duration 2 --socket {socket}", folder.Path);
        Assert.Equal(0, nic.WaitForExit());
        for (var lmap = 0; lmap < 2; lmap++)
        {
            var lines = File.ReadAllLines(folder.File($"stats_LMAP_{lmap}.csv"));
            Assert.Equal($"num_scrapes,time_total,scrape_rate_{lmap}", lines[0]);
            Assert.True(Number(lines[1].Split(',')[0]) > 100, lines[1]);
        }
    }

    internal static Task<string> EndpointAsync(int port, string awaited) =>
        EndpointAsync(port, text => text.Contains(awaited, StringComparison.Ordinal), awaited);

    internal static async Task<string> EndpointAsync(int port, Func<string, bool> condition, string awaited)
    {
        using var http = new HttpClient();
        var address = new Uri($"http://127.0.0.1:{port}/metrics");
        for (var limit = DateTime.UtcNow + Microview.Deadline; ; await Task.Delay(100))
        {
            try
            {
                var text = await http.GetStringAsync(address);
                if (condition(text))
                    return text;
            }
            catch (HttpRequestException)
            {
                // Not up yet.
            }
            Assert.True(DateTime.UtcNow < limit, $"no {awaited} at {address}");
        }
    }

    private static double Series(string text, string name, string pod)
    {
        var line = Assert.Single(text.Split('\n'), line => line.StartsWith(name + "{", StringComparison.Ordinal) && line.Contains($"pod=\"{pod}\""));
        return Number(line[(line.LastIndexOf('}') + 1)..]);
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"Metrics updated \| Requests: (\S+), Latency: (\S+)")]
    private static partial Regex Printed();
}
