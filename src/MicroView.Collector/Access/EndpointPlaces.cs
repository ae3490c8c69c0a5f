using System.Net;

namespace MicroView.Collector;

/// <summary>A socket that the endpoint listens on.</summary>
/// <param name="Address">IP address.</param>
/// <param name="Port">TCP port; 0: any free one.</param>
/// <param name="Option">The option that chose its port.</param>
/// <param name="IsSecured">TLS is spoken where there is a certificate.</param>
internal sealed record ListenPlace(IPAddress Address, int Port, string Option, bool IsSecured);

/// <summary>Which sockets the endpoint needs: one where an address covers the other, else one for the page and one for open metrics.</summary>
internal static class EndpointPlaces
{
    public static IReadOnlyList<ListenPlace> Of(AccessOptions access, int port)
    {
        var listen = IPAddress.Parse(access.Listen);
        var main = new ListenPlace(listen, port, "--prometheus-port", !IPAddress.IsLoopback(listen));
        if (access.OpenMetrics is not { } open)
            return [main];
        var metricsPort = open.Port ?? port;
        if (metricsPort != port)
            return [main, new(open.Address, metricsPort, "--metrics-listen", IsSecured: false)];
        return IsOne(listen, open.Address)
            ? [main with { Address = IsWildcard(listen) ? listen : open.Address }]
            : [main, new(open.Address, port, "--prometheus-port", IsSecured: false)];
    }

    /// <summary>True when both, on one port, can only be one socket.</summary>
    public static bool IsOne(IPAddress a, IPAddress b) => a.Equals(b) || IsWildcard(a) || IsWildcard(b);

    /// <summary>True when a connection that came in at <paramref name="local"/> came to <paramref name="address"/>.</summary>
    public static bool Covers(IPAddress address, IPAddress? local) =>
        IsWildcard(address) || (local is not null && Plain(address).Equals(Plain(local)));

    /// <summary>The address under which others may reach what listens everywhere.</summary>
    public static Uri? Reachable(Uri? listening) =>
        listening is not null && IPAddress.TryParse(listening.Host.Trim('[', ']'), out var address) && IsWildcard(address)
            ? new UriBuilder(listening) { Host = Environment.MachineName }.Uri
            : listening;

    public static bool IsLoopback(IPAddress? address) => address is not null && IPAddress.IsLoopback(Plain(address));

    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static bool IsWildcard(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
