namespace MicroView.Cli;

/// <summary>An end that the user can do something about: one line on stderr, no trace.</summary>
internal sealed class UserException(string message, int exitCode = ExitCode.Unavailable, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode { get; } = exitCode;
}
