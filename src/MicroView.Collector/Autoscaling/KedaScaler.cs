using Grpc.Core;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace MicroView.Collector;

/// <summary>
/// KEDA's external scaler over gRPC, with grpc.health.v1 beside it. Where the collector is not ready it refuses to answer: no value must pass for a quiet
/// application, or replicas would be taken away. Thread-safe.
/// </summary>
/// <param name="watch">What is known of the pods.</param>
/// <param name="whyNotReady">Why there is nothing to say; null: there is.</param>
internal sealed class KedaScaler(ApplicationWatch watch, Func<string?> whyNotReady) : ExternalScaler.ExternalScalerBase, IDisposable
{
    private const string ServiceName = "externalscaler.ExternalScaler";

    private const int MaxStreams = 1000; // an open port must not cost the node its memory

    private readonly HealthServiceImpl _health = new();
    private readonly CancellationTokenSource _stop = new();
    private int _streams;

    /// <summary>Streams that are open.</summary>
    public int Streams => Volatile.Read(ref _streams);

    public Task<ActionServer> StartAsync(ActionPlace place, AccessGate gate, CancellationToken cancellation)
    {
        watch.Looked += _ => TellHealth();
        TellHealth();
        return ActionServer.StartAsync(place, gate, "--keda-port", HttpProtocols.Http2,
            services =>
            {
                services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = 64 * 1024);
                services.AddSingleton(this).AddSingleton(_health);
            },
            application =>
            {
                application.MapGrpcService<KedaScaler>();
                application.MapGrpcService<HealthServiceImpl>();
            }, cancellation);
    }

    public override Task<IsActiveResponse> IsActive(ScaledObjectRef request, ServerCallContext context) =>
        Task.FromResult(new IsActiveResponse { Result = Trigger(request).IsActive(Ready()) ?? throw Unknown() });

    /// <summary>Says what holds, then each change of it.</summary>
    public override async Task StreamIsActive(ScaledObjectRef request, IServerStreamWriter<IsActiveResponse> responseStream, ServerCallContext context)
    {
        var trigger = Trigger(request);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, context.CancellationToken);
        try
        {
            if (Interlocked.Increment(ref _streams) > MaxStreams)
                throw new RpcException(new(StatusCode.ResourceExhausted, $"{MaxStreams} streams are open already"));
            bool? told = null;
            while (true)
            {
                var next = watch.NextLook; // before the look at hand: a change in between is not missed
                if (whyNotReady() is null && trigger.IsActive(watch.View) is { } active && active != told)
                {
                    told = active;
                    await responseStream.WriteAsync(new IsActiveResponse { Result = active }, end.Token).ConfigureAwait(false);
                }
                await next.WaitAsync(end.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw new RpcException(new(StatusCode.Unavailable, "the collector stops"));
        }
        catch (OperationCanceledException)
        {
            // The caller has gone.
        }
        finally
        {
            Interlocked.Decrement(ref _streams);
        }
    }

    public override Task<GetMetricSpecResponse> GetMetricSpec(ScaledObjectRef request, ServerCallContext context)
    {
        var trigger = Trigger(request);
        return Task.FromResult(new GetMetricSpecResponse { MetricSpecs = { new MetricSpec { MetricName = trigger.MetricName, TargetSizeFloat = trigger.Target } } });
    }

    public override Task<GetMetricsResponse> GetMetrics(GetMetricsRequest request, ServerCallContext context)
    {
        var trigger = Trigger(request.ScaledObjectRef);
        var value = new MetricValue { MetricName = trigger.MetricName, MetricValueFloat = trigger.ValueOf(Ready()) ?? throw Unknown() };
        return Task.FromResult(new GetMetricsResponse { MetricValues = { value } });
    }

    /// <summary>Ends the streams: their callers come back, here or elsewhere.</summary>
    public void Stop() => _stop.Cancel();

    public void Dispose() => _stop.Dispose();

    private static ScalerTrigger Trigger(ScaledObjectRef? request)
    {
        try
        {
            return ScalerTrigger.Parse((request ?? new()).ScalerMetadata.ToDictionary());
        }
        catch (FormatException error)
        {
            throw new RpcException(new(StatusCode.InvalidArgument, error.Message));
        }
    }

    private static RpcException Unknown() => new(new(StatusCode.Unavailable, "no pod of the trigger is watched yet: all are still learnt, or cannot be read"));

    private ApplicationsView Ready() => whyNotReady() is { } reason ? throw new RpcException(new(StatusCode.Unavailable, reason)) : watch.View;

    private void TellHealth()
    {
        var status = whyNotReady() is null ? HealthCheckResponse.Types.ServingStatus.Serving : HealthCheckResponse.Types.ServingStatus.NotServing;
        _health.SetStatus("", status);
        _health.SetStatus(ServiceName, status);
    }
}
