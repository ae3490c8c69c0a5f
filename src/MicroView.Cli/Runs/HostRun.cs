using System.CommandLine;

namespace MicroView.Cli;

internal static class HostRun
{
    public static Task<int> RunAsync(HostOptionTable options, ParseResult result, RunContext run) =>
        throw new UserException("not in this build yet");
}
