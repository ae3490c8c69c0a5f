namespace MicroView.Cli;

/// <summary>Settings from environment variables: MICROVIEW_ and the option's name in capitals, and the older ones that options read by themselves.</summary>
internal static class EnvironmentSettings
{
    private static readonly char[] s_separators = [';', '\n'];

    /// <summary>What the environment says of a key; null for nothing, and where it says something wrong, which is then among the problems.</summary>
    public static Setting? Read(ConfigurationKey key, Func<string, string?> variable, ProblemList problems)
    {
        if (key.Variable != key.OwnVariable && variable(key.Variable) is { Length: > 0 } text && !IsServiceLink(key.Variable, text))
            return Take(key, text, problems);
        if (key.OwnVariable is { } own && variable(own) is { Length: > 0 } value)
            return new(key, key.IsOwnVariableSecret ? [] : [value], $"environment {own}", IsInjected: false);
        return null;
    }

    private static Setting? Take(ConfigurationKey key, string text, ProblemList problems)
    {
        string[] values = key.IsList ? text.Split(s_separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            : key.IsFlag ? [Flag(text)]
            : [text];
        var found = values.SelectMany(value => key.Check([value])).ToArray();
        if (found.Length == 0)
            found = [.. key.Check(values)];
        foreach (var problem in found)
            problems.Add($"environment variable {key.Variable}: {problem}");
        return found.Length > 0 || values.Length == 0 ? null : new(key, values, $"environment {key.Variable}", IsInjected: true);
    }

    /// <summary>MICROVIEW_DEBUG=1 is how flags have always been set here.</summary>
    private static string Flag(string text) => text.ToLowerInvariant() switch { "1" => "true", "0" => "false", var other => other };

    /// <summary>Kubernetes tells every container of a Service named microview by MICROVIEW_PORT=tcp://10.0.0.1:5000.</summary>
    private static bool IsServiceLink(string name, string text) =>
        name.EndsWith("_PORT", StringComparison.Ordinal) && (text.StartsWith("tcp://", StringComparison.Ordinal) || text.StartsWith("udp://", StringComparison.Ordinal) || text.StartsWith("sctp://", StringComparison.Ordinal));
}
