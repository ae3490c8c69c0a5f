namespace MicroView.Cli;

/// <summary>What is wrong with a command line or its configuration: a line each, nothing started.</summary>
internal static class Complaint
{
    /// <summary>Writes them to stderr and returns <see cref="ExitCode.Usage"/>.</summary>
    /// <param name="problems">At least one.</param>
    /// <param name="see">The command that helps.</param>
    public static int Write(IReadOnlyList<string> problems, string see)
    {
        if (problems.Count == 1)
            Failures.WriteLine($"{OneLine(problems[0])}; see: {see}");
        else
            WriteAll(problems, $"; see: {see}");
        return ExitCode.Usage;
    }

    /// <summary>Several, a line each, and how many they are.</summary>
    public static void WriteAll(IReadOnlyList<string> problems, string end = "")
    {
        foreach (var problem in problems)
            Failures.WriteLine(OneLine(problem));
        Failures.WriteLine($"{problems.Count} problems, nothing was started{end}");
    }

    private static string OneLine(string problem) => problem.ReplaceLineEndings(" ").TrimEnd('.');
}
