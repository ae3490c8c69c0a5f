using System.Net;
using Microsoft.AspNetCore.Http;

namespace MicroView.Collector;

/// <summary>What is asked of the endpoint, by what it tells.</summary>
internal enum Asked
{
    /// <summary>That the collector lives, and whether it is ready.</summary>
    Health,

    /// <summary>/metrics.</summary>
    Metrics,

    /// <summary>The page's own files, which tell nothing: a browser has no token yet when it asks for them.</summary>
    PageFiles,

    /// <summary>The page's data.</summary>
    PageData,
}

/// <summary>Who may see what of the endpoint, by where a request comes from and where it came in. Thread-safe.</summary>
/// <param name="options">Where it listens.</param>
/// <param name="gate">What clients of other machines prove themselves by.</param>
/// <param name="port">The port that was asked for.</param>
/// <param name="publicName">The host name that people are told to reach the page by, through a proxy on this machine; null: none.</param>
internal sealed class EndpointAccess(AccessOptions options, AccessGate gate, int port = 0, string? publicName = null)
{
    private static readonly Refusal s_elsewhere = new(
        StatusCodes.Status403Forbidden,
        "the live page is for this machine alone: open it there, forward its port (ssh -L 8000:localhost:8000 MACHINE), or have it listen with --listen; metrics are at /metrics");

    private static readonly Refusal s_noMetrics = new(
        StatusCodes.Status403Forbidden, "metrics are for this machine alone: open them with --metrics-listen");

    private static readonly Refusal s_metricsAlone = new(StatusCodes.Status403Forbidden, "this port has /metrics, /livez and /readyz, and nothing else");

    private readonly IPAddress _listen = IPAddress.Parse(options.Listen);
    private readonly (IPAddress Address, int? Port)? _open = options.OpenMetrics;
    private readonly int? _metricsPort = options.OpenMetrics?.Port is { } own && own != port ? own : null;

    /// <summary>Null: the request is welcome.</summary>
    public Refusal? Check(HttpContext context, Asked what)
    {
        if (what == Asked.Health)
            return null;
        // A page of elsewhere could not read the answer, but it could use up what is there for real pages.
        if (what == Asked.PageData && context.Request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site")
            return new(StatusCodes.Status403Forbidden, "another site's page asks for this collector's data; it does not get any");
        var connection = context.Connection;
        if (connection.LocalPort == _metricsPort)
            return what == Asked.Metrics ? null : s_metricsAlone;
        if (!EndpointPlaces.IsLoopback(connection.RemoteIpAddress))
            return CheckElsewhere(context, what);
        // A name of elsewhere that was made to lead here (DNS rebinding) would let its page read ours.
        return what == Asked.Metrics || IsOurs(context.Request.Host.Host, connection.LocalIpAddress) ? null
            : new(StatusCodes.Status403Forbidden, "this page answers to localhost and to the address it listens on, not to another name");
    }

    private Refusal? CheckElsewhere(HttpContext context, Asked what)
    {
        if (what == Asked.Metrics && IsOpen(context.Connection))
            return null;
        if (!EndpointPlaces.Covers(_listen, context.Connection.LocalIpAddress) || !(gate.TakesTokens || gate.TakesCertificates))
            return what == Asked.Metrics ? s_noMetrics : s_elsewhere;
        return what == Asked.PageFiles && gate.TakesTokens ? null : gate.Check(context);
    }

    private bool IsOpen(ConnectionInfo connection) => _metricsPort is null && _open is { } open && EndpointPlaces.Covers(open.Address, connection.LocalIpAddress);

    private bool IsOurs(string host, IPAddress? local)
    {
        var name = host.Trim('[', ']');
        if (name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (publicName is not null && name.Equals(publicName, StringComparison.OrdinalIgnoreCase)))
            return true;
        return IPAddress.TryParse(name, out var address)
            && (EndpointPlaces.IsLoopback(address) || (local is not null && EndpointPlaces.Plain(address).Equals(EndpointPlaces.Plain(local))));
    }
}
