using System.CommandLine;
using System.CommandLine.Completions;
using System.Globalization;
using MicroView.Protocol;

namespace MicroView.Cli;

/// <summary>An option of a command as a key of the configuration file: name, kind, default and meaning come from its row of the option table.</summary>
internal sealed class ConfigurationKey(string command, Option option)
{
    // Variables that stand for an option without being its text: read where they are meant, over the file.
    private static readonly Dictionary<string, string> s_own = new() { ["socket"] = AgentAddress.Variable, ["token-file"] = "MICROVIEW_TOKEN" };

    private Command? _alone;

    public string Command { get; } = command;

    public Option Option { get; } = option;

    /// <summary>The option's long name without its dashes.</summary>
    public string Name { get; } = option.Name.TrimStart('-');

    /// <summary>The variable that holds its text.</summary>
    public string Variable => "MICROVIEW_" + Name.ToUpperInvariant().Replace('-', '_');

    /// <summary>A variable that the program reads by itself for it; null for none.</summary>
    public string? OwnVariable => (Option as ITableOption)?.Variable ?? s_own.GetValueOrDefault(Name);

    /// <summary>The own variable's text is no value of this option, and nothing to show.</summary>
    public bool IsOwnVariableSecret => OwnVariable == "MICROVIEW_TOKEN";

    public bool IsFlag => Option.ValueType == typeof(bool);

    public bool IsList => Option.ValueType.IsArray;

    public bool IsNumber => (Nullable.GetUnderlyingType(Option.ValueType) ?? Option.ValueType) is var type && (type == typeof(int) || type == typeof(long) || type == typeof(double));

    public (int Least, int Most)? Range => Option is ITableOption { Least: { } least, Most: { } most } ? (least, most) : null;

    /// <summary>What it may be; empty where it is free.</summary>
    public string[] Choices => IsFlag ? [] : [.. Option.GetCompletions(CompletionContext.Empty).Select(item => item.Label)];

    /// <summary>Its value when nothing says otherwise: boolean, number or text; null when that is not one value.</summary>
    public object? Standard => IsFlag ? DefaultText is null ? false : null : (Option as ITableOption)?.Standard;

    /// <summary>What the description says its default is; null where it says nothing.</summary>
    public string? DefaultText => Split().Default;

    /// <summary>The description without its default and its variable.</summary>
    public string Meaning => Split().Meaning;

    /// <summary>The command line's words for it.</summary>
    public IEnumerable<string> Arguments(IEnumerable<string> values) => values.Select(value => $"{Option.Name}={value}");

    /// <summary>What the option's own parser has against these values, without the option's name; nothing is started.</summary>
    public IEnumerable<string> Check(IReadOnlyList<string> values)
    {
        if (IsFlag && values.FirstOrDefault(value => value is not ("true" or "false")) is { } text)
            return [$"'{text}' is not true or false"];
        _alone ??= new Command("check") { Option };
        return _alone.Parse([.. Arguments(values)], CommandLine.Parsing).Errors.Select(error => WithoutName(error.Message)).ToArray();
    }

    public static string Text(object value) => value is bool flag ? flag ? "true" : "false" : Convert.ToString(value, CultureInfo.InvariantCulture)!;

    private string WithoutName(string message) => message.StartsWith(Option.Name + ": ", StringComparison.Ordinal) ? message[(Option.Name.Length + 2)..] : message;

    private (string Meaning, string? Default) Split()
    {
        const string Opening = " [default: ";
        var text = Option.Description ?? "";
        if (Option is ITableOption { Variable: { } variable } && text.EndsWith($" (environment: {variable})", StringComparison.Ordinal))
            text = text[..text.LastIndexOf(" (environment: ", StringComparison.Ordinal)];
        var at = text.LastIndexOf(Opening, StringComparison.Ordinal);
        return at < 0 || !text.EndsWith(']') ? (text, null) : (text[..at], text[(at + Opening.Length)..^1]);
    }
}
