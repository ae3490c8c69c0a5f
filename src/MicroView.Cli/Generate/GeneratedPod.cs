using MicroView.Client;

namespace MicroView.Cli;

/// <summary>One pod of `generate`: half counters, half gauges. For one thread.</summary>
internal abstract class GeneratedPod : IDisposable
{
    /// <summary>The artifact's names.</summary>
    public static string CounterName(int index) => $"http_requests_total_{index}";

    public static string GaugeName(int index) => $"http_request_latency_{index}";

    /// <summary>The first counter, as last written.</summary>
    public abstract double Requests { get; }

    /// <summary>The first gauge, as last written.</summary>
    public abstract double Latency { get; }

    /// <summary>Writes every metric once.</summary>
    public abstract void Update(GeneratedValues values);

    public abstract void Dispose();
}

/// <summary>A pod through the client library and the agent's socket.</summary>
internal sealed class AttachedPod : GeneratedPod
{
    private readonly MicroViewClient _client;
    private readonly SingleWriterCounter[] _counters;
    private readonly Gauge[] _gauges;

    public AttachedPod(MicroViewClientOptions options, int metrics)
    {
        _client = new(options);
        _counters = [.. Enumerable.Range(0, (metrics + 1) / 2).Select(i => _client.SingleWriterCounter(CounterName(i)))];
        _gauges = [.. Enumerable.Range(0, metrics / 2).Select(i => _client.Gauge(GaugeName(i)))];
    }

    public string? Attached => _client.AttachedPod;

    public override double Requests => _counters[0].Value;

    public override double Latency => _gauges.Length > 0 ? _gauges[0].Value : double.NaN;

    public override void Update(GeneratedValues values)
    {
        foreach (var counter in _counters)
            counter.Add(values.Requests());
        foreach (var gauge in _gauges)
            gauge.Set(values.Latency());
    }

    public override void Dispose() => _client.Dispose();
}
