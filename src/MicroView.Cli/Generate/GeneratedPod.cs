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
    public abstract void Update(Random random);

    public abstract void Dispose();

    /// <summary>Requests since the last row: counters move by whole numbers.</summary>
    protected static double SomeRequests(Random random) => random.Next(1, 10);

    /// <summary>Seconds, around 50 ms with a tail, as latencies are.</summary>
    protected static double SomeLatency(Random random) => 0.05 * Math.Exp(0.3 * (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5));
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

    public override void Update(Random random)
    {
        foreach (var counter in _counters)
            counter.Add(SomeRequests(random));
        foreach (var gauge in _gauges)
            gauge.Set(SomeLatency(random));
    }

    public override void Dispose() => _client.Dispose();
}
