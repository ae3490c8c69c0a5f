using System.Globalization;
using System.Text.RegularExpressions;

namespace MicroView.EndToEnd.Tests;

/// <summary>The three terminals while everything moves, with the very options of the README.</summary>
[Trait("group", "slow")]
public sealed partial class ThreeTerminalsTests
{
    [Fact]
    public async Task What_the_three_tell_of_moving_values_agrees()
    {
        using var folder = new TemporaryFolder();
        (string, string)[] environment = [("MICROVIEW_SOCKET", folder.File("agent.sock"))];
        var (port, prometheus) = (Microview.FreePort(), Microview.FreePort());
        using var host = Microview.Start($"host --port {port}", folder.Path, environment);
        host.WaitFor(lines => lines.Contains("listening on", StringComparison.Ordinal), "listening agent");
        using var generate = Microview.Start($"generate --debug --num-metrics 16 --update-metrics --pod web --port {port}", folder.Path, environment);
        generate.WaitFor(lines => lines.Contains("Metrics updated", StringComparison.Ordinal), "first row");
        using var nic = Microview.Start($"nic --control-plane localhost:{port} --transport shm --test read_loop --debug --prometheus-port {prometheus}", folder.Path, environment);
        nic.WaitFor(lines => NicRows(lines).Count >= 4, "values in nic's log");

        // Each scrape lies between rows that were printed before and after it: half a second before, on cores that others use as well.
        var scrapes = new List<(double Requests, double Latency)>();
        for (var i = 0; i < 10; i++)
        {
            var least = Rows(generate.Output)[^1].Requests;
            await Task.Delay(TimeSpan.FromSeconds(0.5), TestContext.Current.CancellationToken);
            var scrape = new Exposition(await GettingStartedTests.EndpointAsync(prometheus, "http_requests_total_0{"));
            scrapes.Add((scrape.Of("http_requests_total_0", "web"), scrape.Of("http_request_latency_0", "web")));
            Assert.True(scrapes[^1].Requests >= least, $"{scrapes[^1].Requests} at the endpoint, {least} printed before");
            Assert.Equal(16, scrape.OfPod("web").Count(name => name.StartsWith("http_", StringComparison.Ordinal)));
            var requests = scrapes[^1].Requests;
            generate.WaitFor(_ => Rows(generate.Output)[^1].Requests > requests, "later rows");
        }
        var read = NicRows(nic.Errors);
        Assert.Equal(0, nic.Stop());
        Assert.Equal(0, generate.Stop());
        Assert.Equal(0, host.Stop());

        // generate --debug prints every row, so whatever the others saw must be among its lines.
        var printed = Rows(generate.Output);
        Assert.Equal(printed.Select(row => row.Requests), printed.Select(row => row.Requests).Order());
        var requestsPrinted = printed.Select(row => row.Requests).ToHashSet();
        var latencies = printed.Select(row => row.Latency).ToHashSet();
        foreach (var (requests, latency) in scrapes.Concat(read))
        {
            Assert.Contains(requests, requestsPrinted);
            Assert.Contains(latency.ToString("0.000000", CultureInfo.InvariantCulture), latencies);
        }
        Assert.Equal(read.Select(row => row.Requests), read.Select(row => row.Requests).Order());
        Assert.True(File.Exists(folder.File("stats_LMAP_0.csv")));
        Soon.Report($"{printed.Count} rows printed, {read.Count} in nic's log, {scrapes.Count} scrapes: all agree");
    }

    private static List<(double Requests, string Latency)> Rows(string text) =>
        [.. Printed().Matches(text).Select(match => (double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), match.Groups[2].Value))];

    private static List<(double Requests, double Latency)> NicRows(string text) =>
        [.. Read().Matches(text).Select(match => (double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), double.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture)))];

    [GeneratedRegex(@"Metrics updated \| Requests: (\S+), Latency: (\S+)\n")]
    private static partial Regex Printed();

    [GeneratedRegex(@"pod web: http_requests_total_0=(\S+) .*http_request_latency_0=(\S+)")]
    private static partial Regex Read();
}
