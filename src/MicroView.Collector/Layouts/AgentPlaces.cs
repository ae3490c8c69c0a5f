using System.Net;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>Where a collector looks for its agent's socket.</summary>
internal static class AgentPlaces
{
    /// <summary>Sockets to try, in order.</summary>
    public static IReadOnlyList<string> Of(CollectorOptions options)
    {
        if (options.SocketPath is { Length: > 0 } path)
            return [path];
        return IsPath(options.ControlPlane) ? [options.ControlPlane!] : AgentAddress.Candidates();
    }

    /// <summary>True when the control plane is HOST:PORT of another machine.</summary>
    public static bool IsElsewhere(string? controlPlane)
    {
        if (string.IsNullOrEmpty(controlPlane) || IsPath(controlPlane))
            return false;
        var colon = controlPlane.LastIndexOf(':');
        var host = (colon < 0 || controlPlane.EndsWith(']') ? controlPlane : controlPlane[..colon]).Trim('[', ']');
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.Equals(Environment.MachineName, StringComparison.OrdinalIgnoreCase))
            return false;
        return !IPAddress.TryParse(host, out var address) || !(IPAddress.IsLoopback(address) || IsOwn(address));
    }

    private static bool IsPath(string? place) => place?.Contains('/', StringComparison.Ordinal) == true;

    private static bool IsOwn(IPAddress address) =>
        System.Net.NetworkInformation.NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(card => card.GetIPProperties().UnicastAddresses).Any(own => own.Address.Equals(address));
}
