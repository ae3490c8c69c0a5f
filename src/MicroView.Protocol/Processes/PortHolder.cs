using System.Net.Sockets;

namespace MicroView.Protocol;

/// <summary>Says in one line why an address cannot be listened on, naming the process that holds the port where /proc tells.</summary>
public static class PortHolder
{
    /// <summary>The line.</summary>
    /// <param name="address">IP address.</param>
    /// <param name="port">TCP port.</param>
    /// <param name="error">What the attempt ended in.</param>
    /// <param name="option">The option that chooses another port.</param>
    public static string Explain(string address, int port, Exception error, string option)
    {
        ArgumentNullException.ThrowIfNull(error);
        var reason = error.GetBaseException();
        if (reason is SocketException { SocketErrorCode: SocketError.AddressNotAvailable })
            return $"cannot listen on {address}:{port}: the address is not this machine's";
        if (reason is SocketException { SocketErrorCode: SocketError.AccessDenied })
            return $"cannot listen on {address}:{port}: not permitted; take a port from 1024 on";
        if (reason is not SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse })
            return $"cannot listen on {address}:{port}: {reason.Message}";
        var holder = TcpTable.HolderOf(port) is { } found ? $"in use by {found}" : "in use by another process";
        return $"port {port} is {holder}; take another with {option} (0: any free one)";
    }
}
