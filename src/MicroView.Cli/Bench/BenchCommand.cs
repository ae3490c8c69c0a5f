using System.CommandLine;

namespace MicroView.Cli;

/// <summary>`microview bench`: the published measurements.</summary>
internal static class BenchCommand
{
    public static Command Create() => new DocumentedCommand("bench", "Measure MicroView itself on this machine.");
}
