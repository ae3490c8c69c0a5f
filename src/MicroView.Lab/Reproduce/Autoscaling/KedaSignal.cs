using Grpc.Core;
using Grpc.Net.Client;
using MicroView.Collector;

namespace MicroView.Lab;

/// <summary>
/// Asks a collector's external scaler as KEDA does: the target once, the value at each sync of the HPA. Source: KEDA's "External Scalers". Not thread-safe.
/// </summary>
internal sealed class KedaSignal : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly GrpcChannel _channel;
    private readonly ExternalScaler.ExternalScalerClient _scaler;
    private readonly ScaledObjectRef _object = new() { Name = "php-apache", Namespace = "default" };
    private MetricSpec? _target;

    /// <param name="port">The scaler's, on 127.0.0.1.</param>
    /// <param name="metadata">The trigger's, as in a ScaledObject.</param>
    public KedaSignal(int port, params IEnumerable<KeyValuePair<string, string>> metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        _channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        _scaler = new ExternalScaler.ExternalScalerClient(_channel);
        foreach (var (key, value) in metadata)
            _object.ScalerMetadata.Add(key, value);
    }

    /// <summary>The metric and its target now; without a value where the scaler has none, while pods are learnt say.</summary>
    public async Task<ExternalValue> AskAsync(CancellationToken stop)
    {
        try
        {
            _target ??= (await _scaler.GetMetricSpecAsync(_object, deadline: DateTime.UtcNow + s_patience, cancellationToken: stop)).MetricSpecs[0];
            var answer = await _scaler.GetMetricsAsync(new GetMetricsRequest { ScaledObjectRef = _object, MetricName = _target.MetricName }, deadline: DateTime.UtcNow + s_patience, cancellationToken: stop);
            return new(answer.MetricValues[0].MetricValueFloat, _target.TargetSizeFloat);
        }
        catch (RpcException error) when (error.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded)
        {
            return new(null, 1);
        }
    }

    public void Dispose() => _channel.Dispose();
}
