using System.Globalization;
using System.Net;

namespace MicroView.Protocol;

/// <summary>/proc/net/tcp and tcp6: whose a loopback connection is, and who listens on a port. Thread-safe; reads the tables anew at each call.</summary>
public static class TcpTable
{
    private const string Established = "01", Listening = "0A";

    /// <summary>The user of the socket that is connected from <paramref name="client"/> to <paramref name="server"/> on this machine; null when it is not found.</summary>
    public static uint? UserOf(IPEndPoint client, IPEndPoint server)
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
    public static string? HolderOf(int port)
    {
        var links = Rows().Where(row => row[3] == Listening && row[1].EndsWith(PortText(port), StringComparison.Ordinal))
            .Select(row => $"socket:[{row[9]}]").ToHashSet(StringComparer.Ordinal);
        return links.Count == 0 ? null : ProcessWith(links);
    }

    /// <summary>Parses an address as the kernel prints it: words in the machine's order, hexadecimal.</summary>
    public static IPEndPoint? Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon is not (8 or 32))
            return null;
        var bytes = new byte[colon / 2];
        for (var word = 0; word < bytes.Length; word += 4)
            BitConverter.TryWriteBytes(bytes.AsSpan(word), uint.Parse(text.AsSpan(word * 2, 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        return new(Plain(new(bytes)), int.Parse(text.AsSpan(colon + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }

    /// <summary>An IPv4 address that stands in an IPv6 one, as itself.</summary>
    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static string PortText(int port) => string.Create(CultureInfo.InvariantCulture, $":{port:X4}");

    private static bool Matches(string text, IPEndPoint endpoint) =>
        text.EndsWith(PortText(endpoint.Port), StringComparison.Ordinal) && Parse(text) is { } found
        && found.Address.Equals(Plain(endpoint.Address));

    private static IEnumerable<string[]> Rows()
    {
        foreach (var path in (string[])["/proc/net/tcp", "/proc/net/tcp6"])
        {
            if (!File.Exists(path))
                continue; // no such protocol in this kernel
            foreach (var line in File.ReadLines(path).Skip(1))
                if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is { Length: >= 10 } row)
                    yield return row;
        }
    }

    private static string? ProcessWith(HashSet<string> links)
    {
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
                continue;
            try
            {
                foreach (var file in Directory.EnumerateFiles(process + "/fd"))
                    if (new FileInfo(file).LinkTarget is { } target && links.Contains(target))
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
