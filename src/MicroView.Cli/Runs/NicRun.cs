using System.CommandLine;

namespace MicroView.Cli;

internal static class NicRun
{
    public static Task<int> RunAsync(NicOptionTable options, ParseResult result, RunContext run) =>
        throw new UserException("not in this build yet");
}
