using System.Text.Json;

namespace MicroView.Host;

/// <summary>The body of POST /metrics: {microservice_id, name, type (false counter, true gauge), value}.</summary>
internal readonly record struct MetricPost(string Pod, string Name, bool IsGauge, double Value)
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    /// <summary>Reads a body; null and what is wrong when it is not one.</summary>
    internal static MetricPost? Parse(ReadOnlyMemory<byte> body, out string problem)
    {
        problem = "";
        try
        {
            using var document = JsonDocument.Parse(body, Strict);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                problem = $"the body is {Describe(root)}; it must be an object with microservice_id, name, type and value";
            else if (Text(root, "microservice_id", ref problem) is { } pod && Text(root, "name", ref problem) is { } name
                && Flag(root, ref problem) is { } isGauge && Number(root, ref problem) is { } value)
                return new(pod, name, isGauge, value);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            problem = "the body is not JSON: " + error.Message; // the latter: a lone surrogate
        }
        return null;
    }

    private static string? Text(JsonElement root, string field, ref string problem)
    {
        if (Find(root, field, ref problem) is not { } element)
            return null;
        if (element.ValueKind == JsonValueKind.String)
            return element.GetString();
        problem = $"{field} is {Describe(element)}; it must be a string";
        return null;
    }

    private static bool? Flag(JsonElement root, ref string problem)
    {
        if (Find(root, "type", ref problem) is not { } element)
            return null;
        if (element.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return element.GetBoolean();
        problem = $"type is {Describe(element)}; it must be false (counter) or true (gauge)";
        return null;
    }

    private static double? Number(JsonElement root, ref string problem)
    {
        if (Find(root, "value", ref problem) is not { } element)
            return null;
        if (element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out var value) && double.IsFinite(value))
            return value;
        problem = $"value is {Describe(element)}; it must be a finite number";
        return null;
    }

    private static JsonElement? Find(JsonElement root, string field, ref string problem)
    {
        if (root.TryGetProperty(field, out var element))
            return element;
        problem = $"the field {field} is missing";
        return null;
    }

    private static string Describe(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Null => "null",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number that cannot be taken",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        JsonValueKind.Array => "an array",
        _ => "an object",
    };
}
