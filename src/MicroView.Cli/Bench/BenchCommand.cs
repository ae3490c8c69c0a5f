using System.CommandLine;

namespace MicroView.Cli;

/// <summary>`microview bench`: the published measurements.</summary>
internal static class BenchCommand
{
    public static Command Create() =>
        new DocumentedCommand("bench", "Measure MicroView itself on this machine; docs/benchmarks.md tells how and what came out.",
            new("microview bench update", "what an application pays for one update"),
            new("microview bench read-loop --pods 8 --metrics 64 --model FD", "what the collector pays to read and classify"),
            new("microview bench export --series 2048 --json", "what a Prometheus scrape costs, as JSON"))
        {
            UpdateBench.Create(), ReadLoopBench.Create(), ExportBench.Create(), ExportBench.CreateLoad(), RegisterBench.Create(),
        };
}
