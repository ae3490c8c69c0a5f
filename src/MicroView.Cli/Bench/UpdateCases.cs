using System.Diagnostics.Metrics;
using MicroView.Client;
using MicroView.Protocol;

namespace MicroView.Cli;

/// <summary>One way to update a metric; <paramref name="Second"/> is what another thread does at the same time.</summary>
internal sealed record UpdateCase(string Name, Action<int> First, Action<int>? Second = null);

/// <summary>
/// The cases of `bench update`, on a real client's memory. Each loop takes its value from a small table, so that nothing is a constant that a
/// compiler could fold, and every result is in memory that another process could read.
/// </summary>
internal sealed class UpdateCases : IDisposable
{
    private const int TableSize = 64;
    private const int SpreadMetrics = 4096; // more than the nearest cache holds handles of

    private readonly MicroViewClient _client = new(new() { Pod = "bench-update", Attach = false });
    private readonly PageObject _floor = PageObject.Create("microview:bench-floor", new SlotGeometry(PageFormat.DefaultCapacity, 1));
    private readonly Meter _meter = new("MicroView.Bench");
    private readonly MeterBridge _bridge;
    // Durations for gauge and histogram, whole amounts for counters, as applications have them.
    private readonly double[] _durations = [.. Enumerable.Range(0, TableSize).Select(i => 0.001 * Math.Pow(1.16, i))];
    private readonly double[] _amounts = [.. Enumerable.Range(1, TableSize).Select(i => (double)i)];
    private readonly List<(string Name, Func<double> Read)> _results = [];

    public UpdateCases()
    {
        _bridge = MeterBridge.Start(_client, new() { Filter = instrument => instrument.Meter == _meter });
        var (one, shared) = (_client.Counter("bench_counter"), _client.Counter("bench_counter_shared"));
        var (left, right) = (_client.Counter("bench_counter_left"), _client.Counter("bench_counter_right"));
        All =
        [
            Floor(),
            GaugeSet(_client.Gauge("bench_gauge")),
            GaugesSet([.. Enumerable.Range(0, SpreadMetrics).Select(i => _client.Gauge($"bench_gauge_{i}"))]),
            RowSet(_client.Row([.. Enumerable.Range(0, SpreadMetrics).Select(i => RowMetric.Gauge($"bench_row_{i}"))])),
            SingleWriter(_client.SingleWriterCounter("bench_single_writer")),
            new("counter_add", Add(one)),
            new("counter_add_2_threads", Add(shared), Add(shared)),
            new("two_counters_2_threads", Add(left), Add(right)),
            HistogramRecord(_client.Histogram("bench_histogram")),
            MeterBridgeAdd(),
        ];
        foreach (var counter in (Counter[])[one, shared, left, right])
            _results.Add((counter.Name, () => counter.Value));
    }

    public UpdateCase[] All { get; }

    /// <summary>Throws when a metric that was updated is inert or did not move: then the loops measured nothing.</summary>
    public void Check()
    {
        foreach (var (name, read) in _results)
            if (!(read() > 0))
                throw new InvalidOperationException($"the benchmark's metric '{name}' did not move: {read()}");
    }

    public void Dispose()
    {
        _bridge.Dispose();
        _meter.Dispose();
        _client.Dispose();
        _floor.Dispose();
    }

    private UpdateCase Floor()
    {
        var (slot, table) = (_floor.Cell(0), _durations);
        _results.Add(("floor", () => slot.Value));
        return new("floor_store", count =>
        {
            var (cell, values) = (slot, table);
            for (var i = 0; i < count; i++)
                cell.Store(values[i & (TableSize - 1)]);
        });
    }

    private UpdateCase GaugeSet(Gauge gauge)
    {
        var table = _durations;
        _results.Add((gauge.Name, () => gauge.Value));
        return new("gauge_set", count =>
        {
            var (metric, values) = (gauge, table);
            for (var i = 0; i < count; i++)
                metric.Set(values[i & (TableSize - 1)]);
        });
    }

    private UpdateCase GaugesSet(Gauge[] gauges)
    {
        var table = _durations;
        _results.Add((gauges[1].Name, () => gauges[1].Value));
        return new("gauges_set_4096", count =>
        {
            var (metrics, values) = (gauges, table);
            for (var i = 0; i < count; i++)
                metrics[i & (SpreadMetrics - 1)].Set(values[i & (TableSize - 1)]);
        });
    }

    private UpdateCase RowSet(MetricRow row)
    {
        var table = _durations;
        _results.Add((row.Metrics[1].Name, () => row[1]));
        return new("row_set_4096", count =>
        {
            var (metrics, values) = (row, table);
            for (var i = 0; i < count; i++)
                metrics.Set(i & (SpreadMetrics - 1), values[i & (TableSize - 1)]);
        });
    }

    private UpdateCase SingleWriter(SingleWriterCounter counter)
    {
        var table = _amounts;
        _results.Add((counter.Name, () => counter.Value));
        return new("counter_single_writer", count =>
        {
            var (metric, values) = (counter, table);
            for (var i = 0; i < count; i++)
                metric.Add(values[i & (TableSize - 1)]);
        });
    }

    private Action<int> Add(Counter counter)
    {
        var table = _amounts;
        return count =>
        {
            var (metric, values) = (counter, table);
            for (var i = 0; i < count; i++)
                metric.Add(values[i & (TableSize - 1)]);
        };
    }

    private UpdateCase HistogramRecord(Histogram histogram)
    {
        var table = _durations;
        _results.Add((histogram.Name, () => histogram.Sum));
        return new("histogram_record", count =>
        {
            var (metric, values) = (histogram, table);
            for (var i = 0; i < count; i++)
                metric.Record(values[i & (TableSize - 1)]);
        });
    }

    private UpdateCase MeterBridgeAdd()
    {
        var (instrument, table) = (_meter.CreateCounter<double>("bench_requests"), _amounts);
        var series = _client.Counter("bench_requests", ("method", "GET"), ("route", "/api/orders"));
        _results.Add(("bench_requests", () => series.Value));
        return new("meter_bridge_add_two_tags", count =>
        {
            var (metric, values) = (instrument, table);
            for (var i = 0; i < count; i++)
                metric.Add(values[i & (TableSize - 1)], new("method", "GET"), new("route", "/api/orders"));
        });
    }
}
