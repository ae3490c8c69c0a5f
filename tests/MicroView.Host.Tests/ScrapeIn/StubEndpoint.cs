using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MicroView.Host.Tests;

/// <summary>An endpoint that answers each request with the bytes that a test gives it, however wrong.</summary>
internal sealed class StubEndpoint : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _requests;

    internal StubEndpoint(Func<NetworkStream, CancellationToken, Task> answer, int port = 0)
    {
        Answer = answer;
        _listener = new(IPAddress.Loopback, port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    internal StubEndpoint(Func<string> body, string type = "text/plain; version=0.0.4", int port = 0)
        : this((stream, stop) => Respond(stream, Encoding.UTF8.GetBytes(body()), $"Content-Type: {type}\r\n", stop), port)
    {
    }

    internal Func<NetworkStream, CancellationToken, Task> Answer { get; set; }

    internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    internal string Url => $"http://127.0.0.1:{Port}/metrics";

    internal int Requests => Volatile.Read(ref _requests);

    /// <summary>The head of the last request.</summary>
    internal string LastRequest { get; private set; } = "";

    internal static async Task Respond(NetworkStream stream, byte[] body, string headers, CancellationToken stop, string status = "200 OK")
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\n{headers}Content-Length: {body.Length}\r\nConnection: close\r\n\r\n"), stop);
        await stream.WriteAsync(body, stop);
    }

    internal static Task Raw(NetworkStream stream, string text, CancellationToken stop) => stream.WriteAsync(Encoding.UTF8.GetBytes(text), stop).AsTask();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
                serving.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        try
        {
            var stream = client.GetStream();
            var head = new StringBuilder();
            var buffer = new byte[4096];
            while (!head.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
            {
                var got = await stream.ReadAsync(buffer, _stop.Token);
                if (got == 0)
                    return;
                head.Append(Encoding.ASCII.GetString(buffer, 0, got));
            }
            LastRequest = head.ToString();
            Interlocked.Increment(ref _requests);
            await Answer(stream, _stop.Token);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or SocketException)
        {
            // the scraper has had enough
        }
    }
}
