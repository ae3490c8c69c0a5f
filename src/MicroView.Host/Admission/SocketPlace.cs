using System.Net.Sockets;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>Prepares the place where the agent's socket is bound: its folder, its modes, and what an earlier agent left there.</summary>
internal static class SocketPlace
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Everyone = Owner | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private const UnixFileMode AnyoneConnects = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead
        | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>Binds and listens.</summary>
    /// <exception cref="HostStartException">The place cannot be used; the message says why and what to do.</exception>
    internal static Socket Bind(string path)
    {
        var endpoint = Endpoint(path);
        PrepareFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
        RemoveStale(path, endpoint);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(endpoint);
            // The folder decides who can reach the socket: 0755 of root's, 0700 of a user's.
            File.SetUnixFileMode(path, AnyoneConnects);
            socket.Listen(512);
            return socket;
        }
        catch (Exception error) when (error is SocketException or IOException or UnauthorizedAccessException)
        {
            socket.Dispose();
            throw new HostStartException($"cannot bind the socket {path}: {error.Message}; choose another with --socket or MICROVIEW_SOCKET", error);
        }
    }

    private static UnixDomainSocketEndPoint Endpoint(string path)
    {
        try
        {
            return new(path);
        }
        catch (ArgumentException)
        {
            throw new HostStartException($"the socket path {path} is empty or longer than 107 bytes; choose a shorter one");
        }
    }

    private static void PrepareFolder(string folder)
    {
        try
        {
            if (new DirectoryInfo(folder).LinkTarget is not null)
                throw new HostStartException($"{folder} is a symbolic link; remove it, or choose another place with --socket");
            var isUsers = !Machine.IsRoot;
            if (!Directory.Exists(folder))
                Directory.CreateDirectory(folder, isUsers ? Owner : Everyone);
            else if (isUsers && Path.GetFileName(folder).StartsWith("microview", StringComparison.Ordinal))
                File.SetUnixFileMode(folder, Owner); // fails when the folder is another user's
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new HostStartException($"cannot use the folder {folder} for the socket: {error.Message}; choose another with --socket or MICROVIEW_SOCKET", error);
        }
    }

    /// <summary>A socket that nobody answers on is a killed agent's.</summary>
    private static void RemoveStale(string path, UnixDomainSocketEndPoint endpoint)
    {
        if (!File.Exists(path))
            return;
        if (new FileInfo(path).Length > 0) // a socket has none; connecting to a file is refused just as to a stale socket
            throw new HostStartException($"{path} is a file and not a socket; remove it, or choose another place with --socket or MICROVIEW_SOCKET");
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(endpoint);
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionRefused)
        {
            TryDelete(path);
            return;
        }
        catch (SocketException error)
        {
            throw new HostStartException($"{path} exists and is not an agent's socket: {error.Message}; remove it or choose another with --socket", error);
        }
        var holder = PeerCredentials.Of(probe).ProcessId;
        throw new HostStartException($"an agent already listens on {path} (pid {holder}); stop it, or choose another place with --socket or MICROVIEW_SOCKET");
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new HostStartException($"cannot remove the stale socket {path}: {error.Message}; remove it or choose another with --socket", error);
        }
    }
}
