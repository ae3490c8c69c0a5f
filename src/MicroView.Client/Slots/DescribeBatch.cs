using MicroView.Protocol;

namespace MicroView.Client;

/// <summary>How much fits into one `describe` (docs/control-plane.md, "Limits").</summary>
internal static class DescribeBatch
{
    internal const int MaxDescriptors = 4096;

    /// <summary>Below the frame's 1 MiB by what stands around the descriptors.</summary>
    internal const int MaxBytes = ControlChannel.MaxFrame - 1024;

    private const int Punctuation = 256; // field names, numbers and braces of one descriptor

    /// <summary>An upper bound of its bytes as JSON.</summary>
    internal static int Weight(SlotDescriptor descriptor)
    {
        var weight = Punctuation + Weight(descriptor.Name) + Weight(descriptor.Unit) + Weight(descriptor.Help);
        if (descriptor.Labels is { } labels)
            foreach (var (name, value) in labels)
                weight += Weight(name) + Weight(value) + 6;
        return weight;
    }

    /// <summary>The serializer escapes what is not plain ASCII, and a few signs, as \uXXXX.</summary>
    private static int Weight(string? text)
    {
        var weight = 0;
        foreach (var c in text ?? "")
            weight += char.IsAsciiLetterOrDigit(c) || c is ' ' or '_' or '-' or '.' or '/' or ':' ? 1 : 6;
        return weight;
    }
}
