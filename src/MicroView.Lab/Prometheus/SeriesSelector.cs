using System.Text;
using System.Text.RegularExpressions;

namespace MicroView.Lab;

/// <summary>A PromQL series selector that further matchers can be added to: name{a="b",…}.</summary>
internal sealed record SeriesSelector
{
    private readonly string _inside;

    private SeriesSelector(string inside) => _inside = inside;

    /// <summary>Every series.</summary>
    public static SeriesSelector All { get; } = new("__name__=~\".+\"");

    /// <summary>Reads what a user gives: name, {matchers} or name{matchers}; false if it is none of them.</summary>
    public static bool TryParse(string text, out SeriesSelector selector)
    {
        text = text.Trim();
        var open = text.IndexOf('{', StringComparison.Ordinal);
        selector = All;
        var name = (open < 0 ? text : text[..open]).Trim();
        if (text.Length == 0 || (open >= 0 && text[^1] != '}') || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('_' or ':')))
            return false;
        var inside = open < 0 ? "" : text[(open + 1)..^1].Trim().TrimEnd(',');
        string[] parts = [.. name.Length > 0 ? [$"__name__=\"{name}\""] : Array.Empty<string>(), .. inside.Length > 0 ? [inside] : Array.Empty<string>()];
        selector = parts.Length > 0 ? new SeriesSelector(string.Join(',', parts)) : All;
        return true;
    }

    /// <summary>With one more condition: a label equals a value; "" for a label that is absent.</summary>
    public SeriesSelector Where(string label, string value) => new($"{_inside},{label}={Quote(value)}");

    /// <summary>With one more condition: a label is one of several values.</summary>
    public SeriesSelector WhereAny(string label, IEnumerable<string> values) => new($"{_inside},{label}=~{Quote(string.Join('|', values.Select(Regex.Escape)))}");

    /// <summary>A text as a PromQL string.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
            quoted.Append(c switch { '"' => "\\\"", '\\' => "\\\\", '\n' => "\\n", _ => c.ToString() });
        return quoted.Append('"').ToString();
    }

    public override string ToString() => $"{{{_inside}}}";
}
