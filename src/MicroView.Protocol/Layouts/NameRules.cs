using System.Text;

namespace MicroView.Protocol;

/// <summary>The limits of docs/control-plane.md on names, labels and descriptors. Each check answers null, or what is wrong.</summary>
public static class NameRules
{
    /// <summary>Bytes of a metric's name.</summary>
    public const int MaxName = 255;

    /// <summary>Labels of one metric.</summary>
    public const int MaxLabels = 32;

    /// <summary>Bytes of a label's name and of its value.</summary>
    public const int MaxLabelName = 128, MaxLabelValue = 1024;

    /// <summary>Bytes of a help text.</summary>
    public const int MaxHelp = 1024;

    /// <summary>Bytes of a pod id, a service or a container name.</summary>
    public const int MaxPod = 253;

    /// <summary>Checks a metric's name.</summary>
    public static string? CheckMetric(string? name) => CheckText("metric name", name, MaxName);

    /// <summary>Checks a pod id that a client asks for.</summary>
    public static string? CheckPod(string? pod) =>
        CheckText("pod id", pod, MaxPod) ?? (pod!.Contains('#', StringComparison.Ordinal) ? "the pod id contains '#', which marks a second instance" : null);

    /// <summary>Checks a service or container name; null is allowed.</summary>
    public static string? CheckOptional(string what, string? name) => name is null ? null : CheckText(what, name, MaxPod);

    /// <summary>Checks labels; null is allowed.</summary>
    public static string? CheckLabels(SortedDictionary<string, string>? labels)
    {
        if (labels is null)
            return null;
        if (labels.Count > MaxLabels)
            return $"{labels.Count} labels; at most {MaxLabels} are taken";
        foreach (var (name, value) in labels)
        {
            if (CheckText("label name", name, MaxLabelName) is { } problem)
                return problem;
            if (value is null || Bytes(value) is < 0 or > MaxLabelValue)
                return $"the value of label '{name}' is missing, not valid UTF-16, or longer than {MaxLabelValue} bytes";
        }
        return null;
    }

    /// <summary>Checks one descriptor on its own.</summary>
    public static string? Check(SlotDescriptor descriptor)
    {
        if ((CheckMetric(descriptor.Name) ?? CheckLabels(descriptor.Labels)) is { } problem)
            return problem;
        if (descriptor.Help is { } help && Bytes(help) is < 0 or > MaxHelp)
            return $"the help of '{descriptor.Name}' is longer than {MaxHelp} bytes";
        if (descriptor.Unit is { } unit && CheckText("unit", unit, MaxLabelName) is { } unitProblem)
            return unitProblem;
        if (descriptor.Bound is { } bound && !double.IsFinite(bound))
            return $"a bucket of '{descriptor.Name}' has the bound {bound}; leave it out for +Inf";
        if (descriptor.Resolution is { } resolution && !(resolution >= 0 && double.IsFinite(resolution)))
            return $"the resolution of '{descriptor.Name}' is {resolution}; it must be finite and not negative";
        var ofHistogram = descriptor.Role is SlotRole.Bucket or SlotRole.Sum;
        if (descriptor.Role != SlotRole.Hidden && ofHistogram != (descriptor.Type == MetricType.Histogram))
            return $"'{descriptor.Name}' is a {descriptor.Type} with a slot of role {descriptor.Role}";
        return null;
    }

    private static string? CheckText(string what, string? text, int limit)
    {
        if (string.IsNullOrEmpty(text))
            return $"the {what} is empty";
        if (text.Length > limit)
            return $"the {what} has {text.Length} characters; at most {limit} bytes are taken";
        if (Bytes(text) is var bytes && (bytes < 0 || bytes > limit))
            return bytes < 0 ? $"the {what} is not valid text" : $"the {what} has {bytes} bytes; at most {limit} are taken";
        foreach (var c in text)
            if (char.IsControl(c))
                return $"the {what} contains the control character U+{(int)c:X4}";
        return null;
    }

    /// <summary>Length in UTF-8, or -1 when a surrogate stands alone.</summary>
    private static int Bytes(string text)
    {
        for (var rest = text.AsSpan(); rest.Length > 0;)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out var length) != System.Buffers.OperationStatus.Done)
                return -1;
            rest = rest[length..];
        }
        return Encoding.UTF8.GetByteCount(text);
    }
}
