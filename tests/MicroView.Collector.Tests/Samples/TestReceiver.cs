using System.Net;
using System.Net.Sockets;
using System.Text;
using MicroView.Export.Tests;
using Snappier;

namespace MicroView.Collector.Tests;

/// <summary>What a receiver of the tests was sent.</summary>
internal sealed record Delivery(Dictionary<string, string> Headers, List<(string Series, double Value, long Ms)> Samples);

/// <summary>
/// A remote-write receiver over a plain socket, which answers as a test wants: with any bytes, slowly, or not at all. It takes one connection at a time.
/// </summary>
internal sealed class TestReceiver : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<int, Stream, CancellationToken, Task> _answer;
    private readonly List<Delivery> _deliveries = [];
    private readonly Task _serving;
    private int _requests;

    /// <param name="answer">Given the number of the request, from 0, and the connection.</param>
    /// <param name="port">0: any.</param>
    public TestReceiver(Func<int, Stream, CancellationToken, Task> answer, int port = 0)
    {
        _answer = answer;
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _serving = Task.Run(ServeAsync);
    }

    /// <summary>Answers statuses in turn, the last one for good.</summary>
    public static TestReceiver Answering(params string[] statuses) =>
        new((number, connection, _) => SayAsync(connection, statuses[Math.Min(number, statuses.Length - 1)]));

    public int Port { get; }

    public Uri Address => new($"http://127.0.0.1:{Port}/api/v1/write");

    public IReadOnlyList<Delivery> Deliveries { get { lock (_deliveries) return [.. _deliveries]; } }

    /// <param name="connection">Where to.</param>
    /// <param name="status">Status line behind the version, then more headers, each after a bar: <c>429 Slow|Retry-After: 1</c>.</param>
    /// <param name="body">The body.</param>
    public static Task SayAsync(Stream connection, string status, string body = "") =>
        connection.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status.Replace("|", "\r\n", StringComparison.Ordinal)}\r\nContent-Length: {body.Length}\r\n\r\n{body}")).AsTask();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _serving;
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                await using var connection = client.GetStream();
                while (await ReadAsync(connection) is { } delivery)
                {
                    lock (_deliveries)
                        _deliveries.Add(delivery);
                    await _answer(_requests++, connection, _stop.Token);
                }
            }
            catch (Exception error) when (error is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // the client went away, or the test ended
            }
        }
    }

    private async Task<Delivery?> ReadAsync(NetworkStream connection)
    {
        var header = new List<byte>();
        var one = new byte[1];
        while (!(header.Count > 3 && header[^1] == '\n' && header[^3] == '\n'))
        {
            if (await connection.ReadAsync(one, _stop.Token) == 0)
                return null;
            header.Add(one[0]);
        }
        var lines = Encoding.ASCII.GetString([.. header]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = lines.Skip(1).Select(line => line.Split(": ", 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);
        headers[""] = lines[0];
        var body = new byte[int.Parse(headers["Content-Length"], System.Globalization.CultureInfo.InvariantCulture)];
        await connection.ReadExactlyAsync(body, _stop.Token);
        return new(headers, [.. WriteRequestReader.Read(Snappy.DecompressToArray(body)).SelectMany(one =>
            one.Samples.Select(sample => (one.Labels.Single(label => label.Name == "__name__").Value, sample.Value, sample.Ms)))]);
    }
}
