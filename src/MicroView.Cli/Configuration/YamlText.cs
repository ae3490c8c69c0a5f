using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace MicroView.Cli;

/// <summary>Writes a text so that YAML reads the same text.</summary>
internal static partial class YamlText
{
    public static string Scalar(string text)
    {
        if (PlainWord().IsMatch(text) && text is not ("null" or "~"))
            return text;
        var quoted = new StringBuilder("\"");
        foreach (var letter in text)
            _ = letter switch
            {
                '"' or '\\' => quoted.Append('\\').Append(letter),
                '\n' => quoted.Append("\\n"),
                '\t' => quoted.Append("\\t"),
                _ when char.IsControl(letter) || letter is '\u2028' or '\u2029' or '\uFEFF' => quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:X4}"),
                _ => quoted.Append(letter),
            };
        return quoted.Append('"').ToString();
    }

    // Letters and digits with what addresses, paths and numbers hold between them.
    [GeneratedRegex(@"^[A-Za-z0-9_/](?:[A-Za-z0-9_./:=@%+-]*[A-Za-z0-9_/%])?\z")]
    private static partial Regex PlainWord();
}
