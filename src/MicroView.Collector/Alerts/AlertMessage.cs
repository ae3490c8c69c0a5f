using System.Text.Json.Serialization;

namespace MicroView.Collector;

/// <summary>An alert as `POST /api/v2/alerts` takes it. Source: Alertmanager's OpenAPI definition, postableAlert.</summary>
internal sealed record AlertMessage(
    IReadOnlyDictionary<string, string> Labels, IReadOnlyDictionary<string, string> Annotations, DateTime StartsAt, DateTime EndsAt,
    [property: JsonPropertyName("generatorURL")] string? GeneratorUrl)
{
    /// <summary>The message now.</summary>
    /// <param name="alert">The alert.</param>
    /// <param name="expiry">When it is over unless it is sent again.</param>
    public static AlertMessage Of(Alert alert, DateTimeOffset expiry) => new(
        alert.Labels, alert.Annotations, alert.StartsAt.UtcDateTime, (alert.EndedAt ?? expiry).UtcDateTime, alert.Link?.AbsoluteUri);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(List<AlertMessage>))]
internal sealed partial class AlertJson : JsonSerializerContext;
