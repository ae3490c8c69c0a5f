using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace MicroView.Cli;

/// <summary>The library's help, followed by examples (and by the exit codes for the root).</summary>
internal sealed class ExampleHelp(HelpAction inner) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        inner.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        switch (parseResult.CommandResult.Command)
        {
            case DocumentedCommand { Examples.Count: > 0 } command:
                WriteExamples(output, command.Examples);
                break;
            case RootCommand:
                WriteExamples(output, RootExamples);
                WriteExitCodes(output);
                break;
        }
        return ExitCode.Success;
    }

    private static readonly Example[] RootExamples =
    [
        new("microview up", "watch this machine: detection, terminal view, Prometheus endpoint"),
        new("microview doctor", "what this machine can do, and what to do about the rest"),
        new("microview nic --help", "options and examples of one command"),
        new("microview lab --help", "the lab, a program of its own (microview-lab): detectors on data sets, and on what your Prometheus recorded"),
    ];

    private static void WriteExamples(TextWriter output, IReadOnlyList<Example> examples)
    {
        output.WriteLine("Examples:");
        foreach (var example in examples)
        {
            output.WriteLine($"  {example.Line}");
            output.WriteLine($"      {example.Meaning}");
        }
        output.WriteLine();
    }

    private static void WriteExitCodes(TextWriter output)
    {
        output.WriteLine("Exit codes:");
        output.WriteLine("  0    done, or stopped by SIGINT, SIGTERM or q");
        output.WriteLine("  1    the work failed: a --test that did not pass, a damaged recording, doctor --strict");
        output.WriteLine("  2    wrong option, value, configuration file or environment variable");
        output.WriteLine("  3    the machine refuses: occupied port, unreachable agent, full pool, missing device");
        output.WriteLine("  70   a defect of MicroView; --debug or MICROVIEW_DEBUG=1 shows the trace");
        output.WriteLine("  130  a second signal stopped it at once");
    }
}
