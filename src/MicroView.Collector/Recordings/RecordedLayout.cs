using System.Text.Json.Serialization;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>A source as it was opened: what the images with its id are images of.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Id">The id of its images from here on.</param>
/// <param name="Slots">Slots that are read.</param>
/// <param name="Objects">Objects that are read, from the pod's first on.</param>
/// <param name="SharesClock">The host's row clock is the recorder's.</param>
internal sealed record RecordedSource(string Pod, uint Id, int Slots, int Objects, bool SharesClock);

/// <summary>A layout event: what the control plane told, and what of it could be read.</summary>
internal sealed record RecordedLayout(LayoutUpdate Update, bool NewSession, IReadOnlyList<RecordedSource> Sources)
{
    private const int MaxSlots = 65_536; // docs/control-plane.md

    /// <summary>What is wrong with it beyond its JSON; null: nothing. What the pods' geometry says is checked where they are opened.</summary>
    public string? Problem()
    {
        foreach (var pod in Update.Pods)
        {
            if (pod?.Pod is not { Length: > 0 and <= 2 * NameRules.MaxPod })
                return "a pod has no name";
            if (pod.FirstSlot is < 0 or > MaxSlots || pod.Descriptors.Count > MaxSlots - pod.FirstSlot || pod.Objects.Count > PageFormat.MaxObjects || pod.Objects.Contains(null!))
                return $"pod '{pod.Pod}' breaks the limits of a layout";
            if (pod.Descriptors.Any(descriptor => descriptor is null || descriptor.Labels?.ContainsValue(null!) == true) || pod.Labels?.ContainsValue(null!) == true)
                return $"pod '{pod.Pod}' has a descriptor or a label without a value";
        }
        if (Update.Removed.Contains(null!))
            return "a pod that is gone has no name";
        var ids = new HashSet<uint>();
        foreach (var source in Sources)
            if (source?.Pod is null || source.Objects is < 1 or > PageFormat.MaxObjects || source.Slots is < 0 or > MaxSlots || !ids.Add(source.Id))
                return "a source is impossible";
        return null;
    }
}

/// <summary>JSON of layout events, as the control plane writes it.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true,
    GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(RecordedLayout))]
internal sealed partial class RecordingJson : JsonSerializerContext;
