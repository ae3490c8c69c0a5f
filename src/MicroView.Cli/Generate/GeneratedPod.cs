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
    private readonly MetricRow _row;
    private readonly int _counters;

    public AttachedPod(MicroViewClientOptions options, int metrics)
    {
        _client = new(options);
        _counters = (metrics + 1) / 2;
        _row = _client.Row([
            .. Enumerable.Range(0, _counters).Select(i => RowMetric.Counter(CounterName(i))),
            .. Enumerable.Range(0, metrics / 2).Select(i => RowMetric.Gauge(GaugeName(i)))]);
    }

    public string? Attached => _client.AttachedPod;

    public override double Requests => _row[0];

    public override double Latency => _row[_counters];

    public override void Update(GeneratedValues values)
    {
        for (var i = 0; i < _counters; i++)
            _row.Add(i, values.Requests());
        for (var i = _counters; i < _row.Count; i++)
            _row.Set(i, values.Latency());
    }

    public override void Dispose() => _client.Dispose();
}
