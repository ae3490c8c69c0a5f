using System.Net;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>Who sent a request: its user is looked up once per connection, and only when it matters.</summary>
internal readonly struct RestPeer(HttpContext context, RoleRules roles)
{
    private const string UserItem = "microview.user";

    private bool IsLoopback => context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(TcpTable.Plain(address));

    /// <summary>The user at the other end of a loopback connection; null elsewhere.</summary>
    internal uint? User
    {
        get
        {
            if (!IsLoopback)
                return null;
            var items = context.Features.Get<IConnectionItemsFeature>()?.Items;
            if (items is not null && items.TryGetValue(UserItem, out var known))
                return (uint?)known;
            var connection = context.Connection;
            var user = TcpTable.UserOf(new(connection.RemoteIpAddress!, connection.RemotePort), new(connection.LocalIpAddress!, connection.LocalPort));
            if (items is not null)
                items[UserItem] = user;
            return user;
        }
    }

    /// <summary>Requires the collector role; null, or how to get it.</summary>
    internal RestError? RequireCollector()
    {
        if (HasToken || (context.Connection.RemoteIpAddress is { } address && roles.IsListed(address)))
            return null;
        if (IsLoopback && IsNoBrowser && User is { } user && roles.IsOwn(user))
            return null;
        return Refuse("the collector role is needed: send the agent's token, be listed in --collectors, or connect from loopback as root or the agent's user");
    }

    /// <summary>Requires the client role; null, or how to get it.</summary>
    internal RestError? RequireClient() =>
        HasToken || (IsLoopback && IsNoBrowser) ? null : Refuse("the client role is needed: connect from loopback, or send the agent's token");

    private bool HasToken =>
        context.Request.Headers.Authorization is [{ } header] && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) && roles.IsToken(header[7..].Trim());

    /// <summary>A web page that the agent's user looks at must not speak in that user's name, by any name that resolves to loopback.</summary>
    private bool IsNoBrowser =>
        context.Request.Headers.Origin.Count == 0
        && (context.Request.Host.Host is "" or "localhost" || IPAddress.TryParse(context.Request.Host.Host.Trim('[', ']'), out _));

    private RestError Refuse(string problem) => new(
        context.Request.Headers.Authorization.Count == 0 ? StatusCodes.Status401Unauthorized : StatusCodes.Status403Forbidden, RefusalReason.Forbidden, problem);
}

/// <summary>A request's refusal.</summary>
internal sealed record RestError(int Status, RefusalReason Reason, string Problem)
{
    internal static RestError Of(Refusal refusal) => new(
        refusal.Reason switch
        {
            RefusalReason.Full => StatusCodes.Status507InsufficientStorage,
            RefusalReason.PodInUse => StatusCodes.Status409Conflict,
            RefusalReason.Forbidden => StatusCodes.Status403Forbidden,
            RefusalReason.NotFound => StatusCodes.Status404NotFound,
            RefusalReason.TooLarge => StatusCodes.Status413PayloadTooLarge,
            _ => StatusCodes.Status400BadRequest,
        },
        refusal.Reason, refusal.Problem);

    internal static RestError Invalid(string problem) => new(StatusCodes.Status400BadRequest, RefusalReason.Invalid, problem);

    internal static RestError NotFound(string problem) => new(StatusCodes.Status404NotFound, RefusalReason.NotFound, problem);
}
