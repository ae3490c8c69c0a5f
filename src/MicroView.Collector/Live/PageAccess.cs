using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace MicroView.Collector;

/// <summary>Why a request gets nothing.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Line">One line for people.</param>
internal readonly record struct Refusal(int Status, string Line);

/// <summary>Who may see the page and its data. Thread-safe.</summary>
/// <param name="token">What clients of other machines must show; null: they get nothing.</param>
/// <param name="publicName">The host name that people are told to reach the page by, through a proxy on this machine; null: none.</param>
internal sealed class PageAccess(string? token = null, string? publicName = null)
{
    private readonly byte[]? _token = token is null ? null : Hash(token);

    /// <summary>Null: the request is welcome.</summary>
    /// <param name="context">The request.</param>
    /// <param name="isData">False for the page's own files, which tell nothing: a browser has no token yet when it asks for them.</param>
    public Refusal? Check(HttpContext context, bool isData)
    {
        // A page of elsewhere could not read the answer, but it could use up what is there for real pages.
        if (isData && context.Request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site")
            return new(StatusCodes.Status403Forbidden, "another site's page asks for this collector's data; it does not get any");
        if (!IsLoopback(context.Connection.RemoteIpAddress))
            return _token is null ? Elsewhere : isData ? CheckToken(context.Request) : null;
        // A name of elsewhere that was made to lead here (DNS rebinding) would let its page read ours.
        return IsOurs(context.Request.Host.Host, context.Connection.LocalIpAddress) ? null
            : new(StatusCodes.Status403Forbidden, "this page answers to localhost and to the address it listens on, not to another name");
    }

    private static Refusal Elsewhere { get; } = new(
        StatusCodes.Status403Forbidden,
        "the live page is for this machine alone: open it there, or forward its port, such as ssh -L 8000:localhost:8000 MACHINE; metrics are at /metrics");

    private Refusal? CheckToken(HttpRequest request)
    {
        const string scheme = "Bearer ";
        var shown = request.Headers.Authorization.ToString();
        var given = shown.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) ? shown[scheme.Length..].Trim() : null;
        if (given is not null && CryptographicOperations.FixedTimeEquals(Hash(given), _token))
            return null;
        return new(StatusCodes.Status401Unauthorized, given is null ? "a token is needed: Authorization: Bearer TOKEN" : "the token is not this collector's");
    }

    private bool IsOurs(string host, IPAddress? local)
    {
        var name = host.Trim('[', ']');
        if (name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (publicName is not null && name.Equals(publicName, StringComparison.OrdinalIgnoreCase)))
            return true;
        return IPAddress.TryParse(name, out var address) && (IsLoopback(address) || (local is not null && Plain(address).Equals(Plain(local))));
    }

    private static bool IsLoopback(IPAddress? address) => address is not null && IPAddress.IsLoopback(Plain(address));

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
