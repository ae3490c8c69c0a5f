using System.Text.Json;
using System.Text.RegularExpressions;
using MicroView.EndToEnd.Tests;
using MicroView.Page.Tests;
using MicroView.Repository.Tests;

namespace MicroView.Deploy.Tests;

/// <summary>Rules and dashboard, before a real Prometheus' own parser, and against what a real collector exposes.</summary>
[Trait("group", "slow")]
public sealed partial class PrometheusFileTests
{
    private const string Dashboard = "deploy/grafana/dashboards/microview.json";
    private const string Rules = "deploy/prometheus/microview-rules.yml";

    [Theory]
    [InlineData("check", "rules", "microview-rules.yml")]
    [InlineData("check", "config", "prometheus.yml")]
    [InlineData("test", "rules", "microview-rules.test.yml")]
    public async Task The_real_promtool_takes_the_rules_and_they_do_what_their_test_says(string what, string kind, string file)
    {
        var (exit, said) = await Tool.RunAsync("promtool", "prometheus", Path.Combine(Checkout.Root, "deploy/prometheus"), what, kind, file);
        Assert.True(exit == 0, said);
        Assert.Contains("SUCCESS", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_query_of_the_dashboard_is_PromQL()
    {
        using var folder = new TemporaryFolder();
        var rules = Queries().Select((query, at) => $"  - record: q:{at}\n    expr: {JsonSerializer.Serialize(Substitute(query))}\n").ToArray();
        Assert.InRange(rules.Length, 15, 100);
        await File.WriteAllTextAsync(folder.File("queries.yml"), "groups:\n- name: dashboard\n  rules:\n" + string.Concat(rules));
        var (exit, said) = await Tool.RunAsync("promtool", "prometheus", folder.Path, "check", "rules", "queries.yml");
        Assert.True(exit == 0, said);
        Assert.Contains($"{rules.Length} rules found", said, StringComparison.Ordinal);

        await File.WriteAllTextAsync(folder.File("wrong.yml"), "groups:\n- name: wrong\n  rules:\n  - record: q\n    expr: 'sum by (pod microview_alarm'\n");
        Assert.NotEqual(0, (await Tool.RunAsync("promtool", "prometheus", folder.Path, "check", "rules", "wrong.yml")).Exit); // this judge can say no
    }

    [Fact]
    public async Task Every_name_in_them_is_one_that_a_collector_exposes()
    {
        using var folder = new TemporaryFolder();
        using var up = Microview.Start($"up --plain --sources none --scrape-interval 0.05 --learn 3 --port 0 --prometheus-port 0 --socket {folder.File("a.sock")}");
        up.WaitFor(lines => Endpoint().IsMatch(lines), "endpoint");
        var address = new Uri(Endpoint().Match(up.Output + up.Errors).Value);
        using var pod = new ServedPod(folder.File("a.sock"), "shop-1");
        using var http = new HttpClient();
        await UntilAsync("microview_anomaly_score{");
        pod.IsIll = true;
        var text = await UntilAsync("microview_attribution{");
        var exposed = Exposed().Matches(text).Select(match => match.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        var labels = Label().Matches(text).Select(match => match.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        foreach (var name in Queries().Append(Checkout.Read(Rules)).SelectMany(query => Named().Matches(query)).Select(match => match.Value).Distinct())
            Assert.True(exposed.Contains(name), $"{name} is in the rules or the dashboard, and in no exposition");
        foreach (var label in Queries().SelectMany(query => Grouped().Matches(query)).SelectMany(match => match.Groups[1].Value.Split(',')).Select(name => name.Trim()))
            Assert.True(label is "instance" || labels.Contains(label), $"{label} is a label of no series");
        Assert.Equal(0, up.Stop());

        async Task<string> UntilAsync(string series)
        {
            for (var end = DateTime.UtcNow + 2 * Microview.Deadline; ; await Task.Delay(50))
            {
                var scrape = await http.GetStringAsync(address);
                if (scrape.Contains('\n' + series, StringComparison.Ordinal))
                    return scrape;
                Assert.True(DateTime.UtcNow < end, $"no {series}; {up}");
            }
        }
    }

    private static IEnumerable<string> Queries() => DashboardTests.Panels().SelectMany(panel => panel.TryGetProperty("targets", out var targets) ? targets.EnumerateArray() : default)
        .Select(target => target.GetProperty("expr").GetString()!);

    /// <summary>What Grafana makes of its variables.</summary>
    private static string Substitute(string query)
    {
        var made = query.Replace("$__rate_interval", "1m", StringComparison.Ordinal).Replace("$service", ".*", StringComparison.Ordinal).Replace("$pod", ".*", StringComparison.Ordinal);
        Assert.DoesNotContain('$', made);
        return made;
    }

    [GeneratedRegex(@"http://[0-9.:]+/metrics")]
    private static partial Regex Endpoint();

    [GeneratedRegex(@"^(microview_\w+)[{ ]", RegexOptions.Multiline)]
    private static partial Regex Exposed();

    [GeneratedRegex(@"[{,](\w+)=""")]
    private static partial Regex Label();

    [GeneratedRegex(@"(?<![:\w/.-])microview_[a-z_]+\b(?!:)")]
    private static partial Regex Named();

    [GeneratedRegex(@"\bby \(([^)]*)\)")]
    private static partial Regex Grouped();
}
