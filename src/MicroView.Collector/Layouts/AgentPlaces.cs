using System.Globalization;
using System.Net;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>Where an agent listens for HTTP.</summary>
/// <param name="Host">Name or address, without brackets.</param>
/// <param name="Port">TCP port.</param>
/// <param name="IsSecured">Over TLS.</param>
internal sealed record AgentPlace(string Host, int Port, bool IsSecured = false)
{
    /// <summary>The root of what it is asked for.</summary>
    public Uri Address => new UriBuilder(IsSecured ? "https" : "http", Host, Port).Uri;

    /// <summary>HOST:PORT.</summary>
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}

/// <summary>Where a collector looks for its agent.</summary>
internal static class AgentPlaces
{
    private const int DefaultPort = 5000;
    private const string Plain = "http://", Secured = "https://";

    /// <summary>Sockets to try, in order.</summary>
    public static IReadOnlyList<string> Of(CollectorOptions options)
    {
        if (options.SocketPath is { Length: > 0 } path)
            return [path];
        return IsPath(options.ControlPlane) ? [options.ControlPlane!] : AgentAddress.Candidates();
    }

    /// <summary>HOST:PORT, [ADDRESS]:PORT or HOST alone, https:// before it for TLS; null means this machine. False for a socket's path and for what is none of these.</summary>
    public static bool TryParse(string? controlPlane, out AgentPlace place)
    {
        place = new("127.0.0.1", DefaultPort);
        if (string.IsNullOrEmpty(controlPlane))
            return true;
        var secured = controlPlane.StartsWith(Secured, StringComparison.OrdinalIgnoreCase);
        var text = HasScheme(controlPlane) ? controlPlane[(secured ? Secured : Plain).Length..].TrimEnd('/') : controlPlane;
        if (IPAddress.TryParse(text, out var bare) && text.Contains("::", StringComparison.Ordinal) && !text.StartsWith('['))
        {
            place = new(bare.ToString(), DefaultPort, secured);
            return true;
        }
        var colon = text.LastIndexOf(':');
        var hasPort = colon >= 0 && !text.EndsWith(']');
        var host = (hasPort ? text[..colon] : text).Trim('[', ']');
        var port = DefaultPort;
        if (hasPort && !(int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= 65535))
            return false;
        place = new(host, port, secured);
        return Uri.CheckHostName(host) != UriHostNameType.Unknown;
    }

    /// <summary>True when the control plane is HOST:PORT of another machine.</summary>
    public static bool IsElsewhere(string? controlPlane)
    {
        if (string.IsNullOrEmpty(controlPlane) || IsPath(controlPlane) || !TryParse(controlPlane, out var place))
            return false;
        if (place.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || place.Host.Equals(Environment.MachineName, StringComparison.OrdinalIgnoreCase))
            return false;
        return !IPAddress.TryParse(place.Host, out var address) || !(IPAddress.IsLoopback(address) || IsOwn(address));
    }

    /// <summary>The machine whose pods a collector watches, as people call it.</summary>
    public static string NodeOf(CollectorOptions options) =>
        IsElsewhere(options.ControlPlane) && TryParse(options.ControlPlane, out var place) ? place.Host : Environment.MachineName;

    /// <summary>True for the path of a socket.</summary>
    public static bool IsPath(string? place) =>
        place?.Contains('/', StringComparison.Ordinal) == true && !HasScheme(place);

    private static bool HasScheme(string place) =>
        place.StartsWith(Plain, StringComparison.OrdinalIgnoreCase) || place.StartsWith(Secured, StringComparison.OrdinalIgnoreCase);

    private static bool IsOwn(IPAddress address) =>
        System.Net.NetworkInformation.NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(card => card.GetIPProperties().UnicastAddresses).Any(own => own.Address.Equals(address));
}
