using System.Threading;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace MicroView.Serving;

/// <summary>
/// Kestrel that runs while it has clients: its clock ticks every second and its pool is looked through every ten, which is most of what an agent takes that nobody asks.
/// The ports stay open while it rests. The next connection is served by a new Kestrel with the same settings, so what configures it is called once for each. Thread-safe as every server is.
/// </summary>
/// <param name="options">Makes the settings of each Kestrel.</param>
/// <param name="services">The application's.</param>
public sealed class RestingServer(IOptionsFactory<KestrelServerOptions> options, IServiceProvider services) : IServer
{
    /// <summary>Longer than most clients stay away, who then find it awake.</summary>
    public static readonly TimeSpan UsualIdleTime = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(2), s_faultPause = TimeSpan.FromSeconds(1);
    private readonly ILoggerFactory _loggers = services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance;
    private readonly CancellationTokenSource _stopping = new();
    private readonly KeptPorts _ports = new();
    private volatile KestrelServer? _kestrel;
    private Task _running = Task.CompletedTask;

    /// <summary>How long nobody is connected before it rests.</summary>
    public TimeSpan IdleTime { get; init; } = UsualIdleTime;

    /// <summary>Whether it waits for a client.</summary>
    public bool IsResting => _kestrel is null;

    /// <inheritdoc/>
    public IFeatureCollection Features { get; } = new FeatureCollection();

    /// <inheritdoc/>
    public async Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken) where TContext : notnull
    {
        await WakeAsync(application, cancellationToken).ConfigureAwait(false);
        Features.Set(_kestrel!.Features.Get<IServerAddressesFeature>());
        _running = Task.Run(() => RunAsync(application), CancellationToken.None);
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // a start that was cut short may throw anything
        _ports.Dispose();
        await RestAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping.Cancel();
        _ports.Dispose();
        _kestrel?.Dispose();
        _stopping.Dispose();
    }

    private async Task RunAsync<TContext>(IHttpApplication<TContext> application) where TContext : notnull
    {
        try
        {
            while (true)
            {
                await _ports.BecomeIdleAsync(IdleTime, _stopping.Token).ConfigureAwait(false);
                using (var patience = new CancellationTokenSource(s_farewell))
                    await RestAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // however it ended, it is over
                do
                    await _ports.ClientAsync(_stopping.Token).ConfigureAwait(false);
                while (!await TryWakeAsync(application).ConfigureAwait(false));
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // It stops.
        }
    }

    private async Task<bool> TryWakeAsync<TContext>(IHttpApplication<TContext> application) where TContext : notnull
    {
        try
        {
            await WakeAsync(application, _stopping.Token).ConfigureAwait(false);
            return true;
        }
#pragma warning disable CA1031 // Whatever it is, the next client is another chance.
        catch (Exception error) when (!_stopping.IsCancellationRequested)
#pragma warning restore CA1031
        {
            _loggers.CreateLogger<RestingServer>().LogError(error, "A client waits, and its server does not start; it is tried again in {Seconds} s", s_faultPause.TotalSeconds);
            await Task.Delay(s_faultPause, _stopping.Token).ConfigureAwait(false);
            return false;
        }
    }

    private async Task WakeAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellation) where TContext : notnull
    {
        _ports.Rewind();
        var kestrel = new KestrelServer(Options.Create(options.Create(Options.DefaultName)), _ports, _loggers);
        try
        {
            await kestrel.StartAsync(application, cancellation).ConfigureAwait(false);
        }
        catch
        {
            kestrel.Dispose();
            throw;
        }
        _kestrel = kestrel;
    }

    private async Task RestAsync(CancellationToken cancellation)
    {
        if (_kestrel is not { } kestrel)
            return;
        try
        {
            await kestrel.StopAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            kestrel.Dispose();
            _kestrel = null;
        }
    }
}

/// <summary>How an application comes to rest.</summary>
public static class RestingServerExtensions
{
    /// <summary>Serves by Kestrel, which rests while nobody is connected.</summary>
    /// <param name="host">The application that is being built.</param>
    /// <param name="configure">Called for each Kestrel anew; says where to listen, in the same order each time.</param>
    /// <param name="idleTime">How long nobody is connected before it rests; null: <see cref="RestingServer.UsualIdleTime"/>.</param>
    public static void UseRestingKestrel(this IWebHostBuilder host, Action<KestrelServerOptions> configure, TimeSpan? idleTime = null) =>
        host.UseKestrelCore().ConfigureKestrel(configure).ConfigureServices(services => services.AddSingleton<IServer>(provider =>
            new RestingServer(provider.GetRequiredService<IOptionsFactory<KestrelServerOptions>>(), provider) { IdleTime = idleTime ?? RestingServer.UsualIdleTime }));
}
