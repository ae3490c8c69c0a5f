using System.Text.Json.Serialization;

namespace MicroView.Cli;

/// <summary>How far this machine can do something.</summary>
internal enum FindingState
{
    [JsonStringEnumMemberName("ok")]
    Ok,

    [JsonStringEnumMemberName("limited")]
    Limited,

    [JsonStringEnumMemberName("missing")]
    Missing,
}

/// <summary>One line of `microview doctor`.</summary>
/// <param name="Subject">What was looked at.</param>
/// <param name="State">How far it will do.</param>
/// <param name="Found">What was found.</param>
/// <param name="Advice">What to do about it; empty when nothing.</param>
internal sealed record Finding(string Subject, FindingState State, string Found, string Advice = "");

internal sealed record DoctorDocument(string Version, string Machine, Finding[] Findings);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(DoctorDocument))]
internal sealed partial class DoctorJson : JsonSerializerContext;
