namespace MicroView.Lab;

/// <summary>Turns an exception into one line and an exit code.</summary>
internal static class Failures
{
    public static int Report(Exception error, bool debug)
    {
        while (error is AggregateException { InnerExceptions: [var first, ..] })
            error = first;
        var (message, exitCode) = Describe(error);
        WriteLine(message);
        if (debug)
            Console.Error.WriteLine(error);
        return exitCode;
    }

    /// <summary>Writes one line to stderr, whatever the message holds.</summary>
    public static void WriteLine(string message)
    {
        Span<char> line = stackalloc char[Math.Min(message.Length, 1000)];
        for (var i = 0; i < line.Length; i++)
            line[i] = char.IsControl(message[i]) ? ' ' : message[i];
        Console.Error.WriteLine($"microview lab: {line}");
    }

    private static (string Message, int ExitCode) Describe(Exception error) => error switch
    {
        LabException user => (user.Message, user.ExitCode),
        OperationCanceledException => ("stopped", ExitCode.Interrupted),
        FileNotFoundException { FileName: { } file } => ($"{file}: no such file", ExitCode.Unavailable),
        DirectoryNotFoundException or IOException or UnauthorizedAccessException => (error.Message.TrimEnd('.'), ExitCode.Unavailable),
        OutOfMemoryException => ("the data do not fit into memory", ExitCode.Unavailable),
        _ => ($"unexpected {error.GetType().Name}: {error.Message.TrimEnd('.')}; please report it; --debug or MICROVIEW_DEBUG=1 shows the trace", ExitCode.Defect),
    };
}
