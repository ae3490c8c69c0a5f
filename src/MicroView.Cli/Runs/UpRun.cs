using System.CommandLine;

namespace MicroView.Cli;

internal static class UpRun
{
    public static Task<int> RunAsync(UpOptionTable options, ParseResult result, RunContext run) =>
        throw new UserException("not in this build yet");
}
