using System.Net.Sockets;
using MicroView.Collector;
using MicroView.Host;
using MicroView.Protocol;

namespace MicroView.Cli;

/// <summary>Turns an exception into one line and an exit code.</summary>
internal static class Failures
{
    private const int TooManyFiles = 24; // EMFILE

    public static int Report(Exception error, bool debug)
    {
        error = Innermost(error);
        var (message, exitCode) = Describe(error);
        if (error is UserException { Lines.Count: > 1 } several)
            Complaint.WriteAll(several.Lines);
        else
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
        Console.Error.WriteLine($"microview: {line}");
    }

    private static (string Message, int ExitCode) Describe(Exception error) => error switch
    {
        UserException user => (user.Message, user.ExitCode),
        HostStartException or CollectorStartException => (error.Message, ExitCode.Unavailable),
        RecordingException => (error.Message, ExitCode.Failed),
        OperationCanceledException => ("stopped before it was ready", ExitCode.Interrupted),
        _ when LacksDescriptors(error)
            => ($"{error.Message.TrimEnd('.')}: this process may open {Machine.DescriptorLimit} files; ulimit -n 65536 or LimitNOFILE= in the unit allows more", ExitCode.Unavailable),
        SocketException or IOException or UnauthorizedAccessException or InvalidOperationException { InnerException: SocketException }
            => ($"{error.Message.TrimEnd('.')}; --debug shows more", ExitCode.Unavailable),
        _ => ($"unexpected {error.GetType().Name}: {error.Message.TrimEnd('.')}; please report it; --debug or MICROVIEW_DEBUG=1 shows the trace", ExitCode.Defect),
    };

    private static bool LacksDescriptors(Exception error) => error is SystemCallException { Errno: TooManyFiles } or IOException { HResult: TooManyFiles }
        or SocketException { SocketErrorCode: SocketError.TooManyOpenSockets };

    private static Exception Innermost(Exception error)
    {
        while (error is AggregateException { InnerExceptions.Count: 1 } aggregate)
            error = aggregate.InnerExceptions[0];
        return error;
    }
}
