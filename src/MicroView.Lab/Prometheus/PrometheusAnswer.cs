using System.Buffers.Text;
using System.Text.Json;

namespace MicroView.Lab;

/// <summary>A series on a grid of times.</summary>
/// <param name="Labels">Its labels.</param>
/// <param name="Values">A value per point of the grid; NaN where there is none.</param>
internal sealed record RangeSeries(IReadOnlyDictionary<string, string> Labels, double[] Values);

/// <summary>Reads the JSON answers of Prometheus' HTTP API.</summary>
internal static class PrometheusAnswer
{
    /// <summary>What the server says went wrong; null if it says nothing.</summary>
    public static string? Error(byte[] answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            return document.RootElement.TryGetProperty("error", out var error) ? error.GetString()?.ReplaceLineEndings(" ") : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    public static string[] Strings(byte[] answer)
    {
        using var document = JsonDocument.Parse(answer);
        return [.. document.RootElement.GetProperty("data").EnumerateArray().Select(item => item.GetString()!)];
    }

    public static IReadOnlyList<Dictionary<string, string>> LabelSets(byte[] answer)
    {
        using var document = JsonDocument.Parse(answer);
        return [.. document.RootElement.GetProperty("data").EnumerateArray().Select(Labels)];
    }

    public static Dictionary<string, string> MetricTypes(byte[] answer)
    {
        using var document = JsonDocument.Parse(answer);
        var types = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var metric in document.RootElement.GetProperty("data").EnumerateObject())
            foreach (var said in metric.Value.EnumerateArray().Take(1))
                types[metric.Name] = said.GetProperty("type").GetString()!;
        return types;
    }

    /// <summary>Times of the samples of each series, seconds since 1970.</summary>
    public static IReadOnlyList<double[]> Times(byte[] answer)
    {
        using var document = JsonDocument.Parse(answer);
        return [.. document.RootElement.GetProperty("data").GetProperty("result").EnumerateArray()
            .Select(series => series.GetProperty("values").EnumerateArray().Select(sample => sample[0].GetDouble()).ToArray())];
    }

    /// <summary>
    /// Adds the values of a range query to the series found so far, by their labels. Read token by token: a day of a service is megabytes.
    /// </summary>
    public static int Matrix(byte[] answer, TimeGrid grid, Dictionary<string, RangeSeries> found)
    {
        ArgumentNullException.ThrowIfNull(found);
        var reader = new Utf8JsonReader(answer);
        var (count, labels, isMatrix) = (0, new Dictionary<string, string>(), false);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
                continue;
            if (reader.ValueTextEquals("metric"u8))
            {
                using var metric = JsonDocument.ParseValue(ref reader);
                labels = Labels(metric.RootElement);
            }
            else if (reader.ValueTextEquals("values"u8))
            {
                ReadValues(ref reader, grid, Of(labels, grid, found).Values);
                count++;
            }
            else if (reader.ValueTextEquals("resultType"u8))
                isMatrix = reader.Read() && reader.ValueTextEquals("matrix"u8);
        }
        return isMatrix ? count : throw new JsonException("not a matrix");
    }

    private static void ReadValues(ref Utf8JsonReader reader, TimeGrid grid, double[] values)
    {
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartArray)
        {
            reader.Read();
            var at = grid.IndexOf(reader.GetDouble());
            reader.Read();
            if ((uint)at < (uint)values.Length && Utf8Parser.TryParse(reader.ValueSpan, out double value, out var length) && length == reader.ValueSpan.Length && double.IsFinite(value))
                values[at] = value;
            reader.Read();
        }
    }

    private static RangeSeries Of(Dictionary<string, string> labels, TimeGrid grid, Dictionary<string, RangeSeries> found)
    {
        var key = string.Join('\u0001', labels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}\u0002{label.Value}"));
        if (!found.TryGetValue(key, out var series))
        {
            found.Add(key, series = new RangeSeries(labels, new double[grid.Count]));
            Array.Fill(series.Values, double.NaN);
        }
        return series;
    }

    private static Dictionary<string, string> Labels(JsonElement labels) =>
        labels.EnumerateObject().ToDictionary(label => label.Name, label => label.Value.GetString()!, StringComparer.Ordinal);
}
