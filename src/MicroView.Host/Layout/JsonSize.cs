using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>How long the JSON of something will be at most: frames are cut by it.</summary>
internal static class JsonSize
{
    internal static int Of(string? text)
    {
        if (text is null)
            return 0;
        var bytes = 2;
        foreach (var c in text)
            bytes += c is >= ' ' and <= '~' and not ('"' or '\\' or '&' or '\'' or '+' or '<' or '>' or '`') ? 1 : 6;
        return bytes;
    }

    internal static int Of(SortedDictionary<string, string>? labels)
    {
        var bytes = 12;
        if (labels is not null)
            foreach (var (name, value) in labels)
                bytes += Of(name) + Of(value) + 2;
        return bytes;
    }

    internal static int Of(SlotDescriptor descriptor) =>
        160 + Of(descriptor.Name) + Of(descriptor.Labels) + Of(descriptor.Unit) + Of(descriptor.Help);

    internal static int Of(PodIdentity identity) =>
        512 + Of(identity.Pod) + Of(identity.Service) + Of(identity.Container) + Of(identity.Labels);
}
