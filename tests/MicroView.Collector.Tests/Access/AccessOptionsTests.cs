using static MicroView.Collector.Tests.CollectorScene;

namespace MicroView.Collector.Tests;

public sealed class AccessOptionsTests
{
    [Fact]
    public void Beyond_loopback_somebody_must_say_who_is_let_in()
    {
        var all = Quick with { Access = new() { Listen = "0.0.0.0" }, Actions = new() { Jaeger = new(0, "10.0.0.5"), Keda = new(0, "::") } };
        Assert.Equal("--listen and --jaeger-listen and --keda-listen beyond loopback: say who is let in, with --listen-token-file FILE or --client-ca FILE (for Prometheus alone: --metrics-listen ADDR)", Assert.Single(all.Problems()));
        Assert.Empty((Quick with { Access = new() { MetricsListen = "0.0.0.0" } }).Problems());
        Assert.Empty((Quick with { Access = new() { Listen = "::1" }, Actions = new() { Jaeger = new(0, "127.0.0.2") } }).Problems());
    }

    [Theory]
    [InlineData("10.0.0.5", "needs a port of its own")] // the endpoint's is any free one, and not known before
    [InlineData("10.0.0.5:9464", null)]
    [InlineData("[::1]:9464", null)]
    [InlineData("::1", "needs a port of its own")]
    [InlineData("0.0.0.0", null)]
    [InlineData("nowhere", "is not ADDRESS or ADDRESS:PORT")]
    [InlineData("10.0.0.5:99999", "is not ADDRESS or ADDRESS:PORT")]
    public void Open_metrics_have_an_address_and_perhaps_a_port(string text, string? problem)
    {
        var problems = (Quick with { Access = new() { MetricsListen = text } }).Problems();
        if (problem is null)
            Assert.Empty(problems);
        else
            Assert.Contains(problem, Assert.Single(problems), StringComparison.Ordinal);
    }

    [Fact]
    public void What_leads_to_nothing_is_told()
    {
        var problems = (Quick with { Access = new() { CertificateKey = "key.pem", TokenFile = "/nowhere/token", ClientAuthorities = "ca.pem" } }).Problems();
        Assert.Equal(4, problems.Count);
        Assert.Contains("--tls-key is for --tls-certificate", problems[0], StringComparison.Ordinal);
        Assert.Contains("--client-ca needs TLS", problems[1], StringComparison.Ordinal);
        Assert.Contains("--listen-token-file is for listeners beyond loopback", problems[2], StringComparison.Ordinal);
        Assert.Contains("/nowhere/token", problems[3], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1", null, "127.0.0.1:8000")]
    [InlineData("0.0.0.0", null, "0.0.0.0:8000 TLS")]
    [InlineData("127.0.0.1", "0.0.0.0", "0.0.0.0:8000")]
    [InlineData("127.0.0.1", "10.0.0.5", "127.0.0.1:8000, 10.0.0.5:8000")]
    [InlineData("0.0.0.0", "10.0.0.5", "0.0.0.0:8000 TLS")] // one socket, and so one way to speak
    [InlineData("0.0.0.0", "0.0.0.0:9464", "0.0.0.0:8000 TLS, 0.0.0.0:9464")]
    [InlineData("10.0.0.5", "10.0.0.5", "10.0.0.5:8000 TLS")]
    public void There_is_one_socket_where_one_address_covers_the_other(string listen, string? metrics, string expected)
    {
        var places = EndpointPlaces.Of(new() { Listen = listen, MetricsListen = metrics }, 8000);
        Assert.Equal(expected, string.Join(", ", places.Select(place => $"{place.Address}:{place.Port}{(place.IsSecured ? " TLS" : "")}")));
    }

    [Fact]
    public void All_that_is_wrong_with_a_collector_is_told_at_once()
    {
        var problems = (Quick with
        {
            Lmaps = 0,
            RowsFolder = "rows",
            Actions = new() { Alerts = new() { TokenFile = "/nowhere/alerts" } },
            Samples = new() { RemoteWrite = new("ftp://x/"), Baseline = TimeSpan.Zero },
            Access = new() { Listen = "nowhere" },
        }).Problems();
        foreach (var part in (string[])["LMAPs", "--rows", "--alertmanager-token-file", "/nowhere/alerts", "http or https URL", "baseline", "--listen"])
            Assert.Contains(problems, problem => problem.Contains(part, StringComparison.Ordinal));
    }
}
