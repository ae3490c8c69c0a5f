using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using MicroView.Protocol;
using MicroView.Serving;
using MicroView.Verbs;

namespace MicroView.Host;

/// <summary>HTTP on Kestrel, with bounds on everything that a peer can make it hold.</summary>
internal sealed class RestServer : IAsyncDisposable
{
    private readonly HostState _state;
    private readonly CancellationTokenSource _stopping = new();
    private readonly RestRoutes _routes;
    private readonly ServerCertificate? _certificate;
    private readonly WebApplication _application;

    internal RestServer(HostState state, RestPods pods, VerbsState rdma)
    {
        _state = state;
        _routes = new(state, pods, rdma, _stopping.Token);
        var options = state.Options;
        _certificate = options.Certificate is { } file ? new ServerCertificate(file, options.CertificateKey, complain: state.Log.KeptCertificate) : null;
        var builder = WebApplication.CreateEmptyBuilder(new() { ContentRootPath = "/", EnvironmentName = "Production" });
        builder.WebHost.UseRestingKestrel(Configure);
        _application = builder.Build();
        _application.Run(HandleAsync);
    }

    /// <summary>Where it listens.</summary>
    internal IPEndPoint? Endpoint { get; private set; }

    internal async Task StartAsync(CancellationToken cancellation)
    {
        var options = _state.Options;
        try
        {
            await _application.StartAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            if (error is IOException && error.InnerException is AddressInUseException)
            {
                var holder = TcpTable.HolderOf(options.RestPort);
                throw new HostStartException(
                    $"port {options.RestPort} on {options.RestAddress} is occupied{(holder is null ? "" : " by " + holder)}; stop it, or choose another with --port", error);
            }
            throw new HostStartException($"cannot listen on {options.RestAddress} port {options.RestPort}: {error.Message}; choose another with --host and --port", error);
        }
        var address = _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Endpoint = new(options.RestAddress, BindingAddress.Parse(address).Port);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false); // ends the long polls
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _application.StopAsync(patience.Token).ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    private void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = RestBody.MaxRead;
        kestrel.Limits.MaxConcurrentConnections = 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
        kestrel.Listen(_state.Options.RestAddress, _state.Options.RestPort, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            if (_certificate is { } certificate)
                listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => new(certificate.Options) });
        });
    }

    private async Task HandleAsync(HttpContext context)
    {
        _state.Metrics.Requests.Increment();
        RestError? error;
        try
        {
            error = await _routes.AnswerAsync(context).ConfigureAwait(false);
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException bad)
        {
            error = new(bad.StatusCode, bad.StatusCode == StatusCodes.Status413PayloadTooLarge ? RefusalReason.TooLarge : RefusalReason.Invalid, bad.Message);
        }
        catch (OperationCanceledException)
        {
            error = context.RequestAborted.IsCancellationRequested ? null : new(StatusCodes.Status503ServiceUnavailable, RefusalReason.Invalid, "the agent is stopping");
        }
        catch (Exception unexpected)
        {
            _state.Log.Unexpected("a request", unexpected.ToString());
            error = new(StatusCodes.Status500InternalServerError, RefusalReason.Invalid, "the agent failed; its log says how");
        }
        if (error is not null)
            await RefuseAsync(context, error).ConfigureAwait(false);
    }

    private async Task RefuseAsync(HttpContext context, RestError error)
    {
        _state.Metrics.Refused(error.Reason);
        if (context.Response.HasStarted)
            return;
        if (error.Status == StatusCodes.Status401Unauthorized)
            context.Response.Headers.WWWAuthenticate = "Bearer";
        try
        {
            await RestBody.AnswerAsync(context, error.Status, json =>
            {
                json.WriteStartObject();
                json.WriteString("error", error.Problem);
                json.WriteEndObject();
            }).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // it is not there any more to be told
        }
    }
}
