using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace MicroView.Collector;

/// <summary>
/// The live page at / and what it lives on: /api/live, and /api/pods/values for the pod that is picked (docs/live-page.md). Thread-safe.
/// </summary>
internal sealed class LivePage : IAsyncDisposable
{
    /// <summary>Streams of values that may be open at once.</summary>
    public const int MaxValueStreams = LiveFeed.MaxPages;

    // Nothing but our own files runs or is shown, nobody frames the page, and nothing leaves by a form or a link's referrer.
    private const string Policy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

    private readonly LiveSource _source;
    private readonly EndpointAccess _access;
    private readonly CancellationTokenSource _stop = new();
    private int _valueStreams;

    public LivePage(LiveSource source, EndpointAccess access, ILogger logger)
    {
        (_source, _access) = (source, access);
        Feed = new LiveFeed(source, PageAssets.Embedded.Version, logger);
    }

    public LiveFeed Feed { get; }

    /// <summary>Who may see what, /metrics included.</summary>
    public EndpointAccess Access => _access;

    public void Start() => Feed.Start();

    /// <summary>Answers a GET or HEAD; null: the request is not for the page.</summary>
    public Task? Answer(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var path = context.Request.Path.Value ?? "";
        // A terminal gets the line that it always got.
        if (path == "/" && !context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase))
            return null;
        var asset = path == "/" ? PageAssets.Embedded.Page : PageAssets.Embedded.Find(path);
        var isData = path.StartsWith("/api/", StringComparison.Ordinal);
        if (asset is null && !isData)
            return null;
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (path == "/")
            headers.Vary = "Accept";
        if (_access.Check(context, isData ? Asked.PageData : Asked.PageFiles) is { } refusal)
            return refusal.AnswerAsync(context);
        if (asset is not null)
            return AnswerAssetAsync(context, asset);
        headers.CacheControl = "no-store";
        return path switch
        {
            "/api/live" => AnswerLiveAsync(context),
            "/api/pods/values" => AnswerValuesAsync(context),
            _ => new Refusal(StatusCodes.Status404NotFound, "nothing here; the page lives on /api/live and /api/pods/values?pod=ID").AnswerAsync(context),
        };
    }

    /// <summary>Ends every open page; they come back by themselves once there is a collector again.</summary>
    public async Task CloseAsync() => await _stop.CancelAsync().ConfigureAwait(false);

    public async ValueTask DisposeAsync()
    {
        await CloseAsync().ConfigureAwait(false);
        Feed.Dispose();
        _stop.Dispose();
    }

    private static Task AnswerAssetAsync(HttpContext context, PageAsset asset)
    {
        var (request, response) = (context.Request, context.Response);
        response.Headers.CacheControl = "no-cache"; // asked for anew each time, and answered with 304: an update shows at once
        response.Headers.ETag = asset.Tag;
        if (request.Headers.IfNoneMatch.ToString().Split(',', StringSplitOptions.TrimEntries).Contains(asset.Tag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }
        response.ContentType = asset.ContentType;
        response.ContentLength = asset.Content.Length;
        return HttpMethods.IsHead(request.Method) ? Task.CompletedTask : response.Body.WriteAsync(asset.Content, 0, asset.Content.Length, context.RequestAborted);
    }

    private async Task AnswerLiveAsync(HttpContext context)
    {
        if (HttpMethods.IsHead(context.Request.Method))
        {
            BeginStream(context);
            return;
        }
        using var page = Feed.TrySubscribe();
        if (page is null)
        {
            await TooMany(LiveFeed.MaxPages).AnswerAsync(context).ConfigureAwait(false);
            return;
        }
        await StreamAsync(context, page.SendAsync).ConfigureAwait(false);
        if (page.IsDropped)
            context.Abort(); // or what was posted last would seem to have come whole
    }

    private async Task AnswerValuesAsync(HttpContext context)
    {
        var id = context.Request.Query["pod"].ToString();
        if (_source.Find(id) is null)
        {
            await new Refusal(StatusCodes.Status404NotFound, "there is no such pod: /api/pods/values?pod=ID, where ID is a pod's id, escaped").AnswerAsync(context).ConfigureAwait(false);
            return;
        }
        if (HttpMethods.IsHead(context.Request.Method))
        {
            BeginStream(context);
            return;
        }
        try
        {
            if (Interlocked.Increment(ref _valueStreams) > MaxValueStreams)
            {
                await TooMany(MaxValueStreams).AnswerAsync(context).ConfigureAwait(false);
                return;
            }
            using var values = new PodValues(id, _source);
            await StreamAsync(context, values.SendAsync).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _valueStreams);
        }
    }

    private async Task StreamAsync(HttpContext context, Func<Stream, CancellationToken, Task> send)
    {
        BeginStream(context);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stop.Token);
        try
        {
            await send(context.Response.Body, end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The page was closed, or the collector stops.
        }
    }

    private static void BeginStream(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
    }

    private static Refusal TooMany(int most) =>
        new(StatusCodes.Status503ServiceUnavailable, $"{most} pages are open already, and no more are served: close one");
}
