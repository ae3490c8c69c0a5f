using System.CommandLine;

namespace MicroView.Cli;

internal static class CommandLine
{
    public static RootCommand BuildRootCommand() =>
        new("MicroView: millisecond-resolution observability that leaves your cores alone.");
}
