using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using MicroView.Collector;
using MicroView.Protocol;
using MicroView.Protocol.Tests;

namespace MicroView.EndToEnd.Tests;

/// <summary>What a peer behind a real network interface gets of the programs' endpoints.</summary>
[Trait("group", "slow")]
public sealed class AccessTests : IDisposable
{
    private const string Token = "correct-horse-battery";
    private readonly TestNetwork _network = TestNetwork.Create();
    private readonly TemporaryFolder _folder = new();
    private readonly TestCertificates _certificates = new();
    private readonly string _tls;

    public AccessTests()
    {
        File.WriteAllText(_folder.File("token"), Token + "\n");
        var (certificate, key) = _certificates.Issue("microview", address: _network.Address);
        _tls = $"--tls-certificate {certificate} --tls-key {key}";
    }

    public void Dispose()
    {
        _network.Dispose();
        _folder.Dispose();
        _certificates.Dispose();
    }

    [Fact]
    public void The_page_is_for_other_machines_with_a_token_and_over_TLS()
    {
        using var host = new HostProcess();
        var port = Microview.FreePort();
        using var nic = host.StartNic($"--debug --listen {_network.Address} --listen-token-file {_folder.File("token")} {_tls}", port);
        var place = $"https://{_network.Address}:{port}";
        Assert.Contains($"{place}/metrics", nic.Process.Errors, StringComparison.Ordinal);
        foreach (var path in (string[])["/metrics", "/api/live"])
        {
            Assert.Equal("401", Status($"{place}{path}"));
            Assert.Equal("401", Status($"-H 'Authorization: Bearer wrong-token' {place}{path}"));
            Assert.Equal("200", Status($"--max-time 5 -H 'Authorization: Bearer {Token}' {place}{path}"));
        }
        Assert.Equal("200", Status($"-u any:{Token} {place}/metrics"));
        Assert.Equal("200", Status($"-H 'Accept: text/html' {place}/")); // the form that asks for the token
        Assert.Equal("200", Status($"{place}/livez"));
        Assert.Equal("000", Status($"http://{_network.Address}:{port}/metrics")); // not plainly
        Assert.Equal(0, nic.Process.Stop());
        Assert.DoesNotContain(Token, nic.Process.Errors + nic.Process.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(":PORT")]
    public void Metrics_may_be_open_and_nothing_else_is(string own)
    {
        using var host = new HostProcess();
        var (port, metrics) = (Microview.FreePort(), Microview.FreePort());
        using var nic = host.StartNic($"--metrics-listen {_network.Address}{own.Replace("PORT", $"{metrics}", StringComparison.Ordinal)}", port);
        var place = $"http://{_network.Address}:{(own.Length > 0 ? metrics : port)}";
        foreach (var path in (string[])["/metrics", "/livez", "/readyz"])
            Assert.Equal("200", Status($"{place}{path}"));
        Assert.Equal("403", Status($"{place}/api/live"));
        Assert.Equal("403", Status($"-H 'Accept: text/html' {place}/"));
        Assert.Equal("405", Status($"-X POST {place}/metrics"));
        Assert.Equal("200", Status($"-H 'Accept: text/html' http://127.0.0.1:{port}/", inside: false));
        Assert.Equal(0, nic.Process.Stop());
    }

    [Fact]
    public void A_service_elsewhere_asks_for_its_rate_with_the_token_in_the_address()
    {
        using var host = new HostProcess();
        var port = Microview.FreePort();
        using var nic = host.StartNic($"--jaeger-port {port} --jaeger-listen {_network.Address} --listen-token-file {_folder.File("token")}");
        Assert.Equal("401", Status($"http://{_network.Address}:{port}/sampling?service=a"));
        Assert.Equal("200", Status($"http://any:{Token}@{_network.Address}:{port}/sampling?service=a"));
    }

    [Fact]
    public async Task KEDA_is_let_in_by_its_certificate()
    {
        using var host = new HostProcess();
        var port = Microview.FreePort();
        using var nic = host.StartNic($"--keda-port {port} --keda-listen {_network.Address} --client-ca {_certificates.Authority} {_tls}");
        var request = new ScaledObjectRef { Name = "cart", Namespace = "shop", ScalerMetadata = { ["application"] = "cart" } };
        using (var channel = Channel(port, null))
        {
            var stranger = await Assert.ThrowsAsync<RpcException>(async () => await new ExternalScaler.ExternalScalerClient(channel).GetMetricSpecAsync(request));
            Assert.Equal(StatusCode.Unauthenticated, stranger.StatusCode);
        }
        using var known = Channel(port, _certificates.Issue("keda", isClient: true));
        Assert.NotEmpty((await new ExternalScaler.ExternalScalerClient(known).GetMetricSpecAsync(request)).MetricSpecs);
    }

    [Fact]
    public void An_agent_elsewhere_speaks_TLS()
    {
        using var host = new HostProcess($"--listen {_network.Address} --token-file {_folder.File("token")} {_tls}", _network.Address);
        Assert.Contains($"https://{_network.Address}", host.Process.Errors, StringComparison.Ordinal);
        Assert.Equal("200", Status($"https://{_network.Address}:{host.Port}/health"));
        Assert.Equal("401", Status($"https://{_network.Address}:{host.Port}/v1/layout"));
        Assert.Equal("200", Status($"-H 'Authorization: Bearer {Token}' https://{_network.Address}:{host.Port}/v1/layout"));
        var asked = $"doctor --control-plane https://{_network.Address}:{host.Port} --token-file {_folder.File("token")}";
        Assert.Contains("an agent answers", Microview.Run($"{asked} --control-plane-ca {_certificates.Authority}").Output, StringComparison.Ordinal);
        Assert.DoesNotContain("an agent answers", Microview.Run(asked).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void All_that_is_wrong_is_told_at_once_and_nothing_is_started()
    {
        using var taken = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var run = Microview.Run($"up --plain --socket {_folder.File("a.sock")} --model VAE --listen 0.0.0.0 --port {port} --flight-recorder 5 --alertmanager-token-file /nowhere/token --tls-key key.pem");
        Assert.Equal(2, run.ExitCode);
        var lines = run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (var part in (string[])["--model VAE needs", "--flight-recorder is for", "--alertmanager-token-file is for", "/nowhere/token", "--listen beyond loopback", "--tls-key is for", $"port {port} is in use by"])
            Assert.True(lines.Count(line => line.Contains(part, StringComparison.Ordinal)) == 1, $"{part} once in {run.Errors}");
        Assert.Contains($"{lines.Length - 1} problems, nothing was started", lines[^1], StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("a.sock")));
    }

    private GrpcChannel Channel(int port, (string Certificate, string Key)? client)
    {
        var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = ServerCertificate.PolicyOf(ServerCertificate.ReadAuthorities(_certificates.Authority)),
                ClientCertificates = client is { } pair ? [X509Certificate2.CreateFromPemFile(pair.Certificate, pair.Key)] : null,
            },
        };
        return GrpcChannel.ForAddress($"https://{_network.Address}:{port}", new() { HttpHandler = handler, DisposeHttpClient = true });
    }

    /// <summary>The status that curl gets, from inside the namespace; 000 for none. A stream is read for a moment.</summary>
    private string Status(string arguments, bool inside = true)
    {
        var line = $"-c \"curl -s -m 20 -o /dev/null -w '%{{http_code}}' --cacert {_certificates.Authority} {arguments.Replace("--max-time 5", "-m 2", StringComparison.Ordinal)}\"";
        using var curl = inside ? _network.Start("/bin/sh", line) : Microview.StartProgram("/bin/sh", line);
        curl.WaitForExit();
        return curl.Output.Trim();
    }
}
