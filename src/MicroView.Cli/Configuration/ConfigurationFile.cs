namespace MicroView.Cli;

/// <summary>A configuration file whose keys and values have been checked, all of them: also those of other commands' sections.</summary>
internal sealed class ConfigurationFile
{
    private readonly Dictionary<(string Section, string Key), ConfigurationEntry> _entries = [];
    private readonly string _path;
    private readonly ConfigurationTable _table;
    private readonly ProblemList _problems;

    private ConfigurationFile(string path, ConfigurationTable table, ProblemList problems) => (_path, _table, _problems) = (path, table, problems);

    /// <summary>How many keys it has.</summary>
    public int Count => _entries.Count;

    /// <summary>The commands that one of its keys is for.</summary>
    public IReadOnlyList<string> Commands => [.. _table.Commands.Where(command => _entries.Keys.Any(entry =>
        entry.Section == command || (entry.Section.Length == 0 && _table.Keys(command).Any(key => key.Name == entry.Key))))];

    /// <summary>Whether a command has keys of its own.</summary>
    public bool HasSection(string command) => _entries.Keys.Any(entry => entry.Section == command);

    /// <summary>Reads a file, and adds what is wrong with it, line by line.</summary>
    public static ConfigurationFile Read(string path, ConfigurationTable table, ProblemList problems) =>
        Parse(path, ConfigurationText.Read(path, problems) ?? "", table, problems);

    /// <summary>The same for a text that says where it is from.</summary>
    public static ConfigurationFile Parse(string path, string text, ConfigurationTable table, ProblemList problems)
    {
        var file = new ConfigurationFile(path, table, problems);
        foreach (var entry in ConfigurationReader.Read(path, text, table.Commands, problems))
        {
            if (problems.IsFull)
                break;
            file.Take(entry);
        }
        return file;
    }

    /// <summary>What it says of a key: in the command's section, else at the top level; null for nothing.</summary>
    public Setting? Find(ConfigurationKey key) =>
        (_entries.GetValueOrDefault((key.Command, key.Name)) ?? _entries.GetValueOrDefault(("", key.Name))) is { } entry && !(entry.Section.Length == 0 && _table.Commands.Contains(key.Name))
            ? new(key, [.. entry.Values.Select(value => value.Text)], $"{_path}:{entry.Line}", IsInjected: true)
            : null;

    private void Take(ConfigurationEntry entry)
    {
        var keys = _table.Find(entry.Section, entry.Key);
        if (keys.Length == 0)
        {
            Report(entry.Line, $"unknown key '{ConfigurationReader.Shorten(entry.Key)}'{(entry.Section.Length > 0 ? $" in {entry.Section}" : "")}{Hint(entry)}");
            return;
        }
        _entries[(entry.Section, entry.Key)] = entry;
        if (entry.Values.Any(value => Secrets.HasUserInformation(value.Text)))
        {
            Report(entry.Line, $"{entry.Key} holds a password: secrets stand in files of their own{SecretFile(entry)}");
            return;
        }
        // At the top level it must do for every command that has it; most of them have the same row.
        var found = keys.SelectMany(key => Check(key, entry)).Distinct().ToArray();
        foreach (var (line, problem) in found)
            Report(line, $"{entry.Key}: {problem}");
    }

    private static IEnumerable<(int Line, string Problem)> Check(ConfigurationKey key, ConfigurationEntry entry)
    {
        if (entry.IsList && !key.IsList)
            return [(entry.Line, "takes one value, not a list")];
        var each = entry.Values.SelectMany(value => key.Check([value.Text]).Select(problem => (value.Line, problem))).ToArray();
        // What only shows when they are together.
        return each.Length > 0 || entry.Values.Count == 1 ? each : key.Check([.. entry.Values.Select(value => value.Text)]).Select(problem => (entry.Line, problem));
    }

    private string Hint(ConfigurationEntry entry)
    {
        if (entry.Section.Length == 0)
            return Suggestion.For(entry.Key, _table.Keys(""));
        var others = _table.Commands.Where(command => _table.Find(command, entry.Key).Length > 0).ToArray();
        return others.Length > 0 ? $"; it is an option of {string.Join(" and ", others)}" : Suggestion.For(entry.Key, _table.Keys(entry.Section));
    }

    private string SecretFile(ConfigurationEntry entry) =>
        _table.Find(entry.Section, entry.Key + "-token-file") is [var key, ..] ? $": {key.Name}" : "";

    private void Report(int line, string problem) => _problems.Add($"{_path}:{line}: {problem}");
}
