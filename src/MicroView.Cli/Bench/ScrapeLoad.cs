using System.Buffers.Text;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace MicroView.Cli;

/// <summary>What a scrape asks for.</summary>
internal sealed record ScrapeRequest(string Accept, string? Encoding = null)
{
    public static ScrapeRequest Text { get; } = new("text/plain");

    public static ScrapeRequest OpenMetrics { get; } = new("application/openmetrics-text;version=1.0.0");

    public ScrapeRequest Compressed => this with { Encoding = "gzip" };
}

/// <summary>A load generator: one keep-alive connection, one GET after the other, as `wrk -t1 -c1`. Runs in a process of its own.</summary>
internal static class ScrapeLoad
{
    private const int MaxHeader = 16 * 1024;

    /// <summary>Scrapes until standard input ends; returns how many answers came.</summary>
    /// <exception cref="IOException">An answer was not 200, or broke off.</exception>
    public static long Run(Uri address, string accept, string? encoding)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = 1 << 20 };
        socket.Connect(address.Host, address.Port);
        var request = Encoding.ASCII.GetBytes($"GET {address.PathAndQuery} HTTP/1.1\r\nHost: {address.Authority}\r\nAccept: {accept}\r\n{(encoding is null ? "" : $"Accept-Encoding: {encoding}\r\n")}\r\n");
        var buffer = new byte[1 << 20];
        var stopped = false;
        new Thread(() =>
        {
            _ = Console.In.ReadToEnd();
            Volatile.Write(ref stopped, true);
        }) { IsBackground = true }.Start();
        long answers = 0;
        while (!Volatile.Read(ref stopped))
        {
            Send(socket, request);
            Receive(socket, buffer);
            answers++;
        }
        return answers;
    }

    /// <summary>Starts this program as a load generator on a core; it stops when its standard input is closed.</summary>
    public static Process Start(Uri address, ScrapeRequest request, int core)
    {
        var beside = Path.Combine(AppContext.BaseDirectory, "microview");
        var program = File.Exists(beside) ? beside : Environment.ProcessPath;
        string[] encoding = request.Encoding is { } wanted ? ["--accept-encoding", wanted] : [];
        var start = new ProcessStartInfo(program!, ["bench", "load", "--url", address.ToString(), "--accept", request.Accept, .. encoding, "--cpu", core.ToString(System.Globalization.CultureInfo.InvariantCulture)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        return Process.Start(start) ?? throw new UserException($"cannot start the load generator {program}");
    }

    private static void Send(Socket socket, ReadOnlySpan<byte> request)
    {
        while (request.Length > 0)
            request = request[socket.Send(request)..];
    }

    private static void Receive(Socket socket, byte[] buffer)
    {
        var have = 0;
        var end = -1;
        while (end < 0)
        {
            if (have > MaxHeader)
                throw new IOException("the answer's header does not end");
            have += Take(socket, buffer.AsSpan(have));
            end = buffer.AsSpan(0, have).IndexOf("\r\n\r\n"u8);
        }
        var left = BodyLength(buffer.AsSpan(0, end)) - (have - end - 4);
        while (left > 0)
            left -= Take(socket, buffer.AsSpan(0, (int)Math.Min(left, buffer.Length)));
    }

    private static int Take(Socket socket, Span<byte> into) =>
        socket.Receive(into) is > 0 and var count ? count : throw new IOException("the server closed the connection");

    private static long BodyLength(ReadOnlySpan<byte> header)
    {
        if (!header.StartsWith("HTTP/1.1 200 "u8))
            throw new IOException($"the server answered {Encoding.ASCII.GetString(header[..Math.Min(header.Length, 60)])}");
        var key = "\r\nContent-Length: "u8;
        var at = header.IndexOf(key);
        if (at < 0 || !Utf8Parser.TryParse(header[(at + key.Length)..], out long length, out _))
            throw new IOException("the answer has no Content-Length");
        return length;
    }
}
