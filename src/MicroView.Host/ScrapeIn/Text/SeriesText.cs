using System.Text;
using System.Text.Unicode;

namespace MicroView.Host;

/// <summary>A series as it stands in a line, taken apart: only for series that are seen for the first time.</summary>
/// <param name="Name">The sample's name.</param>
/// <param name="Labels">Its labels; an empty value is no label.</param>
internal sealed record SeriesText(string Name, SortedDictionary<string, string> Labels)
{
    /// <summary>
    /// The length of a line's series part, name and labels without the blanks behind; -1 when it is not one. Looks at no more than it must: whether the
    /// labels are well-formed shows in <see cref="Parse"/>.
    /// </summary>
    internal static int LengthIn(ReadOnlySpan<byte> line)
    {
        var at = 0;
        while (at < line.Length && IsName(line[at], at > 0))
            at++;
        if (at == 0)
            return -1;
        var brace = SkipBlanks(line, at);
        if (brace == line.Length || line[brace] != (byte)'{')
            return at;
        var quoted = false;
        for (var i = brace + 1; i < line.Length; i++)
        {
            if (quoted && line[i] == (byte)'\\')
                i++;
            else if (line[i] == (byte)'"')
                quoted = !quoted;
            else if (!quoted && line[i] == (byte)'}')
                return i + 1;
        }
        return -1;
    }

    /// <summary>Takes a series part apart; null, with the reason, when it is malformed.</summary>
    internal static SeriesText? Parse(ReadOnlySpan<byte> series, out string problem)
    {
        problem = "the line is not valid UTF-8";
        if (!Utf8.IsValid(series))
            return null;
        var at = 0;
        while (at < series.Length && IsName(series[at], at > 0))
            at++;
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var name = Encoding.UTF8.GetString(series[..at]);
        at = SkipBlanks(series, at);
        if (at < series.Length && !TryLabels(series, at + 1, labels, out problem))
            return null;
        return new(name, labels);
    }

    internal static int SkipBlanks(ReadOnlySpan<byte> line, int at)
    {
        while (at < line.Length && line[at] is (byte)' ' or (byte)'\t')
            at++;
        return at;
    }

    private static bool TryLabels(ReadOnlySpan<byte> series, int at, SortedDictionary<string, string> labels, out string problem)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (at = SkipBlanks(series, at); at < series.Length && series[at] != (byte)'}'; at = SkipBlanks(series, at))
        {
            var start = at;
            while (at < series.Length && IsName(series[at], at > start) && series[at] != (byte)':')
                at++;
            var name = Encoding.UTF8.GetString(series[start..at]);
            at = SkipBlanks(series, at);
            problem = $"label {names.Count + 1} has no name, '=' and quoted value";
            if (name.Length == 0 || at >= series.Length || series[at] != (byte)'=')
                return false;
            at = SkipBlanks(series, at + 1);
            if (at >= series.Length || series[at] != (byte)'"')
                return false;
            var value = Unescape(series, ref at);
            problem = $"label '{name}' stands twice";
            if (!names.Add(name))
                return false;
            if (value.Length > 0)
                labels.Add(name, value);
            at = SkipBlanks(series, at);
            problem = "there is no ',' between two labels";
            if (series[at] == (byte)',')
                at++;
            else if (series[at] != (byte)'}')
                return false;
        }
        problem = "";
        return true;
    }

    /// <summary>From the opening quote to behind the closing one, which <see cref="LengthIn"/> has seen.</summary>
    private static string Unescape(ReadOnlySpan<byte> series, ref int at)
    {
        var start = ++at;
        while (series[at] != (byte)'"')
            at += series[at] == (byte)'\\' ? 2 : 1;
        var text = Encoding.UTF8.GetString(series[start..at++]);
        return Plain(text);
    }

    /// <summary>Text without its escapes. Any other pair stands for itself, backslash included, as Prometheus has it.</summary>
    internal static string Plain(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
            return text;
        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length && text[i + 1] is 'n' or '\\' or '"')
                plain.Append(text[++i] == 'n' ? '\n' : text[i]);
            else
                plain.Append(text[i]);
        }
        return plain.ToString();
    }

    private static bool IsName(byte c, bool inside) =>
        char.IsAsciiLetter((char)c) || c is (byte)'_' or (byte)':' || (inside && char.IsAsciiDigit((char)c));
}
