using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace MicroView.Protocol.Tests;

public sealed class ServerCertificateTests : IDisposable
{
    private readonly TestCertificates _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task A_client_that_trusts_its_authority_connects_and_another_does_not()
    {
        var (certificate, key) = _files.Issue("server");
        var server = new ServerCertificate(certificate, key);
        Assert.Null(await ShakeAsync(server, _files.Authority, null));
        using var others = new TestCertificates();
        await Assert.ThrowsAnyAsync<AuthenticationException>(() => ShakeAsync(server, others.Authority, null));
    }

    [Fact]
    public async Task A_client_certificate_of_the_authority_is_known_none_is_let_pass_and_one_of_elsewhere_is_not()
    {
        var (certificate, key) = _files.Issue("server");
        var server = new ServerCertificate(certificate, key, _files.Authority);
        Assert.Null(await ShakeAsync(server, _files.Authority, null));
        Assert.Equal("CN=keda", await ShakeAsync(server, _files.Authority, _files.Issue("keda", isClient: true)));
        await Assert.ThrowsAnyAsync<Exception>(() => ShakeAsync(server, _files.Authority, _files.Issue("no-client")));
        using var others = new TestCertificates();
        await Assert.ThrowsAnyAsync<Exception>(() => ShakeAsync(server, _files.Authority, others.Issue("stranger", isClient: true)));
    }

    [Fact]
    public void Files_that_are_none_are_told_by_name()
    {
        var (certificate, key) = _files.Issue("server");
        File.WriteAllText(_files.PathOf("empty"), "");
        foreach (var (pem, own, clients, named) in ((string, string?, string?, string)[])
            [(certificate, null, null, certificate), (_files.PathOf("missing"), key, null, "missing"), (certificate, _files.Issue("other").Key, null, "other.key"), (certificate, key, _files.PathOf("empty"), "empty")])
        {
            var error = Assert.ThrowsAny<IOException>(() => new ServerCertificate(pem, own, clients));
            Assert.Contains(named, error.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>Connects; the subject of the client that the server saw, null for none.</summary>
    private static async Task<string?> ShakeAsync(ServerCertificate server, string authority, (string Certificate, string Key)? client)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var outgoing = new TcpClient();
        await outgoing.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using var incoming = await listener.AcceptTcpClientAsync();
        await using var there = new SslStream(incoming.GetStream());
        await using var here = new SslStream(outgoing.GetStream());
        using var shown = client is { } pair ? X509Certificate2.CreateFromPemFile(pair.Certificate, pair.Key) : null;
        var accepting = there.AuthenticateAsServerAsync(server.Options);
        await here.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ClientCertificates = shown is null ? null : [shown],
            CertificateChainPolicy = ServerCertificate.PolicyOf(ServerCertificate.ReadAuthorities(authority)),
        });
        await accepting; // in TLS 1.3 a client certificate is judged after the client is done
        return there.RemoteCertificate?.Subject;
    }
}
