using System.Globalization;
using System.Text;

namespace MicroView.Export;

/// <summary>
/// Names in the classic Prometheus data model: metrics <c>[a-zA-Z_:][a-zA-Z0-9_:]*</c>, labels <c>[a-zA-Z_][a-zA-Z0-9_]*</c> not
/// starting with <c>__</c>. Pure functions.
/// </summary>
public static class MetricNames
{
    /// <summary>True when <paramref name="name"/> can be exposed as a metric as it stands.</summary>
    public static bool IsValidMetric(ReadOnlySpan<char> name) => IsValid(name, colon: true);

    /// <summary>True when <paramref name="name"/> can be exposed as a label as it stands.</summary>
    public static bool IsValidLabel(ReadOnlySpan<char> name) =>
        IsValid(name, colon: false) && !name.StartsWith("__", StringComparison.Ordinal);

    /// <summary>Every character that is not allowed becomes <c>_</c>; a leading digit gets a <c>_</c> before it.</summary>
    public static string SanitizeMetric(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return IsValidMetric(name) ? name : Sanitize(name, colon: true);
    }

    /// <summary>
    /// As for metrics, without the colon; a leading <c>__</c>, which Prometheus keeps for itself, gets <c>label</c> before it.
    /// </summary>
    public static string SanitizeLabel(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (IsValidLabel(name)) return name;
        var clean = Sanitize(name, colon: false);
        return clean.StartsWith("__", StringComparison.Ordinal) ? "label" + clean : clean;
    }

    /// <summary>
    /// Eight hexadecimal digits that depend on the original name alone (FNV-1a): what tells apart names that became the same.
    /// </summary>
    internal static string Fingerprint(string original)
    {
        var hash = 2166136261u;
        foreach (var unit in original) hash = unchecked((hash ^ unit) * 16777619u);
        return hash.ToString("x8", CultureInfo.InvariantCulture);
    }

    private static bool IsValid(ReadOnlySpan<char> name, bool colon)
    {
        if (name.IsEmpty || char.IsAsciiDigit(name[0])) return false;
        foreach (var c in name)
            if (!IsAllowed(c, colon))
                return false;
        return true;
    }

    private static bool IsAllowed(char c, bool colon) => char.IsAsciiLetterOrDigit(c) || c == '_' || (colon && c == ':');

    private static string Sanitize(string name, bool colon)
    {
        var clean = new StringBuilder(name.Length + 1);
        if (char.IsAsciiDigit(name[0])) clean.Append('_');
        foreach (var rune in name.EnumerateRunes())
            clean.Append(rune.IsAscii && IsAllowed((char)rune.Value, colon) ? (char)rune.Value : '_');
        return clean.ToString();
    }
}
