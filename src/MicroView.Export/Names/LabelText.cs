using System.Text;

namespace MicroView.Export;

/// <summary>The labels of a series as every format needs them.</summary>
/// <param name="Text">Sorted by name, escaped: <c>a="x",b="y"</c>.</param>
/// <param name="Pairs">The same, not escaped.</param>
internal sealed record SeriesLabels(string Text, (string Name, string Value)[] Pairs);

/// <summary>
/// Renders a series' labels, sorted by name, as <c>a="x",b="y"</c>. Two series of a family are the same series exactly when
/// these texts are equal, so the text is also the identity.
/// </summary>
internal static class LabelText
{
    /// <exception cref="ArgumentException">A label breaks a limit or stands twice; the message says which.</exception>
    public static SeriesLabels Render(IReadOnlyList<Label> group, IReadOnlyList<Label> own, bool histogram)
    {
        if (group.Count + own.Count > ExpositionLimits.Labels)
            throw new ArgumentException($"has {group.Count + own.Count} labels, more than the {ExpositionLimits.Labels} allowed");
        var taken = new SortedDictionary<string, (string Original, string Value)>(StringComparer.Ordinal);
        var originals = new HashSet<string>(StringComparer.Ordinal);
        // Bucket lines carry 'le' themselves.
        if (histogram) taken.Add("le", ("", ""));
        foreach (var label in group) Place(taken, label, originals);
        originals.Clear();
        foreach (var label in own) Place(taken, label, originals);

        var text = new StringBuilder();
        // To Prometheus an empty label is no label: written out, it would hide a duplicate series.
        var pairs = taken.Where(label => label.Value.Value.Length > 0).Select(label => (label.Key, label.Value.Value.Replace('\0', '\uFFFD'))).ToArray();
        foreach (var (name, value) in pairs)
        {
            if (text.Length > 0) text.Append(',');
            text.Append(name).Append("=\"");
            Escape(value, text, quotes: true);
            text.Append('"');
        }
        return new(text.ToString(), pairs);
    }

    /// <summary>Escapes as text 0.0.4 asks; NUL becomes U+FFFD because Prometheus' lexer ends at it.</summary>
    public static void Escape(string value, StringBuilder text, bool quotes)
    {
        foreach (var c in value)
            _ = c switch
            {
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '"' when quotes => text.Append("\\\""),
                '\0' => text.Append('\uFFFD'),
                _ => text.Append(c),
            };
    }

    private static void Place(SortedDictionary<string, (string Original, string Value)> taken, Label label, HashSet<string> originals)
    {
        if (string.IsNullOrEmpty(label.Name)) throw new ArgumentException("has a label without a name");
        if (label.Name.Length > ExpositionLimits.NameLength)
            throw new ArgumentException(
                $"has a label name of {label.Name.Length} characters, more than the {ExpositionLimits.NameLength} allowed");
        var value = label.Value ?? "";
        if (value.Length > ExpositionLimits.LabelValueLength)
            throw new ArgumentException(
                $"has a value of {value.Length} characters for label '{label.Name}', " +
                $"more than the {ExpositionLimits.LabelValueLength} allowed");
        if (!originals.Add(label.Name)) throw new ArgumentException($"has the label '{label.Name}' twice");

        var name = MetricNames.SanitizeLabel(label.Name);
        if (taken.TryGetValue(name, out var holder))
            // 'exported_' is what Prometheus itself does to a label that meets the target's own.
            name = holder.Original == name || holder.Original.Length == 0
                ? "exported_" + name
                : $"{name}_{MetricNames.Fingerprint(label.Name)}";
        while (!taken.TryAdd(name, (label.Name, value))) name += "_";
    }
}
