using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using MicroView.Export;
using MicroView.Protocol;
using MicroView.Verbs;

namespace MicroView.Host;

/// <summary>What answers which path (docs/control-plane.md, "HTTP"). Each route answers, or tells why it refuses.</summary>
internal sealed class RestRoutes(HostState state, RestPods pods, VerbsState rdma, CancellationToken stopping)
{
    private const string OnePod = "/v1/pods/";
    private const int LongestWaitMs = 30_000;
    private readonly RdmaRoutes _rdma = new(state, rdma);

    /// <summary>Answers a request; the error that it is refused with otherwise.</summary>
    internal ValueTask<RestError?> AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "/";
        return (context.Request.Method, path) switch
        {
            ("POST", "/metrics") => RegisterAsync(context),
            ("GET", "/metrics") => MetricsAsync(context),
            ("GET", "/health") => Open(context, json => json.WriteString("status", "healthy")),
            ("GET", "/livez" or "/readyz") => ReadyAsync(context),
            ("GET", "/v1/layout") => LayoutAsync(context),
            ("GET", "/v1/pods") => Guarded(context, json => PodViews.WriteAll(json, state)),
            ("GET", _) when path.StartsWith(OnePod, StringComparison.Ordinal) => PodAsync(context, path[OnePod.Length..]),
            ("DELETE", _) when path.StartsWith(OnePod, StringComparison.Ordinal) => DeleteAsync(context, path[OnePod.Length..]),
            (_, _) when RdmaRoutes.Owns(path) => new RestPeer(context, state.Roles).RequireCollector() is { } refused ? new(refused) : _rdma.AnswerAsync(context, path),
            _ => new(IsKnown(path)
                ? new RestError(StatusCodes.Status405MethodNotAllowed, RefusalReason.Invalid, $"{path} does not take {Shorten(context.Request.Method)}")
                : RestError.NotFound($"there is no {Shorten(path)}; see docs/control-plane.md")),
        };
    }

    private static bool IsKnown(string path) =>
        path is "/metrics" or "/health" or "/livez" or "/readyz" or "/v1/layout" or "/v1/pods"
        || path.StartsWith(OnePod, StringComparison.Ordinal);

    internal static string Shorten(string text) => text.Length <= 100 ? text : text[..100] + "…";

    private async ValueTask<RestError?> RegisterAsync(HttpContext context)
    {
        var peer = new RestPeer(context, state.Roles);
        if (peer.RequireClient() is { } refused)
            return refused;
        if (await RestBody.ReadAsync(context).ConfigureAwait(false) is not { } body)
            return TooLarge;
        if (MetricPost.Parse(body, out var problem) is not { } post)
            return RestError.Invalid(problem);
        var (address, refusal) = pods.Register(post, peer.User);
        if (refusal is not null)
            return RestError.Of(refusal);
        await RestBody.AnswerAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteString("shm_name", address.Segment);
            json.WriteNumber("addr", address.Offset);
            json.WriteEndObject();
        }).ConfigureAwait(false);
        return null;
    }

    internal static RestError TooLarge =>
        new(StatusCodes.Status413PayloadTooLarge, RefusalReason.TooLarge, $"the body is larger than {RestBody.MaxKept} bytes");

    /// <summary>The artifact's clients ask for nothing in particular and mean the layout.</summary>
    private ValueTask<RestError?> MetricsAsync(HttpContext context)
    {
        context.Response.Headers.Vary = RenderedScrape.Vary;
        return ScrapeChoice.IsAskedFor(context.Request.Headers.Accept)
            ? Done(ScrapeAsync(context))
            : Guarded(context, json => PodViews.WriteRegions(json, state));
    }

    private async Task ScrapeAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        using var scrape = state.Metrics.Render(headers.Accept, headers.AcceptEncoding);
        if (scrape.ContentEncoding is { } encoding)
            context.Response.Headers.ContentEncoding = encoding;
        await RestBody.AnswerAsync(context, StatusCodes.Status200OK, scrape.ContentType, scrape.Body).ConfigureAwait(false);
    }

    private ValueTask<RestError?> ReadyAsync(HttpContext context) => stopping.IsCancellationRequested
        ? new(new RestError(StatusCodes.Status503ServiceUnavailable, RefusalReason.Invalid, "the agent is stopping"))
        : Open(context, json => json.WriteString("status", "ok"));

    private async ValueTask<RestError?> LayoutAsync(HttpContext context)
    {
        if (new RestPeer(context, state.Roles).RequireCollector() is { } refused)
            return refused;
        var query = context.Request.Query;
        if (!TryNumber(query["since"], out var since) || !TryNumber(query["timeout"], out var timeout))
            return RestError.Invalid("since and timeout must be whole numbers that are not negative");
        var wait = (int)Math.Min(timeout, LongestWaitMs);
        if (query["lease"].ToString() is { Length: > 0 } name)
        {
            if (RdmaRoutes.CheckLease(name) is { } wrong)
                return wrong;
            if (state.Readers.Touch(RdmaRoutes.LeaseName(name), since, state.Book.Generation) is null)
                since = 0; // its lease has ended: all of it, and that opens none
            state.Retirement.Release();
            wait = Math.Min(wait, state.Options.LeaseMs / 2); // asking renews the lease
        }
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        await state.Book.WaitPastAsync(since, TimeSpan.FromMilliseconds(wait), either.Token).ConfigureAwait(false);
        await RestBody.AnswerAsync(context, StatusCodes.Status200OK,
            json => JsonSerializer.Serialize(json, state.Book.Since(since), ControlJson.Default.LayoutUpdate)).ConfigureAwait(false);
        return null;
    }

    private static bool TryNumber(string? text, out ulong number)
    {
        number = 0;
        return string.IsNullOrEmpty(text) || ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private ValueTask<RestError?> PodAsync(HttpContext context, string id)
    {
        if (new RestPeer(context, state.Roles).RequireCollector() is { } refused)
            return new(refused);
        return PodViews.TryRead(state, id, out var pod, out var values)
            ? Done(RestBody.AnswerAsync(context, StatusCodes.Status200OK, json => PodViews.Write(json, pod, values)))
            : new(RestError.NotFound($"there is no pod '{Shorten(id)}'"));
    }

    private ValueTask<RestError?> DeleteAsync(HttpContext context, string id)
    {
        if (new RestPeer(context, state.Roles).RequireCollector() is { } refused)
            return new(refused);
        return pods.Delete(id) ? Open(context, json => json.WriteString("status", "retired"))
            : new(state.Book.Find(id) is null
                ? RestError.NotFound($"there is no pod '{Shorten(id)}'")
                : new RestError(StatusCodes.Status409Conflict, RefusalReason.Invalid, $"'{Shorten(id)}' is not a REST pod; it leaves with its process"));
    }

    private ValueTask<RestError?> Guarded(HttpContext context, Action<Utf8JsonWriter> write) =>
        new RestPeer(context, state.Roles).RequireCollector() is { } refused ? new(refused) : Done(RestBody.AnswerAsync(context, StatusCodes.Status200OK, write));

    private static ValueTask<RestError?> Open(HttpContext context, Action<Utf8JsonWriter> write) =>
        Done(RestBody.AnswerAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }));

    private static async ValueTask<RestError?> Done(Task answer)
    {
        await answer.ConfigureAwait(false);
        return null;
    }
}
