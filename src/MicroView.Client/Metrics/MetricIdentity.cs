using System.Globalization;
using System.Text;
using MicroView.Protocol;

namespace MicroView.Client;

/// <summary>What makes a metric the same metric: name and labels; beside it its type and what is known of it. Immutable.</summary>
internal sealed record MetricIdentity(string Name, MetricType Type, MetricInfo? Info, SortedDictionary<string, string>? Labels)
{
    internal static MetricIdentity Create(string? name, MetricType type, MetricInfo? info, ReadOnlySpan<(string Name, string Value)> labels)
    {
        SortedDictionary<string, string>? sorted = null;
        foreach (var (label, value) in labels)
            (sorted ??= new(StringComparer.Ordinal))[label ?? ""] = value;
        return new(name ?? "", type, info, sorted);
    }

    /// <summary>One string for name and labels; lengths make it unambiguous whatever they contain.</summary>
    internal string Key()
    {
        if (Labels is null)
            return Name;
        var key = new StringBuilder(Name);
        foreach (var (label, value) in Labels)
            key.Append(CultureInfo.InvariantCulture, $"\0{label.Length}:{label}{value?.Length ?? -1}:{value}");
        return key.ToString();
    }
}
