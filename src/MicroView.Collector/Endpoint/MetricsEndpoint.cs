using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MicroView.Export;
using MicroView.Protocol;
using MicroView.Serving;

namespace MicroView.Collector;

/// <summary>The HTTP endpoint: /metrics for Prometheus (docs/exposition.md), /livez, /readyz, and at / the live page, or a line for clients that show no pages.</summary>
public sealed class MetricsEndpoint : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ScrapeRenderer _scrapes;
    private readonly Func<string?> _unready;

    private MetricsEndpoint(WebApplication application, ScrapeRenderer scrapes, Func<string?> unready) =>
        (_application, _scrapes, _unready) = (application, scrapes, unready);

    private LivePage? Page { get; init; }

    /// <summary>Null: whoever reaches it.</summary>
    private EndpointAccess? Access { get; init; }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1/");

    /// <summary>Starts to listen.</summary>
    /// <param name="document">What /metrics exposes.</param>
    /// <param name="address">IP address.</param>
    /// <param name="port">Port; 0: any free one.</param>
    /// <param name="prepare">Called before each scrape.</param>
    /// <param name="unready">Why /readyz answers 503; null: it is ready.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    /// <exception cref="CollectorStartException">The port is taken, or the address is not this machine's; one line says so.</exception>
    public static Task<MetricsEndpoint> StartAsync(
        ExpositionDocument document, string address, int port, Action? prepare = null, Func<string?>? unready = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(document);
        return StartAsync(new ScrapeRenderer(document, prepare), new() { Listen = address }, AccessGate.Closed, port, unready, null, cancellation);
    }

    /// <summary>The same with the live page, for clients beyond loopback as well.</summary>
    internal static async Task<MetricsEndpoint> StartAsync(
        ScrapeRenderer scrapes, AccessOptions access, AccessGate gate, int port, Func<string?>? unready, LivePage? page, CancellationToken cancellation)
    {
        var places = EndpointPlaces.Of(access, port);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseRestingKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = 256; // an open endpoint must not cost the node its memory
            kestrel.Limits.MaxRequestBodySize = 4096;
            foreach (var place in places)
                kestrel.Listen(place.Address, place.Port, listener =>
                {
                    if (place.IsSecured)
                        gate.Secure(listener);
                });
        });
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        var application = builder.Build();
        var endpoint = new MetricsEndpoint(application, scrapes, unready ?? (() => null)) { Page = page, Access = page?.Access };
        application.Run(endpoint.AnswerAsync);
        try
        {
            await application.StartAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException)
        {
            await application.DisposeAsync().ConfigureAwait(false);
            var place = places.FirstOrDefault(place => error.Message.Contains($":{place.Port}", StringComparison.Ordinal)) ?? places[0];
            throw new CollectorStartException(PortHolder.Explain(place.Address.ToString(), place.Port, error, place.Option), error);
        }
        endpoint.Address = new Uri(application.Urls.First());
        return endpoint;
    }

    /// <summary>Stops listening.</summary>
    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            await _application.StopAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // A client that keeps its request open is cut off.
        }
        await _application.DisposeAsync().ConfigureAwait(false);
    }

    private Task AnswerAsync(HttpContext context)
    {
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            return AnswerTextAsync(context, StatusCodes.Status405MethodNotAllowed, "this endpoint is read with GET\n");
        }
        if (Page?.Answer(context) is { } answer)
            return answer;
        return context.Request.Path.Value switch
        {
            "/metrics" => AnswerMetricsAsync(context),
            "/livez" => AnswerTextAsync(context, StatusCodes.Status200OK, "ok\n"),
            "/readyz" => _unready() is { } reason
                ? AnswerTextAsync(context, StatusCodes.Status503ServiceUnavailable, reason + "\n")
                : AnswerTextAsync(context, StatusCodes.Status200OK, "ok\n"),
            "/" => AnswerTextAsync(context, StatusCodes.Status200OK, "MicroView collector: live page at / in a browser, metrics at /metrics, health at /livez and /readyz\n"),
            _ => AnswerTextAsync(context, StatusCodes.Status404NotFound, "nothing here; metrics are at /metrics\n"),
        };
    }

    /// <summary>Rendered into a buffer of its own, so that a client that reads slowly holds nothing but that.</summary>
    private async Task AnswerMetricsAsync(HttpContext context)
    {
        if (Access?.Check(context, Asked.Metrics) is { } refusal)
        {
            await refusal.AnswerAsync(context).ConfigureAwait(false);
            return;
        }
        var headers = context.Request.Headers;
        using var scrape = _scrapes.Render(headers.Accept, headers.AcceptEncoding);
        context.Response.ContentType = scrape.ContentType;
        context.Response.Headers.Vary = RenderedScrape.Vary;
        if (scrape.ContentEncoding is { } encoding)
            context.Response.Headers.ContentEncoding = encoding;
        context.Response.ContentLength = scrape.Body.Length;
        if (HttpMethods.IsGet(context.Request.Method))
            await context.Response.Body.WriteAsync(scrape.Body, context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>Signals belong to the process that embeds the endpoint: the default would take Ctrl+C away from it.</summary>
    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private static Task AnswerTextAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }
}
