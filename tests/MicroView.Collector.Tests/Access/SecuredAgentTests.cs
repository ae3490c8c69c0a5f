using MicroView.Analysis;
using MicroView.Protocol;
using MicroView.Protocol.Tests;
using static MicroView.Collector.Tests.CollectorScene;

namespace MicroView.Collector.Tests;

/// <summary>A collector whose agent's control plane speaks TLS.</summary>
public sealed class SecuredAgentTests : IDisposable
{
    private readonly TestCertificates _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task It_reads_pods_of_an_agent_whose_authority_it_was_given()
    {
        var device = new TestDevice();
        await using var agent = new HttpTestAgent(device);
        agent.Join("a", TestBook.Gauge("m")).Set(0, 1.5);
        var (certificate, key) = _files.Issue("agent");
        using var front = new TlsFront(new ServerCertificate(certificate, key), agent.Port);
        await using var collector = await StartAsync(device, front.Port, _files.Authority);
        var row = new double[8];
        await UntilAsync(() => collector.Pods is [{ IsReadable: true } pod] && pod.Row.TryCopy(row, out _) && row[0] == 1.5, "the value");
    }

    [Fact]
    public async Task An_agent_of_another_authority_is_refused_in_a_line_that_says_what_to_do()
    {
        var device = new TestDevice();
        await using var agent = new HttpTestAgent(device);
        var (certificate, key) = _files.Issue("agent");
        using var front = new TlsFront(new ServerCertificate(certificate, key), agent.Port);
        using var others = new TestCertificates();
        foreach (var authority in (string?[])[others.Authority, null])
        {
            var error = await Assert.ThrowsAsync<CollectorStartException>(() => StartAsync(device, front.Port, authority));
            Assert.Contains("--control-plane-ca", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', error.Message);
        }
        Assert.Empty(agent.Requests);
    }

    private static Task<CollectorService> StartAsync(TestDevice device, int port, string? authority) => CollectorService.StartAsync(
        new()
        {
            ControlPlane = $"https://127.0.0.1:{port}", ControlPlaneAuthorities = authority, Transport = TransportKind.Verbs, PrometheusPort = null, Name = "nic",
            ScrapeInterval = TimeSpan.FromMilliseconds(5), AgentWait = TimeSpan.FromSeconds(2), Analysis = new AnalyzerOptions { Detector = new DetectorOptions { Model = "none" } },
        },
        new LogList(), _ => device, TestContext.Current.CancellationToken);
}
