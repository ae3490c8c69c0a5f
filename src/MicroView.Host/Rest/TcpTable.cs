using System.Globalization;
using System.Net;

namespace MicroView.Host;

/// <summary>/proc/net/tcp and tcp6: whose a loopback connection is, and who listens on a port.</summary>
internal static class TcpTable
{
    private const string Established = "01", Listening = "0A";

    /// <summary>The user of the socket that is connected from <paramref name="client"/> to <paramref name="server"/> on this machine; null when it is not found.</summary>
    internal static uint? UserOf(IPEndPoint client, IPEndPoint server)
    {
        foreach (var row in Rows())
        {
            // Only an established row has its user: one that was closed already shows root's.
            if (row[3] == Established && Matches(row[1], client) && Matches(row[2], server))
                return uint.Parse(row[7], CultureInfo.InvariantCulture);
        }
        return null;
    }

    /// <summary>Names the process that listens on a port, as far as this user may see it; null when it may not.</summary>
    internal static string? HolderOf(int port)
    {
        foreach (var row in Rows())
            if (row[3] == Listening && row[1].EndsWith(PortText(port), StringComparison.Ordinal))
                return ProcessWith($"socket:[{row[9]}]");
        return null;
    }

    /// <summary>Parses an address as the kernel prints it: words in the machine's order, hexadecimal.</summary>
    internal static IPEndPoint? Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon is not (8 or 32))
            return null;
        var bytes = new byte[colon / 2];
        for (var word = 0; word < bytes.Length; word += 4)
            BitConverter.TryWriteBytes(bytes.AsSpan(word), uint.Parse(text.AsSpan(word * 2, 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        return new(Plain(new(bytes)), int.Parse(text.AsSpan(colon + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }

    internal static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static string PortText(int port) => string.Create(CultureInfo.InvariantCulture, $":{port:X4}");

    private static bool Matches(string text, IPEndPoint endpoint) =>
        text.EndsWith(PortText(endpoint.Port), StringComparison.Ordinal) && Parse(text) is { } found
        && found.Address.Equals(Plain(endpoint.Address));

    private static IEnumerable<string[]> Rows()
    {
        foreach (var path in (string[])["/proc/net/tcp", "/proc/net/tcp6"])
        {
            if (!File.Exists(path))
                continue;
            foreach (var line in File.ReadLines(path).Skip(1))
                if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is { Length: >= 10 } row)
                    yield return row;
        }
    }

    private static string? ProcessWith(string link)
    {
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
                continue;
            try
            {
                foreach (var file in Directory.EnumerateFiles(process + "/fd"))
                    if (new FileInfo(file).LinkTarget == link)
                        return $"{File.ReadAllText(process + "/comm").Trim()} (pid {pid})";
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // another user's, or gone meanwhile
            }
        }
        return null;
    }
}
