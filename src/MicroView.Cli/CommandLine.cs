using System.CommandLine;
using System.CommandLine.Help;

namespace MicroView.Cli;

/// <summary>The whole command tree, and how it is run.</summary>
internal static class CommandLine
{
    /// <summary>Builds the tree; nothing is started, so documents' command lines can be parsed against it.</summary>
    public static RootCommand BuildRootCommand()
    {
        var root = new RootCommand("MicroView: millisecond-resolution observability that leaves your cores alone.")
        {
            UpCommand.Create(), HostCommand.Create(), NicCommand.Create(), GenerateCommand.Create(),
            BenchCommand.Create(), DoctorCommand.Create(), VersionCommand.Create(),
        };
        var help = root.Options.OfType<HelpOption>().First();
        var documented = new ExampleHelp((HelpAction)help.Action!);
        help.Action = documented;
        root.SetAction(documented.Invoke);
        return root;
    }

    /// <summary>Parses and runs; errors are one line on stderr. Returns the exit code.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var debug = args.Contains("--debug") || Environment.GetEnvironmentVariable("MICROVIEW_DEBUG") == "1";
        try
        {
            var result = BuildRootCommand().Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            // Only the launcher of a checkout knows both programs.
            if (args is ["lab", ..])
                return Complain("lab is a program of its own: microview-lab, or ./microview lab in a checkout", "microview", ExitCode.Usage);
            if (result.Errors.Count > 0)
                return Complain(result.Errors[0].Message.ReplaceLineEndings(" "), CommandPath(result), ExitCode.Usage);
            // Signals belong to StopSignals: the library's handler would kill a slow stop after two seconds.
            return await result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Exception error)
        {
            return Failures.Report(error, debug);
        }
    }

    private static int Complain(string message, string command, int exitCode)
    {
        Failures.WriteLine($"{message.TrimEnd('.')}; see: {command} --help");
        return exitCode;
    }

    private static string CommandPath(ParseResult result) =>
        result.CommandResult.Command is RootCommand ? "microview" : $"microview {result.CommandResult.Command.Name}";
}
