using System.Globalization;
using System.Text.Json;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>Pods as JSON: for the artifact's collectors, and for people.</summary>
internal static class PodViews
{
    /// <summary>GET /metrics of the artifact: per memory region a list of its pods. Here a region is one pod's object.</summary>
    internal static void WriteRegions(Utf8JsonWriter json, HostState state)
    {
        json.WriteStartObject();
        foreach (var pod in state.Book.Summaries())
        {
            var left = pod.Slots;
            foreach (var held in pod.Objects)
            {
                var here = Math.Min(left, new SlotGeometry(held.Capacity, held.Stripes).Slots);
                left -= here;
                json.WriteStartArray(string.Create(CultureInfo.InvariantCulture, $"{pod.Pod}/{held.Index}"));
                json.WriteStartObject();
                json.WriteString("pod_id", pod.Pod);
                json.WriteNumber("num_metrics", here);
                json.WriteNumber("page_size_bytes", state.Options.PageSize);
                json.WriteEndObject();
                json.WriteEndArray();
            }
        }
        json.WriteEndObject();
    }

    /// <summary>All pods, without their metrics.</summary>
    internal static void WriteAll(Utf8JsonWriter json, HostState state)
    {
        json.WriteStartObject();
        json.WriteNumber("generation", state.Book.Generation);
        json.WriteStartArray("pods");
        foreach (var pod in state.Book.Summaries())
            JsonSerializer.Serialize(json, pod, ControlJson.Default.PodLayout);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>One pod with its descriptors and current values; a value that is no number is null. False when it is gone.</summary>
    internal static bool TryRead(HostState state, string id, out PodLayout pod, out double[] values)
    {
        (pod, values) = (null!, []);
        if (state.Book.Find(id) is not { } served || state.Book.Whole(served) is not { } whole)
            return false;
        (pod, values) = (whole, new double[whole.Slots]);
        return served.Memory.TryRead(values);
    }

    internal static void Write(Utf8JsonWriter json, PodLayout pod, double[] values)
    {
        json.WriteStartObject();
        json.WritePropertyName("layout");
        JsonSerializer.Serialize(json, pod, ControlJson.Default.PodLayout);
        json.WriteStartArray("values");
        foreach (var value in values)
        {
            if (double.IsFinite(value))
                json.WriteNumberValue(value);
            else
                json.WriteNullValue();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
