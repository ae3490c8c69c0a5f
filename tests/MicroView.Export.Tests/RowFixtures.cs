using System.Buffers;
using System.Text;

namespace MicroView.Export.Tests;

/// <summary>A row that a test sets; null means that nothing fresh is there.</summary>
internal sealed class Row(params double[] values) : IRowSource
{
    public double[]? Values { get; set; } = values;

    public int Reads { get; private set; }

    public bool TryRead(Span<double> row)
    {
        Reads++;
        if (Values is null) return false;
        Values.CopyTo(row);
        return true;
    }
}

internal static class Exposed
{
    public static string Text(ExpositionWriter writer)
    {
        var output = new ArrayBufferWriter<byte>();
        writer.Write(output);
        return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(output.WrittenSpan);
    }

    public static string Text(ExpositionDocument document) => Text(new PrometheusTextWriter(document));

    public static string OpenMetrics(ExpositionDocument document) => Text(new OpenMetricsWriter(document));

    /// <summary>The samples of a text, without what describes them.</summary>
    public static string[] Samples(string text) => [.. text.Split('\n').Where(line => line.Length > 0 && line[0] != '#')];

    public static Metric Counter(string name, int slot, params Label[] labels) =>
        new() { Name = name, Type = MetricType.Counter, Slot = slot, Labels = labels };

    public static Metric Gauge(string name, int slot, params Label[] labels) =>
        new() { Name = name, Type = MetricType.Gauge, Slot = slot, Labels = labels };
}
