using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using MicroView.Protocol;

namespace MicroView.Collector.Tests;

/// <summary>Ends TLS before a server that speaks plainly.</summary>
internal sealed class TlsFront : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ServerCertificate _certificate;
    private readonly int _behind;

    public TlsFront(ServerCertificate certificate, int behind)
    {
        (_certificate, _behind) = (certificate, behind);
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose() => _listener.Stop();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var incoming = client;
        try
        {
            await using var secured = new SslStream(incoming.GetStream());
            await secured.AuthenticateAsServerAsync(_certificate.Options);
            using var behind = new TcpClient("127.0.0.1", _behind);
            await Task.WhenAny(secured.CopyToAsync(behind.GetStream()), behind.GetStream().CopyToAsync(secured));
        }
        catch (Exception error) when (error is IOException or SocketException or System.Security.Authentication.AuthenticationException)
        {
            // The client did not like the certificate, or went away.
        }
    }
}
