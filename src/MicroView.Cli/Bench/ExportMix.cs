using MicroView.Export;
using ExportType = MicroView.Export.MetricType;

namespace MicroView.Cli;

/// <summary>
/// The values that are scraped: 60 % integer counters, 30 % gauges of up to four significant digits, 10 % full precision; or full precision
/// throughout. Half of them change between scrapes. Pods of 64 metrics.
/// </summary>
internal sealed class ExportMix
{
    public const int MetricsPerPod = 64;

    private readonly Random _random = new(1);
    private readonly double[][] _rows;
    private readonly bool _fullPrecision;

    public ExportMix(int series, bool fullPrecision)
    {
        _fullPrecision = fullPrecision;
        _rows = [.. Enumerable.Range(0, (series + MetricsPerPod - 1) / MetricsPerPod).Select(pod => new double[Math.Min(MetricsPerPod, series - pod * MetricsPerPod)])];
        for (var pod = 0; pod < _rows.Length; pod++)
        {
            for (var i = 0; i < _rows[pod].Length; i++)
                _rows[pod][i] = Next(i, _random.Next(1_000_000));
            Document.Add([("pod", $"carts-5d8f9c7b-{pod:d4}"), ("service", "carts")], [.. Enumerable.Range(0, _rows[pod].Length).Select(Describe)], _rows[pod].Length, new Row(_rows[pod]));
        }
        Series = series;
    }

    public ExpositionDocument Document { get; } = new();

    public int Series { get; }

    /// <summary>Gives every second value a new one, at random.</summary>
    public void Change()
    {
        foreach (var row in _rows)
            for (var i = 0; i < row.Length; i++)
                if (_random.Next(2) == 0)
                    row[i] = Next(i, row[i]);
    }

    private static Metric Describe(int slot) => new()
    {
        Name = slot % 10 < 6 ? $"http_requests_total_{slot}" : $"http_request_latency_{slot}",
        Type = slot % 10 < 6 ? ExportType.Counter : ExportType.Gauge,
        Slot = slot,
        Help = "Requests.",
    };

    private double Next(int metric, double last) => _fullPrecision ? _random.NextDouble() * 1000
        : (metric % 10) switch
        {
            < 6 => last + _random.Next(1, 1000),
            < 9 => _random.Next(1, 10_000) / Math.Pow(10, metric % 5),
            _ => _random.NextDouble() * 1000,
        };

    /// <summary>What the collector does per pod: copy the row, look for values that are not there.</summary>
    private sealed class Row(double[] values) : IRowSource
    {
        public bool TryRead(Span<double> row)
        {
            values.CopyTo(row);
            foreach (ref var value in row)
                if (double.IsNaN(value))
                    value = ExpositionDocument.Absent;
            return true;
        }
    }
}
