namespace MicroView.Cli;

/// <summary>Runs `config`.</summary>
internal static class ConfigRun
{
    /// <summary>Prints what is in force for a command line, or for every command; lists the problems instead when there are some.</summary>
    public static int Effective(TextWriter output, IReadOnlyList<string> words, string? file)
    {
        var root = CommandLine.BuildRootCommand();
        var table = new ConfigurationTable(root);
        string[] chosen = file is null ? [] : [$"{ConfigurationTable.FileOption}={file}"];
        string[][] lines = words.Count > 0 ? [[words[0], .. chosen, .. words.Skip(1)]] : [.. table.Commands.Select(command => (string[])[command, .. chosen])];
        var all = new List<(string Command, Configured Configured)>();
        foreach (var line in lines)
        {
            var configured = Configured.Read(root, line, Environment.GetEnvironmentVariable);
            var command = configured.Result.CommandResult.Command;
            if (!ConfigurationTable.IsConfigurable(command))
                return Complaint.Write([$"'{line[0]}' is no command with a configuration: {string.Join(", ", table.Commands)}; its flags come after it"], "microview config --help");
            all.Add((command.Name, configured));
        }
        if (all.SelectMany(one => one.Configured.Problems).Distinct().ToArray() is { Length: > 0 } problems)
            return Complaint.Write(problems, "microview config --help");
        foreach (var (command, configured) in all)
            EffectiveText.Write(output, table, command, configured);
        return ExitCode.Success;
    }

    /// <summary>Says what is wrong with a file, or that nothing is.</summary>
    public static int Check(TextWriter output, string path)
    {
        var problems = new ProblemList();
        var file = ConfigurationFile.Read(path, new(CommandLine.BuildRootCommand()), problems);
        if (problems.Lines.Count > 0)
            return Complaint.Write(problems.Lines, "microview config --docs");
        output.WriteLine($"{path}: fine, {file.Count} key{(file.Count == 1 ? "" : "s")}");
        return ExitCode.Success;
    }
}
