using System.Text.Json;

namespace MicroView.Lab;

/// <summary>One trace as Jaeger's HTTP API gives it: spans with references and tags, and the processes (services) that made them.</summary>
internal static class JaegerTrace
{
    /// <summary>Null for a trace without spans.</summary>
    public static Trace? Read(JsonElement trace)
    {
        JsonElement[] spans = [.. trace.GetProperty("spans").EnumerateArray()];
        if (spans.Length == 0)
            return null;
        HashSet<string> ids = [.. spans.Select(span => span.GetProperty("spanID").GetString()!)];
        // The root's parent may be missing from the trace: a span without one in it is as good.
        var root = spans.Where(span => !References(span).Any(ids.Contains)).DefaultIfEmpty(spans[0]).MinBy(Start);
        var processes = trace.TryGetProperty("processes", out var named) && named.ValueKind == JsonValueKind.Object ? named : default;
        return new Trace(
            trace.GetProperty("traceID").GetString()!, spans.Min(Start) * 1000, spans.Max(span => Start(span) + span.GetProperty("duration").GetInt64()) * 1000,
            spans.Count(IsError), root.GetProperty("operationName").GetString() ?? "",
            processes.ValueKind == JsonValueKind.Object
                ? [.. processes.EnumerateObject().Select(process => process.Value.GetProperty("serviceName").GetString()!).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]
                : []);
    }

    private static long Start(JsonElement span) => span.GetProperty("startTime").GetInt64();

    private static IEnumerable<string> References(JsonElement span) => span.TryGetProperty("references", out var references) && references.ValueKind == JsonValueKind.Array
        ? references.EnumerateArray().Select(reference => reference.GetProperty("spanID").GetString()!)
        : [];

    private static bool IsError(JsonElement span) => span.TryGetProperty("tags", out var tags) && tags.ValueKind == JsonValueKind.Array
        && tags.EnumerateArray().Any(tag => IsError(tag.GetProperty("key").GetString()!, tag.GetProperty("value").ToString()));

    /// <summary>The conventions of OpenTracing and OpenTelemetry: error, a gRPC status that is not OK, an HTTP status of 500 or more.</summary>
    private static bool IsError(string key, string value) => key switch
    {
        "error" => value.Equals("true", StringComparison.OrdinalIgnoreCase),
        "otel.status_code" => value.Equals("ERROR", StringComparison.OrdinalIgnoreCase),
        "rpc.grpc.status_code" or "grpc.status_code" => value is not ("0" or "OK" or ""),
        "http.status_code" or "http.response.status_code" => int.TryParse(value, out var status) && status >= 500,
        _ => false,
    };
}
