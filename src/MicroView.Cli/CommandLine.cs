using System.CommandLine;
using System.CommandLine.Help;

namespace MicroView.Cli;

/// <summary>The whole command tree, and how it is run.</summary>
internal static class CommandLine
{
    /// <summary>How words are read: an argument that begins with @ is no file of more.</summary>
    public static ParserConfiguration Parsing { get; } = new() { ResponseFileTokenReplacer = null };

    /// <summary>Builds the tree; nothing is started, so documents' command lines can be parsed against it.</summary>
    public static RootCommand BuildRootCommand()
    {
        var root = new RootCommand("MicroView: millisecond-resolution observability that leaves your cores alone.")
        {
            UpCommand.Create(), HostCommand.Create(), NicCommand.Create(), GenerateCommand.Create(),
            BenchCommand.Create(), DoctorCommand.Create(), ConfigCommand.Create(), VersionCommand.Create(),
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
            // Only the launcher of a checkout knows both programs.
            if (args is ["lab", ..])
                return Complaint.Write(["lab is a program of its own: microview-lab, or ./microview lab in a checkout"], "microview --help");
            var configured = Configured.Read(BuildRootCommand(), args, Environment.GetEnvironmentVariable);
            if (configured.Problems.Count > 0)
                return Complaint.Write(configured.Problems, $"{CommandPath(configured.Result)} --help");
            debug |= configured.Settings.Any(setting => setting is { Key.Name: "debug", Values: ["true"] });
            // Signals belong to StopSignals: the library's handler would kill a slow stop after two seconds.
            return await configured.Result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Exception error)
        {
            return Failures.Report(error, debug);
        }
    }

    private static string CommandPath(ParseResult result) =>
        result.CommandResult.Command is RootCommand ? "microview" : $"microview {result.CommandResult.Command.Name}";
}
