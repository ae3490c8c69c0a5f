using System.CommandLine;
using System.CommandLine.Invocation;

namespace MicroView.Cli;

/// <summary>
/// A command line together with the configuration under it. File and environment are handed to the parser as flags that the user did not give, so they mean what
/// flags mean, down to the messages.
/// </summary>
internal sealed class Configured
{
    private const string FileVariable = "MICROVIEW_CONFIG";

    private Configured(ParseResult result, IReadOnlyList<string> problems, IReadOnlyList<Setting> settings, string? file) =>
        (Result, Problems, Settings, File) = (result, problems, settings, file);

    /// <summary>What to run; to be run only without problems.</summary>
    public ParseResult Result { get; }

    /// <summary>All that is wrong with flags, file and environment, a line each.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>What is not at its default, in the order of the options.</summary>
    public IReadOnlyList<Setting> Settings { get; }

    /// <summary>The file; null for none.</summary>
    public string? File { get; }

    /// <summary>Reads everything; starts nothing.</summary>
    /// <param name="root">The command tree.</param>
    /// <param name="args">The command line.</param>
    /// <param name="variable">The environment.</param>
    public static Configured Read(RootCommand root, string[] args, Func<string, string?> variable)
    {
        var result = root.Parse(args, CommandLine.Parsing);
        var command = result.CommandResult.Command;
        var problems = new ProblemList();
        foreach (var error in result.Errors)
            problems.Add(error.Message);
        // Help and the shell's completion work whatever the configuration holds.
        if (!ConfigurationTable.IsConfigurable(command) || result.Action is not ParseErrorAction && result.Action != command.Action)
            return new(result, problems.Lines, [], null);
        var table = new ConfigurationTable(root);
        var path = FilePath(result, command) ?? (variable(FileVariable) is { Length: > 0 } named ? named : null);
        var file = path is null ? null : ConfigurationFile.Read(path, table, problems);
        var settings = new List<Setting>();
        foreach (var key in table.Keys(command.Name))
        {
            var environment = EnvironmentSettings.Read(key, variable, problems);
            if ((Flag(result, key) ?? environment ?? file?.Find(key)) is { } setting)
                settings.Add(setting);
        }
        if (problems.Lines.Count == 0)
            result = root.Parse(Merge(args, command, settings), CommandLine.Parsing);
        return new(result, problems.Lines.Count > 0 ? problems.Lines : [.. result.Errors.Select(error => error.Message)], settings, path);
    }

    private static string? FilePath(ParseResult result, Command command) =>
        result.GetResult(command.Options.First(option => option.Name == ConfigurationTable.FileOption)) is { Implicit: false, Tokens: [.., var token] } ? token.Value : null;

    private static Setting? Flag(ParseResult result, ConfigurationKey key) => result.GetResult(key.Option) is { Implicit: false } flag
        ? new(key, flag.Tokens.Count > 0 ? [.. flag.Tokens.Select(token => token.Value)] : [ConfigurationKey.Text(true)], "flag", IsInjected: false)
        : null;

    private static string[] Merge(string[] args, Command command, List<Setting> settings)
    {
        var at = Array.FindIndex(args, word => word == command.Name || command.Aliases.Contains(word)) + 1;
        return [.. args[..at], .. settings.Where(setting => setting.IsInjected).SelectMany(setting => setting.Key.Arguments(setting.Values)), .. args[at..]];
    }
}
