using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace MicroView.Lab;

/// <summary>Kinds of options; each checks its value with a message that says what is allowed.</summary>
internal static class Kinds
{
    internal delegate bool Parser<T>(string text, out T value);

    public static Option<bool> Flag(string name, string description, params string[] aliases) =>
        new(name, aliases) { Description = description };

    public static Option<string> Required(string name, string helpName, string description, params string[] aliases) =>
        new(name, aliases) { Description = description, HelpName = helpName, Required = true };

    public static Option<string?> Text(string name, string helpName, string description, params string[] aliases) =>
        new(name, aliases) { Description = description, HelpName = helpName };

    /// <summary>One of <paramref name="choices"/>, whatever its case.</summary>
    public static Option<string> Choice(string name, string description, string standard, IReadOnlyList<string> choices, params string[] aliases)
    {
        var option = Value(name, string.Join('|', choices), description, standard, "one of " + string.Join(", ", choices), (string text, out string value) =>
        {
            value = choices.FirstOrDefault(choice => choice.Equals(text, StringComparison.OrdinalIgnoreCase)) ?? "";
            return value.Length > 0;
        }, aliases);
        option.CompletionSources.Add([.. choices]);
        return option;
    }

    public static Option<int> Count(string name, string helpName, string description, int standard, int least, int most, params string[] aliases) =>
        Value(name, helpName, description, standard, $"a whole number from {least} to {most}", (string text, out int value) =>
            int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= least && value <= most, aliases);

    public static Option<int?> OptionalCount(string name, string helpName, string description, int least, int most, params string[] aliases) =>
        Value<int?>(name, helpName, description, null, $"a whole number from {least} to {most}", (string text, out int? value) =>
        {
            var valid = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most;
            value = number;
            return valid;
        }, aliases);

    public static Option<double> Number(string name, string helpName, string description, double standard, double least, double most, params string[] aliases) =>
        Value(name, helpName, description, standard, FormattableString.Invariant($"a number from {least} to {most}"), (string text, out double value) =>
            TryNumber(text, least, most, out value), aliases);

    public static Option<double?> OptionalNumber(string name, string helpName, string description, double least, double most, params string[] aliases) =>
        Value<double?>(name, helpName, description, null, FormattableString.Invariant($"a number from {least} to {most}"), (string text, out double? value) =>
        {
            var valid = TryNumber(text, least, most, out var number);
            value = number;
            return valid;
        }, aliases);

    /// <summary>Seconds, with an optional unit: 0.1, 100ms, 2s, 5m, 1h, 7d.</summary>
    public static Option<double?> OptionalSeconds(string name, string description, params string[] aliases) =>
        Value<double?>(name, "SEC", description, null, "seconds (0.1), or with a unit (100ms, 5m)", (string text, out double? value) =>
        {
            var valid = TrySeconds(text, out var seconds);
            value = seconds;
            return valid;
        }, aliases);

    public static Option<T> Value<T>(string name, string helpName, string description, T standard, string allowed, Parser<T> parser, params string[] aliases)
    {
        var option = new Option<T>(name, aliases) { Description = description, HelpName = helpName };
        option.CustomParser = result =>
        {
            var text = result.Tokens.Count > 0 ? result.Tokens[^1].Value : "";
            if (parser(text, out var value))
                return value;
            result.AddError($"{name}: '{text}' is not {allowed}");
            return default;
        };
        option.DefaultValueFactory = _ => standard;
        return option;
    }

    internal static bool TrySeconds(string text, out double seconds)
    {
        text = text.Trim();
        var end = text.Length;
        while (end > 0 && char.IsAsciiLetter(text[end - 1]))
            end--;
        var factor = text[end..] switch { "" or "s" => 1, "us" => 1e-6, "ms" => 1e-3, "m" or "min" => 60, "h" => 3600, "d" => 86400, _ => double.NaN };
        seconds = double.TryParse(text.AsSpan(0, end), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number * factor : double.NaN;
        return double.IsFinite(seconds) && seconds >= 0;
    }

    private static bool TryNumber(string text, double least, double most, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && value >= least && value <= most;
}
