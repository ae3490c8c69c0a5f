using System.Net;
using System.Net.Sockets;
using MicroView.Protocol;

namespace MicroView.Cli;

/// <summary>Looks, before anything is started, whether ports are free: so that all that are not are told of at once. What listens later still says it by itself.</summary>
internal static class PortCheck
{
    public static void Look(ProblemList problems, string address, int? port, string option)
    {
        if (port is not (> 0 and <= 65535) || !IPAddress.TryParse(address, out var parsed))
            return;
        try
        {
            using var socket = new Socket(parsed.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(parsed, port.Value));
            socket.Listen();
        }
        catch (SocketException error)
        {
            problems.Add(PortHolder.Explain(address, port.Value, error, option));
        }
    }
}
