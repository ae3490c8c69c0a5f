using System.Runtime.CompilerServices;
using MicroView.Protocol;

namespace MicroView.Client;

/// <summary>A counter or a gauge of a <see cref="MetricRow"/>. Immutable.</summary>
public sealed class RowMetric
{
    private RowMetric(MetricIdentity identity) => Identity = identity;

    internal MetricIdentity Identity { get; }

    /// <summary>A number that only grows.</summary>
    public static RowMetric Counter(string name, MetricInfo? info = null, params ReadOnlySpan<(string Name, string Value)> labels) =>
        new(MetricIdentity.Create(name, MetricType.Counter, info, labels));

    /// <summary>A number that goes up and down.</summary>
    public static RowMetric Gauge(string name, MetricInfo? info = null, params ReadOnlySpan<(string Name, string Value)> labels) =>
        new(MetricIdentity.Create(name, MetricType.Gauge, info, labels));
}

/// <summary>
/// Counters and gauges that one thread writes together, such as an exporter's or a simulation's: their places stand side by side in one array, where a handle each would be a
/// line or two of cache each, which code that writes seldom pays for at every write. Metrics go by their index, from 0. Values may be read by any thread; no member throws, and an index
/// out of range is ignored.
/// </summary>
public sealed class MetricRow : IDisposable
{
    private readonly SlotCell[] _cells;
    private readonly RowCell[] _metrics;

    internal MetricRow(RowCell[] metrics)
    {
        (_metrics, _cells) = (metrics, new SlotCell[metrics.Length]);
        for (var i = 0; i < metrics.Length; i++)
            metrics[i].Follow(_cells, i);
    }

    /// <summary>How many metrics.</summary>
    public int Count => _cells.Length;

    /// <summary>The metrics: what became of their names, and what removes them one by one.</summary>
    public IReadOnlyList<Metric> Metrics => _metrics;

    /// <summary>A value; one that was never written is 0.</summary>
    public double this[int index] => (uint)index < (uint)_cells.Length ? _cells[index].Value : double.NaN;

    /// <summary>Sets a gauge, or a counter's total, by one plain store. NaN means "no value"; a total that falls is taken for a reset.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Set(int index, double value)
    {
        if ((uint)index < (uint)_cells.Length)
            _cells[index].Store(value);
    }

    /// <summary>Adds to a counter or a gauge, by a load and a store: for one thread at a time. An amount that is not finite is ignored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int index, double amount)
    {
        if ((uint)index < (uint)_cells.Length && double.IsFinite(amount))
            _cells[index].AddSingleWriter(amount);
    }

    /// <summary>Removes the metrics, as <see cref="Metric.Dispose"/> does.</summary>
    public void Dispose()
    {
        foreach (var metric in _metrics)
            metric.Dispose();
    }
}

/// <summary>A metric of rows: known by its name like any other, written through the rows that have its place.</summary>
internal sealed class RowCell(MetricIdentity identity) : Metric(identity)
{
    private readonly List<(SlotCell[] Cells, int Index)> _rows = [];
    private SlotCell _cell;

    /// <summary>Keeps a row's copy of the place up to date.</summary>
    internal void Follow(SlotCell[] cells, int index)
    {
        lock (_rows)
        {
            _rows.Add((cells, index));
            cells[index] = _cell;
        }
    }

    internal override SlotDescriptor[] Describe() => [Descriptor(SlotRole.Value)];

    private protected override void Bind(SlotCell[] cells, int stripes)
    {
        lock (_rows)
        {
            _cell = cells[0];
            foreach (var (row, index) in _rows)
                row[index] = _cell;
        }
    }
}
