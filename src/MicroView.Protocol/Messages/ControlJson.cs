using System.Text.Json;
using System.Text.Json.Serialization;

namespace MicroView.Protocol;

/// <summary>Source-generated JSON of everything that the control plane speaks, snake_case, nulls left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowOutOfOrderMetadataProperties = true,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true,
    GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ControlMessage))]
[JsonSerializable(typeof(LayoutUpdate))]
[JsonSerializable(typeof(PodLayout))]
[JsonSerializable(typeof(SlotDescriptor))]
[JsonSerializable(typeof(List<SlotDescriptor>))]
[JsonSerializable(typeof(QueuePairList))]
[JsonSerializable(typeof(QueuePairEnd))]
[JsonSerializable(typeof(ConnectReply))]
[JsonSerializable(typeof(ConnectResult))]
[JsonSerializable(typeof(MemoryRegionList))]
[JsonSerializable(typeof(TermRequest))]
[JsonSerializable(typeof(TermReply))]
public sealed partial class ControlJson : JsonSerializerContext;
