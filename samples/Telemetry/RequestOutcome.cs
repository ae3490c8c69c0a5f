using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Telemetry;

/// <summary>Writes into each request's span what it did and whether it failed; what fails becomes 502, 504 or 500, not a stack trace.</summary>
public static class RequestOutcome
{
    /// <summary>The span's tag: method and route.</summary>
    public const string Operation = "operation";

    public static void UseRequestOutcome(this WebApplication app) => app.Use(async (context, next) =>
    {
        var failed = false;
        try
        {
            await next(context);
        }
        catch (Exception error) when (!context.Response.HasStarted)
        {
            failed = true;
            context.Response.StatusCode = error switch
            {
                HttpRequestException => StatusCodes.Status502BadGateway,
                OperationCanceledException or TimeoutException => StatusCodes.Status504GatewayTimeout,
                _ => StatusCodes.Status500InternalServerError,
            };
        }
        if (Activity.Current is not { } span)
            return;
        span.SetTag(Operation, $"{context.Request.Method} {(context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? context.Request.Path}");
        // Who asked has gone: it was too slow for them.
        if (failed || context.Response.StatusCode >= 500 || context.RequestAborted.IsCancellationRequested)
            span.SetStatus(ActivityStatusCode.Error);
    });
}
