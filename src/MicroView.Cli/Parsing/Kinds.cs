using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace MicroView.Cli;

/// <summary>Kinds of options; each checks its value, and its environment variable, with a message that says what is allowed.</summary>
internal static class Kinds
{
    internal delegate bool Parser<T>(string text, out T value);

    public static Option<bool> Flag(string name, string description, params string[] aliases) =>
        new(name, aliases) { Description = description };

    public static Option<string?> Text(string name, string helpName, string description, string? environment = null, params string[] aliases)
    {
        var option = new TableOption<string?>(name, aliases) { Description = WithVariable(description, environment), HelpName = helpName, Variable = environment };
        if (environment is not null)
            option.DefaultValueFactory = _ => Variable(environment);
        return option;
    }

    public static Option<string> Choice(string name, string description, string standard, string[] choices, params string[] aliases)
    {
        var option = new TableOption<string>(name, aliases)
        {
            Description = description,
            Standard = standard,
            HelpName = string.Join('|', choices),
            DefaultValueFactory = _ => standard,
        };
        option.CompletionSources.Add(choices);
        option.CustomParser = result => Parse(result, name, "one of " + string.Join(", ", choices), (string text, out string value) =>
        {
            value = choices.FirstOrDefault(choice => choice.Equals(text, StringComparison.OrdinalIgnoreCase)) ?? "";
            return value.Length > 0;
        });
        return option;
    }

    public static Option<int> Count(string name, string helpName, string description, int standard, int least, int most, string? environment = null, params string[] aliases)
    {
        var option = Number(name, helpName, description, standard, $"a whole number from {least} to {most}", (string text, out int value) =>
            int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= least && value <= most, environment, aliases);
        (option.Least, option.Most) = (least, most);
        return option;
    }

    public static Option<int> Port(string name, string description, int standard) =>
        Count(name, "PORT", description, standard, 0, 65535);

    public static Option<double> Seconds(string name, string description, double standard, params string[] aliases) =>
        Number(name, "SEC", description, standard, "seconds (0.1), or with a unit (100ms, 5m)", (string text, out double value) => Quantity.TrySeconds(text, out value), null, aliases);

    public static Option<double?> OptionalSeconds(string name, string description, params string[] aliases) =>
        Number<double?>(name, "SEC", description, null, "seconds (0.1), or with a unit (100ms, 5m)", (string text, out double? value) =>
        {
            var valid = Quantity.TrySeconds(text, out var seconds);
            value = seconds;
            return valid;
        }, null, aliases);

    public static Option<long> Bytes(string name, string description, long standard, long least, long most, string? environment = null) =>
        Number(name, "BYTES", description, standard, $"bytes from {least} to {most}, or with a unit (64K, 1M)", (string text, out long value) =>
            Quantity.TryBytes(text, out value) && value >= least && value <= most, environment);

    public static TableOption<T> Number<T>(string name, string helpName, string description, T standard, string allowed, Parser<T> parser, string? environment, params string[] aliases)
    {
        var option = new TableOption<T>(name, aliases) { Description = WithVariable(description, environment), HelpName = helpName, Variable = environment, Standard = standard };
        option.CustomParser = result => Parse(result, name, allowed, parser);
        option.DefaultValueFactory = result =>
        {
            if (environment is null || Variable(environment) is not { } text)
                return standard;
            if (parser(text, out var value))
                return value;
            result.AddError($"environment variable {environment}: '{text}' is not {allowed}");
            return standard;
        };
        return option;
    }

    private static T? Parse<T>(ArgumentResult result, string name, string allowed, Parser<T> parser)
    {
        var text = result.Tokens.Count > 0 ? result.Tokens[^1].Value : "";
        if (parser(text, out var value))
            return value;
        result.AddError($"{name}: '{text}' is not {allowed}");
        return default;
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? text : null;

    private static string WithVariable(string description, string? environment) =>
        environment is null ? description : $"{description} (environment: {environment})";
}
