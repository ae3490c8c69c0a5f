namespace MicroView.Cli;

/// <summary>The table of every key, as docs/configuration.md has it; from the option tables.</summary>
internal static class DocumentTable
{
    /// <summary>Where it begins in the document; it goes on to the end.</summary>
    public const string Marker = "<!-- the rest is printed by `microview config --docs` -->";

    public static void Write(TextWriter output, ConfigurationTable table)
    {
        output.WriteLine(Marker);
        output.WriteLine();
        output.WriteLine($"| key | of | value | default | meaning |");
        output.WriteLine("|---|---|---|---|---|");
        foreach (var keys in table.Keys("").GroupBy(key => key.Name))
            foreach (var same in keys.GroupBy(key => (Value(key), Default(key), key.Meaning)))
                output.WriteLine($"| `{keys.Key}` | {string.Join(", ", same.Select(key => key.Command))} | {same.Key.Item1} | {same.Key.Item2} | {Cell(same.Key.Meaning)}{Older(same.First())} |");
    }

    private static string Value(ConfigurationKey key)
    {
        if (key.IsFlag)
            return "`true`, `false`";
        var words = key.Choices is { Length: > 0 } choices ? choices : (key.Option.HelpName ?? "TEXT").Split('|');
        return (key.IsList ? "list of " : "") + string.Join(", ", words.Select(word => $"`{word}`"));
    }

    private static string Default(ConfigurationKey key) => key.Standard is { } standard ? $"`{ConfigurationKey.Text(standard)}`" : Cell(key.DefaultText ?? "none");

    private static string Older(ConfigurationKey key) => (key.Option as ITableOption)?.Variable is { } variable ? $" (also `{variable}`)" : "";

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace("<", "\\<", StringComparison.Ordinal).ReplaceLineEndings(" ");
}
