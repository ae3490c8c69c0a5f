using MicroView.Cli;

namespace MicroView.EndToEnd.Tests;

/// <summary>Configurations read in this process, without a command being started.</summary>
internal static class Configurations
{
    public const string Name = "c.yaml";

    public static ConfigurationTable Table() => new(CommandLine.BuildRootCommand());

    /// <summary>What is wrong with a file of this text.</summary>
    public static IReadOnlyList<string> Problems(string text)
    {
        var problems = new ProblemList();
        ConfigurationFile.Parse(Name, text, Table(), problems);
        return problems.Lines;
    }

    /// <summary>A command line with a file and an environment of its own.</summary>
    public static Configured Read(string line, string? file = null, params (string Name, string Value)[] environment)
    {
        using var folder = new TemporaryFolder();
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (file is not null)
        {
            File.WriteAllText(folder.File(Name), file);
            words = [.. words, "--config", folder.File(Name)];
        }
        var variables = environment.ToDictionary(variable => variable.Name, variable => variable.Value);
        return Configured.Read(CommandLine.BuildRootCommand(), words, name => variables.GetValueOrDefault(name));
    }

    /// <summary>The value that a command would use, as text.</summary>
    public static string? Value<T>(this Configured configured, string option)
    {
        Assert.Equal([], configured.Problems);
        return configured.Result.GetValue<T>(option) is { } value ? ConfigurationKey.Text(value) : null;
    }
}
