using System.Globalization;

namespace MicroView.EndToEnd.Tests;

/// <summary>Debian's own exporters through the real `microview up --scrape`, and out at its endpoint.</summary>
[Trait("group", "slow")]
public sealed class ScrapeInTests
{
    private static readonly HttpClient s_http = new();

    [Fact]
    public async Task The_endpoint_repeats_what_a_real_node_exporter_says()
    {
        Promtool.Require("prometheus-node-exporter", "prometheus-node-exporter");
        using var folder = new TemporaryFolder();
        var (node, port) = (Microview.FreePort(), Microview.FreePort());
        using var exporter = Microview.StartProgram("prometheus-node-exporter", $"--web.listen-address=127.0.0.1:{node}");
        using var up = Up(folder, port, $"--scrape node=http://127.0.0.1:{node}/metrics");
        var pod = $"127.0.0.1:{node}/metrics";
        var text = await GettingStartedTests.EndpointAsync(port, $"node_cpu_seconds_total{{cpu=\"0\",instance=\"127.0.0.1:{node}\",mode=\"idle\",pod=\"{pod}\"");
        await AssertRepeatsAsync(node, port, pod, text, least: 300);
        var (exit, said) = await Promtool.CheckAsync(await s_http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"), TestContext.Current.CancellationToken));
        Assert.True(exit is 0 or 3, said); // 3: readable, but names that it would not have chosen; a summary is exposed without its type
        Assert.Equal(0, up.Stop());
    }

    [Fact]
    public async Task The_endpoint_repeats_what_a_real_prometheus_says_of_itself_histograms_and_summaries_included()
    {
        Promtool.Require("prometheus");
        using var folder = new TemporaryFolder();
        var (target, port) = (Microview.FreePort(), Microview.FreePort());
        await File.WriteAllTextAsync(folder.File("prometheus.yml"), "global: { scrape_interval: 1s }\n", TestContext.Current.CancellationToken);
        using var prometheus = Microview.StartProgram("prometheus", $"--config.file={folder.File("prometheus.yml")} --storage.tsdb.path={folder.File("data")} --web.listen-address=127.0.0.1:{target}");
        using var up = Up(folder, port, $"--scrape http://127.0.0.1:{target}/metrics");
        var pod = $"127.0.0.1:{target}/metrics";
        var text = await GettingStartedTests.EndpointAsync(port, $"prometheus_http_request_duration_seconds_bucket{{handler=\"/metrics\",instance=\"127.0.0.1:{target}\"");
        Assert.Contains("# TYPE prometheus_http_request_duration_seconds histogram\n", text);
        Assert.Contains("# TYPE prometheus_http_requests_total counter\n", text);
        await AssertRepeatsAsync(target, port, pod, text, least: 100);
    }

    [Fact]
    public async Task An_exporter_that_dies_is_absent_and_one_that_is_started_again_is_back_in_its_pod()
    {
        Promtool.Require("prometheus-node-exporter", "prometheus-node-exporter");
        using var folder = new TemporaryFolder();
        var (node, port) = (Microview.FreePort(), Microview.FreePort());
        await File.WriteAllTextAsync(folder.File("targets.yml"), $"- targets: ['127.0.0.1:{node}']\n  labels: {"{"} __pod__: node, job: machines, rack: 7 {"}"}\n", TestContext.Current.CancellationToken);
        var exporter = Microview.StartProgram("prometheus-node-exporter", $"--web.listen-address=127.0.0.1:{node}");
        using var up = Up(folder, port, $"--scrape {folder.File("targets.yml")}");
        const string load = "node_load1{";
        var text = await GettingStartedTests.EndpointAsync(port, load);
        Assert.Contains($"node_load1{{instance=\"127.0.0.1:{node}\",job=\"machines\",pod=\"node\",rack=\"7\",service=\"machines\",source=\"scrape\"}}", text);
        exporter.KillHard();
        exporter.Dispose();
        await UntilAsync(port, now => !now.Contains(load, StringComparison.Ordinal));
        using var again = Microview.StartProgram("prometheus-node-exporter", $"--web.listen-address=127.0.0.1:{node}");
        await GettingStartedTests.EndpointAsync(port, load);
        await File.WriteAllTextAsync(folder.File("targets.yml"), "[]\n", TestContext.Current.CancellationToken);
        await UntilAsync(port, now => !now.Contains("pod=\"node\"", StringComparison.Ordinal));
        Assert.Equal(0, up.Stop());
    }

    [Fact]
    public void Options_that_cannot_be_are_one_line()
    {
        foreach (var (arguments, said) in ((string, string)[])
        [
            ("--scrape ftp://a/", "--scrape: 'ftp://a/' is not an address"),
            ("--scrape http://a/ --scrape-in-interval 0.05", "--scrape-in-interval: 0.05 s; use 100ms to 24h"),
            ("--scrape http://a/ --scrape-in-ca-file /nowhere/ca.pem", "--scrape-in-ca-file: "),
        ])
        {
            var (exitCode, _, errors) = Microview.Run($"host {arguments}");
            Assert.Equal(2, exitCode);
            Assert.Contains(said, errors);
            Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
    }

    private static Microview Up(TemporaryFolder folder, int port, string scrape) =>
        Microview.Start($"up --plain --sources none --learn 1 --port 0 --prometheus-port {port} --socket {folder.File("up.sock")} {scrape}");

    /// <summary>
    /// Every series of the target is at our endpoint under its name, with its value where that stood still between two looks at the target.
    /// </summary>
    private static async Task AssertRepeatsAsync(int target, int port, string pod, string started, int least)
    {
        Assert.NotEmpty(started);
        var before = await SeriesAsync(target);
        await Task.Delay(3000, TestContext.Current.CancellationToken); // three scrapes lie between the two looks
        var ours = Parse(await s_http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"), TestContext.Current.CancellationToken))
            .Where(series => series.Key.Contains($"pod=\"{pod}\"", StringComparison.Ordinal))
            .ToDictionary(series => Bare(series.Key), series => series.Value);
        var after = await SeriesAsync(target);
        var missing = before.Keys.Intersect(after.Keys).Where(series => !double.IsNaN(before[series]) && !double.IsNaN(after[series]) && !ours.ContainsKey(series)).ToArray();
        Assert.Empty(missing);
        var still = before.Where(series => !double.IsNaN(series.Value) && after.TryGetValue(series.Key, out var later) && later == series.Value).ToArray();
        Assert.True(still.Length >= least, $"only {still.Length} series stand still");
        var different = still.Where(series => ours[series.Key] != series.Value).Select(series => $"{series.Key}: {series.Value} but {ours[series.Key]}").ToArray();
        Assert.True(different.Length <= still.Length / 50, string.Join('\n', different.Take(10))); // one may move there and back
    }

    private static async Task<Dictionary<string, double>> SeriesAsync(int port) =>
        Parse(await s_http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"), TestContext.Current.CancellationToken)).ToDictionary(series => Bare(series.Key), series => series.Value);

    private static IEnumerable<KeyValuePair<string, double>> Parse(string text)
    {
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var at = line.LastIndexOf(' ');
            if (line[0] != '#')
                yield return new(line[..at], line[(at + 1)..] switch { "+Inf" => double.PositiveInfinity, "-Inf" => double.NegativeInfinity, var number => double.Parse(number, CultureInfo.InvariantCulture) });
        }
    }

    /// <summary>Name and own labels, sorted; le as a number, since 1 and 1.0 are one bound.</summary>
    private static string Bare(string series)
    {
        var brace = series.IndexOf('{', StringComparison.Ordinal);
        if (brace < 0)
            return series;
        var labels = System.Text.RegularExpressions.Regex.Matches(series[brace..], "([a-zA-Z_]+[a-zA-Z0-9_]*)=\"((?:[^\"\\\\]|\\\\.)*)\"")
            .Select(label => (Name: label.Groups[1].Value, Value: label.Groups[2].Value))
            .Where(label => label.Name is not ("pod" or "service" or "instance" or "source") && label.Value.Length > 0)
            .Select(label => $"{(label.Name.StartsWith("exported_", StringComparison.Ordinal) ? label.Name[9..] : label.Name)}={(label.Name == "le" && label.Value != "+Inf" ? double.Parse(label.Value, CultureInfo.InvariantCulture) : label.Value)}");
        var own = string.Join(',', labels.Order(StringComparer.Ordinal));
        return own.Length == 0 ? series[..brace] : $"{series[..brace]}{{{own}}}";
    }

    private static async Task UntilAsync(int port, Func<string, bool> condition)
    {
        for (var limit = DateTime.UtcNow + Microview.Deadline; ; await Task.Delay(200, TestContext.Current.CancellationToken))
        {
            var text = await s_http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"), TestContext.Current.CancellationToken);
            if (condition(text))
                return;
            Assert.True(DateTime.UtcNow < limit, "never came to be at the endpoint");
        }
    }
}
