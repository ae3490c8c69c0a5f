namespace MicroView.Cli;

/// <summary>An end that the user can do something about: a line on stderr, or one for each problem, and no trace.</summary>
internal sealed class UserException : Exception
{
    public UserException(string message, int exitCode = Cli.ExitCode.Unavailable, Exception? inner = null) : base(message, inner) =>
        (Lines, ExitCode) = ([message], exitCode);

    /// <summary>What is wrong with what was asked for, all of it.</summary>
    public UserException(IReadOnlyList<string> lines, int exitCode) : base(string.Join("; ", lines)) => (Lines, ExitCode) = (lines, exitCode);

    public IReadOnlyList<string> Lines { get; }

    public int ExitCode { get; }
}
