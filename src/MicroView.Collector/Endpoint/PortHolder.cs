using System.Globalization;
using System.Net.Sockets;

namespace MicroView.Collector;

/// <summary>Says in one line why an address cannot be listened on, naming the process that holds the port where /proc tells.</summary>
internal static class PortHolder
{
    public static string Explain(string address, int port, Exception error)
    {
        var reason = error.GetBaseException();
        if (reason is SocketException { SocketErrorCode: SocketError.AddressNotAvailable })
            return $"cannot listen on {address}:{port}: the address is not this machine's";
        if (reason is SocketException { SocketErrorCode: SocketError.AccessDenied })
            return $"cannot listen on {address}:{port}: not permitted; take a port from 1024 on";
        if (reason is not SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse })
            return $"cannot listen on {address}:{port}: {reason.Message}";
        var holder = Find(port) is { } found ? $"in use by {found}" : "in use by another process";
        return $"port {port} is {holder}; take another with --prometheus-port (0: any free one)";
    }

    /// <summary>Name and pid of the process that listens on a TCP port; null when it cannot be told.</summary>
    public static string? Find(int port)
    {
        var inodes = new HashSet<string>(StringComparer.Ordinal);
        foreach (var table in (string[])["/proc/net/tcp", "/proc/net/tcp6"])
            Collect(table, port, inodes);
        return inodes.Count == 0
            ? null
            : Directory.EnumerateDirectories("/proc").Where(IsProcess).Select(folder => Holder(folder, inodes)).FirstOrDefault(name => name is not null);
    }

    private static bool IsProcess(string folder) => char.IsAsciiDigit(Path.GetFileName(folder)[0]);

    private static void Collect(string table, int port, HashSet<string> inodes)
    {
        const string listening = "0A";
        var ending = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        try
        {
            foreach (var line in File.ReadLines(table).Skip(1))
            {
                var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (fields.Length > 9 && fields[3] == listening && fields[1].EndsWith(ending, StringComparison.Ordinal))
                    inodes.Add($"socket:[{fields[9]}]");
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // No such table: no such protocol.
        }
    }

    private static string? Holder(string folder, HashSet<string> inodes)
    {
        try
        {
            foreach (var file in Directory.EnumerateFileSystemEntries(Path.Combine(folder, "fd")))
                if (new FileInfo(file).LinkTarget is { } target && inodes.Contains(target))
                    return $"{File.ReadAllText(Path.Combine(folder, "comm")).Trim()} (pid {Path.GetFileName(folder)})";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Another user's process, or one that has just ended.
        }
        return null;
    }
}
