using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace MicroView.Lab;

/// <summary>A connection that speaks RESP, Redis' protocol, as far as load and faults need it: commands go out as arrays of texts, answers are read and told by their first line. Blocking. Not thread-safe.</summary>
internal sealed class RedisConnection : IDisposable
{
    private const int PatienceMilliseconds = 60_000; // a fault may hold every answer back

    private readonly TcpClient _client;
    private readonly BufferedStream _stream;

    /// <summary>Connects to 127.0.0.1.</summary>
    public RedisConnection(int port)
    {
        _client = new TcpClient { NoDelay = true, ReceiveTimeout = PatienceMilliseconds, SendTimeout = PatienceMilliseconds };
        _client.Connect("127.0.0.1", port);
        _stream = new BufferedStream(_client.GetStream(), 1 << 16);
    }

    /// <summary>Sends a command and waits for its answer: the first line of it, without its type.</summary>
    /// <exception cref="LabException">The server refuses the command.</exception>
    public string Ask(params ReadOnlySpan<string> command)
    {
        Send(command);
        Flush();
        return Receive() is { Length: > 0 } answer && answer[0] != '-' ? answer[1..] : throw new LabException($"redis refuses {command[0]}", ExitCode.Failed);
    }

    /// <summary>Sends a command that is answered by one text, and gives it whole.</summary>
    /// <exception cref="LabException">The server answers something else.</exception>
    public string AskWhole(params ReadOnlySpan<string> command)
    {
        Send(command);
        Flush();
        var line = ReadLine();
        if (line[0] != '$' || Number(line) is not (>= 0 and var bytes))
            throw new LabException($"redis answers {command[0]} with {line}", ExitCode.Failed);
        var text = new byte[bytes + 2];
        _stream.ReadExactly(text);
        return Encoding.UTF8.GetString(text, 0, bytes);
    }

    /// <summary>Sends a command; its answer is to be received later.</summary>
    public void Send(params ReadOnlySpan<string> command)
    {
        Write(string.Create(CultureInfo.InvariantCulture, $"*{command.Length}\r\n"));
        foreach (var part in command)
            Write(string.Create(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(part)}\r\n{part}\r\n"));
    }

    public void Flush() => _stream.Flush();

    /// <summary>Receives one answer, whole; gives its first line.</summary>
    public string Receive()
    {
        var line = ReadLine();
        switch (line[0])
        {
            case '$' when Number(line) is >= 0 and var bytes:
                Skip(bytes + 2);
                break;
            case '*':
                for (var left = Number(line); left > 0; left--)
                    Receive();
                break;
        }
        return line;
    }

    public void Dispose()
    {
        _stream.Dispose();
        _client.Dispose();
    }

    private static int Number(string line) => int.Parse(line.AsSpan(1), CultureInfo.InvariantCulture);

    private void Write(string text) => _stream.Write(Encoding.UTF8.GetBytes(text));

    private string ReadLine()
    {
        var line = new StringBuilder();
        for (var last = 0; ;)
        {
            var next = _stream.ReadByte();
            if (next < 0)
                throw new IOException("redis has closed the connection");
            if (last == '\r' && next == '\n')
                return line.ToString(0, line.Length - 1);
            line.Append((char)next);
            last = next;
        }
    }

    private void Skip(int bytes)
    {
        Span<byte> buffer = stackalloc byte[4096];
        while (bytes > 0)
        {
            var read = _stream.Read(buffer[..Math.Min(bytes, buffer.Length)]);
            if (read == 0)
                throw new IOException("redis has closed the connection");
            bytes -= read;
        }
    }
}
