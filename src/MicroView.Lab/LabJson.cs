using System.Text.Json;
using System.Text.Json.Serialization;

namespace MicroView.Lab;

/// <summary>Everything that the lab writes as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(EvaluationReport[]))]
[JsonSerializable(typeof(BacktestReport))]
[JsonSerializable(typeof(StepRecord))]
[JsonSerializable(typeof(RunRecord))]
[JsonSerializable(typeof(LoadFile))]
[JsonSerializable(typeof(TargetFile))]
[JsonSerializable(typeof(ExperimentTimes))]
internal sealed partial class LabJson : JsonSerializerContext;
