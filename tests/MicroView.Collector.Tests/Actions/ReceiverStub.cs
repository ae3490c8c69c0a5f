using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace MicroView.Collector.Tests;

/// <summary>Something that listens where an Alertmanager is expected, and answers as a test wants.</summary>
internal sealed class ReceiverStub : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<Post> _posts = [];
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;

    public ReceiverStub()
    {
        _listener.Start();
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>A request as it came, with the alerts of its body.</summary>
    public sealed record Post(string Head, JsonElement[] Alerts);

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/am");

    /// <summary>What it answers; null: nothing, and it keeps the connection open.</summary>
    public string? Answer { get; set; } = Reply("200 OK", "{}");

    /// <summary>True: goes on sending the body for ever.</summary>
    public bool IsEndless { get; set; }

    public IReadOnlyList<Post> Posts
    {
        get { lock (_gate) return [.. _posts]; }
    }

    /// <summary>All alerts that came, oldest first.</summary>
    public IReadOnlyList<JsonElement> Alerts => [.. Posts.SelectMany(post => post.Alerts)];

    public static string Reply(string status, string body, string headers = "") =>
        $"HTTP/1.1 {status}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n{headers}\r\n{body}";

    public static string Label(JsonElement alert, string name) => alert.GetProperty("labels").TryGetProperty(name, out var value) ? value.GetString()! : "";

    public static DateTimeOffset Time(JsonElement alert, string name) => DateTimeOffset.Parse(alert.GetProperty(name).GetString()!, CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await Task.WhenAll([_accepting, .. _connections]);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stop.Token);
                _connections.Add(Task.Run(() => ServeAsync(socket)));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test ends.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var _ = socket;
        await using var stream = new NetworkStream(socket);
        try
        {
            while (await ReadAsync(stream) is { } post)
            {
                lock (_gate)
                    _posts.Add(post);
                if (Answer is not { } answer)
                    await Task.Delay(Timeout.Infinite, _stop.Token);
                else
                    await stream.WriteAsync(Encoding.UTF8.GetBytes(answer), _stop.Token);
                while (IsEndless)
                    await stream.WriteAsync(new byte[4096], _stop.Token);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // The peer, or the test, ends the connection.
        }
    }

    private async Task<Post?> ReadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, _stop.Token) == 0)
                return null;
            head.Append((char)one[0]);
        }
        var length = head.ToString().Split("\r\n").First(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))[15..];
        var body = new byte[int.Parse(length, CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, _stop.Token);
        using var document = JsonDocument.Parse(body);
        return new(head.ToString(), [.. document.RootElement.EnumerateArray().Select(alert => alert.Clone())]);
    }
}
