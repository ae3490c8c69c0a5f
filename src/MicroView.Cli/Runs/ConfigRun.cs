using System.CommandLine;

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
        var problems = all.SelectMany(one => one.Configured.Problems).Distinct().ToList();
        if (problems.Count == 0 && words.Count > 0)
            problems.AddRange(Together(all[0].Configured.Result));
        if (problems.Count > 0)
            return Complaint.Write(problems, "microview config --help");
        foreach (var (command, configured) in all)
            EffectiveText.Write(output, table, command, configured);
        return ExitCode.Success;
    }

    /// <summary>
    /// Says what is wrong with a file, or that nothing is. What does not go together is judged by command: one that has a section of its own must take the file, the others only if no command takes it.
    /// </summary>
    public static int Check(TextWriter output, string path)
    {
        var problems = new ProblemList();
        var file = ConfigurationFile.Read(path, new(CommandLine.BuildRootCommand()), problems);
        if (problems.Lines.Count > 0)
            return Complaint.Write(problems.Lines, "microview config --docs");
        var refusals = file.Commands.Select(command => (Command: command, Problems: Refusals(command, path))).Where(one => one.Problems.Count > 0).ToList();
        var owned = refusals.Where(one => file.HasSection(one.Command)).ToList();
        if (owned.Count == 0 && refusals.Count == file.Commands.Count)
            owned = refusals;
        if (owned.Count > 0)
            return Complaint.Write([.. owned.SelectMany(one => one.Problems.Select(problem => $"{path}, for microview {one.Command}: {problem}"))], "microview config --docs");
        output.WriteLine($"{path}: fine, {file.Count} key{(file.Count == 1 ? "" : "s")}");
        foreach (var (command, refused) in refusals)
            output.WriteLine($"{path}: not for microview {command}: {string.Join("; ", refused)}");
        return ExitCode.Success;
    }

    /// <summary>What a command would say to the file alone, whatever the environment holds.</summary>
    private static IReadOnlyList<string> Refusals(string command, string path)
    {
        var configured = Configured.Read(CommandLine.BuildRootCommand(), [command, $"{ConfigurationTable.FileOption}={path}"], _ => null);
        return configured.Problems.Count > 0 ? configured.Problems : Together(configured.Result);
    }

    private static IReadOnlyList<string> Together(ParseResult result)
    {
        var problems = new ProblemList();
        (result.CommandResult.Command as DocumentedCommand)?.Check?.Invoke(result, problems);
        return problems.Lines;
    }
}
