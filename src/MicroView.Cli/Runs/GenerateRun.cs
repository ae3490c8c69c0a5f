using System.CommandLine;

namespace MicroView.Cli;

internal static class GenerateRun
{
    public static Task<int> RunAsync(GenerateOptionTable options, ParseResult result, RunContext run) =>
        throw new UserException("not in this build yet");
}
