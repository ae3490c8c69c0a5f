using MicroView.Export;

namespace MicroView.Benchmarks;

/// <summary>
/// The fixed mix of `bench export`: 60 % integer counters, 30 % values of up to four significant digits, 10 % full precision; half of
/// the values change between scrapes.
/// </summary>
internal sealed class ExpositionMix
{
    public const int MetricsPerPod = 64;

    private readonly Random _random = new(1);
    private readonly bool _fullPrecision;

    public ExpositionMix(int series, bool fullPrecision)
    {
        _fullPrecision = fullPrecision;
        Rows = [.. Enumerable.Range(0, series / MetricsPerPod).Select(_ => new double[MetricsPerPod])];
        foreach (var row in Rows)
            for (var i = 0; i < row.Length; i++)
                row[i] = Next(i, _random.Next(1_000_000));
    }

    public double[][] Rows { get; }

    public static string Name(int metric) => $"http_requests_total_{metric}";

    public static bool IsCounter(int metric) => metric % 10 < 6;

    public void Change()
    {
        foreach (var row in Rows)
            for (var i = 0; i < row.Length; i++)
                if (_random.Next(2) == 0)
                    row[i] = Next(i, row[i]);
    }

    private double Next(int metric, double last) =>
        _fullPrecision ? _random.NextDouble() * 1000
        : IsCounter(metric) ? last + _random.Next(1, 1000)
        : metric % 10 < 9 ? _random.Next(1, 10_000) / Math.Pow(10, metric % 5)
        : _random.NextDouble() * 1000;
}

/// <summary>The mix behind a document of ours.</summary>
internal sealed class ExpositionMixDocument
{
    public ExpositionMixDocument(ExpositionMix mix)
    {
        var document = new ExpositionDocument();
        var metrics = Enumerable.Range(0, ExpositionMix.MetricsPerPod).Select(i => new Metric
        {
            Name = ExpositionMix.Name(i),
            Type = ExpositionMix.IsCounter(i) ? MetricType.Counter : MetricType.Gauge,
            Slot = i,
            Help = "Requests.",
        }).ToArray();
        for (var p = 0; p < mix.Rows.Length; p++)
            document.Add([("pod", $"carts-5d8f9c7b-{p:d4}"), ("service", "carts")], metrics, metrics.Length, new Source(mix.Rows[p]));
        Writer = new PrometheusTextWriter(document);
    }

    public PrometheusTextWriter Writer { get; }

    private sealed class Source(double[] values) : IRowSource
    {
        public bool TryRead(Span<double> row)
        {
            values.CopyTo(row);
            return true;
        }
    }
}
