using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MicroView.Protocol;
using MicroView.Serving;

namespace MicroView.Collector;

/// <summary>Where an action listens. Immutable.</summary>
/// <param name="Port">TCP port; 0: any free one.</param>
/// <param name="Address">IP address; beyond loopback clients prove themselves.</param>
/// <param name="IsOptional">A port that is taken costs the action and not the start.</param>
public sealed record ActionPlace(int Port, string Address = "127.0.0.1", bool IsOptional = false)
{
    /// <exception cref="ArgumentException">No such place; one line says so.</exception>
    internal void Validate(string option)
    {
        if (Port is < 0 or > 65535)
            throw new ArgumentException($"--{option}-port: a port is 0 to 65535, not {Port}");
        if (!IPAddress.TryParse(Address, out _))
            throw new ArgumentException($"--{option}-listen: '{Address}' is not an IP address of this machine, such as 127.0.0.1 or 0.0.0.0");
    }
}

/// <summary>A small HTTP server of one action.</summary>
internal sealed class ActionServer : IAsyncDisposable
{
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);
    private readonly WebApplication _application;

    private ActionServer(WebApplication application) => (_application, Address) = (application, new(application.Urls.First()));

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Starts one.</summary>
    /// <param name="place">Where it listens.</param>
    /// <param name="gate">What clients of other machines prove themselves by.</param>
    /// <param name="option">The option that chose its port, for the message.</param>
    /// <param name="protocols">HTTP/1.1, or HTTP/2.</param>
    /// <param name="services">Adds what it needs.</param>
    /// <param name="answers">Says what it answers.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    /// <exception cref="CollectorStartException">The port is taken, or the address is not this machine's; one line says so.</exception>
    public static async Task<ActionServer> StartAsync(
        ActionPlace place, AccessGate gate, string option, HttpProtocols protocols, Action<IServiceCollection> services, Action<WebApplication> answers, CancellationToken cancellation)
    {
        var address = IPAddress.Parse(place.Address);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseRestingKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = 256; // an open endpoint must not cost the node its memory
            kestrel.Limits.MaxRequestBodySize = protocols == HttpProtocols.Http2 ? null : 64 * 1024; // of a gRPC connection each message has its own limit
            kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30); // a stream whose peer has gone ends
            kestrel.Listen(address, place.Port, listen =>
            {
                listen.Protocols = protocols;
                if (!IPAddress.IsLoopback(address))
                    gate.Secure(listen);
            });
        });
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        services(builder.Services);
        var application = builder.Build();
        application.Use((context, next) => EndpointPlaces.IsLoopback(context.Connection.RemoteIpAddress) || gate.Check(context) is not { } refusal
            ? next(context) : refusal.AnswerAsync(context));
        answers(application);
        try
        {
            await application.StartAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException)
        {
            await application.DisposeAsync().ConfigureAwait(false);
            throw new CollectorStartException(PortHolder.Explain(place.Address, place.Port, error, option), error);
        }
        return new(application);
    }

    /// <summary>Stops listening; a request that stays open is cut off after two seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(Farewell);
        try
        {
            await _application.StopAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // It had its time.
        }
        await _application.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Signals belong to the process: the default would take Ctrl+C away from it.</summary>
    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
