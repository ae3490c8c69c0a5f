using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace MicroView.Lab;

/// <summary>The library's help, followed by examples (and by the exit codes for the root).</summary>
internal sealed class ExampleHelp(HelpAction inner) : SynchronousCommandLineAction
{
    private static readonly Example[] RootExamples =
    [
        new("microview lab score --train train.csv --test test.csv --model FD --out scores.csv", "score any data set of plain numbers"),
        new("microview lab score --help", "options and examples of one command"),
    ];

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
        output.WriteLine("  0    done");
        output.WriteLine("  1    the work failed");
        output.WriteLine("  2    wrong option or value");
        output.WriteLine("  3    a file cannot be read or written, or what it holds is not usable; the line says where");
        output.WriteLine("  70   a defect of MicroView; --debug or MICROVIEW_DEBUG=1 shows the trace");
        output.WriteLine("  130  stopped");
    }
}
