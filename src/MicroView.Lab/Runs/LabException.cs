namespace MicroView.Lab;

/// <summary>An end that the user can do something about: one line on stderr, no trace.</summary>
internal class LabException(string message, int exitCode = ExitCode.Unavailable, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode { get; } = exitCode;
}

/// <summary>Something in a file that cannot be used. The line names the file and, where there is one, the line in it (from 1).</summary>
internal sealed class DataException(string file, long line, string what)
    : LabException(line > 0 ? $"{file}:{line}: {what}" : $"{file}: {what}")
{
    public string File { get; } = file;

    /// <summary>Line in the file, from 1 and counting the header; 0 when the whole file is meant.</summary>
    public long Line { get; } = line;
}
