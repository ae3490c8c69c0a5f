using MicroView.Export;
using SlotType = MicroView.Protocol.MetricType;

namespace MicroView.Collector;

/// <summary>
/// What the values of a pod are told in: a column per gauge and counter, two per histogram (observations, sum), in the order of its metrics. Immutable.
/// </summary>
internal sealed class PodColumns
{
    private readonly PodSchema _schema;

    private PodColumns(PodSchema schema) => _schema = schema;

    /// <summary>Columns in all.</summary>
    public int Count { get; private set; }

    public static PodColumns Of(PodSchema schema) =>
        new(schema) { Count = schema.Metrics.Sum(metric => metric.Type == MetricType.Histogram ? 2 : 1) };

    public bool IsOf(PodSchema schema) => ReferenceEquals(schema, _schema);

    /// <summary>Takes the columns out of a row; what the row does not reach is NaN.</summary>
    /// <param name="row">Slots.</param>
    /// <param name="columns">As many as <see cref="Count"/>.</param>
    public void Read(ReadOnlySpan<double> row, Span<double> columns)
    {
        var column = 0;
        for (var i = 0; i < _schema.Metrics.Count; i++)
        {
            var metric = _schema.Metrics[i];
            if (metric.Type != MetricType.Histogram)
            {
                columns[column++] = At(row, metric.Slot);
                continue;
            }
            var count = 0.0;
            for (var bucket = 0; bucket < metric.Buckets.Count; bucket++)
                count += At(row, metric.Buckets[bucket].Slot);
            columns[column++] = count;
            columns[column++] = At(row, metric.SumSlot);
        }
    }

    /// <summary>Writes what the columns mean, as the array "metrics".</summary>
    public void Describe(LiveJson frame)
    {
        frame.Json.WriteStartArray("metrics"u8);
        foreach (var metric in _schema.Metrics)
        {
            var isHistogram = metric.Type == MetricType.Histogram;
            var descriptor = _schema.Descriptors[isHistogram ? metric.Buckets[0].Slot : metric.Slot];
            frame.Json.WriteStartObject();
            frame.Json.WriteString("name"u8, PodSchema.DisplayName(descriptor));
            frame.Json.WriteString("kind"u8, isHistogram ? "histogram"u8 : descriptor.Type == SlotType.Counter ? "counter"u8 : "gauge"u8);
            frame.WriteOptional("unit"u8, descriptor.Unit is { Length: > 0 } unit ? unit : null);
            frame.WriteOptional("help"u8, descriptor.Help is { Length: > 0 } help ? help : null);
            frame.Json.WriteEndObject();
        }
        frame.Json.WriteEndArray();
    }

    private static double At(ReadOnlySpan<double> row, int slot) => (uint)slot < (uint)row.Length ? row[slot] : double.NaN;
}
