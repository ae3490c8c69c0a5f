using System.Text.Json.Serialization;

namespace MicroView.Cli;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(UpdateReport))]
[JsonSerializable(typeof(ReadLoopReport))]
[JsonSerializable(typeof(ExportReport))]
[JsonSerializable(typeof(RegisterReport))]
internal sealed partial class BenchJson : JsonSerializerContext;
