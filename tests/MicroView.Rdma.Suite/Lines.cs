using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MicroView.Rdma.Suite;

/// <summary>A line asked, a line answered, over TCP: how the suite commands its programs on the other machine.</summary>
internal static class Lines
{
    /// <summary>Answers each line until "stop" comes; one connection at a time, since the suite asks one thing at a time.</summary>
    public static async Task ServeAsync(string place, Func<string, string> answer)
    {
        var listener = new TcpListener(IPEndPoint.Parse(place));
        listener.Server.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Start();
        for (var stopped = false; !stopped;)
        {
            using var peer = await listener.AcceptTcpClientAsync();
            peer.NoDelay = true;
            using var reader = new StreamReader(peer.GetStream(), Encoding.UTF8);
            await using var writer = new StreamWriter(peer.GetStream(), new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };
            while (!stopped && await reader.ReadLineAsync() is { } line)
            {
                stopped = line == "stop";
                await writer.WriteLineAsync(Escape(stopped ? "ok" : Answer(answer, line)));
            }
        }
        listener.Stop();
    }

    /// <summary>Asks one line and waits for its answer.</summary>
    public static string Ask(string place, string line, TimeSpan patience)
    {
        var end = IPEndPoint.Parse(place);
        using var peer = new TcpClient { NoDelay = true, ReceiveTimeout = (int)patience.TotalMilliseconds, SendTimeout = 10_000 };
        peer.Connect(end);
        using var reader = new StreamReader(peer.GetStream(), Encoding.UTF8);
        using var writer = new StreamWriter(peer.GetStream(), new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };
        writer.WriteLine(line);
        return Unescape(reader.ReadLine() ?? throw new IOException($"{place} closed the connection on '{line}'"));
    }

    private static string Answer(Func<string, string> answer, string line)
    {
        try
        {
            return answer(line);
        }
#pragma warning disable CA1031 // Whatever it is, the one who asked is told.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return $"failed: {error.GetType().Name}: {error.Message}";
        }
    }

    private static string Escape(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string Unescape(string text)
    {
        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
            plain.Append(text[i] != '\\' ? text[i] : text[++i] == 'n' ? '\n' : text[i]);
        return plain.ToString();
    }
}
