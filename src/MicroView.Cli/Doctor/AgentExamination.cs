using System.Net.Sockets;
using MicroView.Protocol;

namespace MicroView.Cli;

/// <summary>Whether an agent listens, and where one would.</summary>
internal static class AgentExamination
{
    public static Finding Agent(string? socket)
    {
        const string subject = "host agent";
        var places = socket is null ? AgentAddress.Candidates() : [socket];
        foreach (var place in places)
        {
            if (Probe(place) is not { } error)
                return new(subject, FindingState.Ok, $"listens on {place}");
            if (error.SocketErrorCode == SocketError.AccessDenied)
                return new(subject, FindingState.Limited, $"{place}: permission denied", "run as the agent's user or in its group, or point MICROVIEW_SOCKET at your own");
        }
        var own = socket ?? AgentAddress.ForAgent();
        return new(subject, FindingState.Ok, $"none runs; one of this user would listen on {own}");
    }

    private static SocketException? Probe(string path)
    {
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return null;
        }
        catch (SocketException error)
        {
            return error;
        }
        catch (ArgumentException) // longer than a socket's path may be
        {
            return new SocketException((int)SocketError.AddressNotAvailable);
        }
    }
}
