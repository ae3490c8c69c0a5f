using System.CommandLine;
using System.CommandLine.Help;

namespace MicroView.Lab;

/// <summary>The lab's command tree, and how it is run.</summary>
internal static class LabCommandLine
{
    // One line per command, in the order of the help.
    private static readonly Func<Command>[] Commands =
    [
        ScoreCommand.Create,
        EvaluateCommand.Create,
        ClassifyCommand.Create,
        GridCommand.Create,
        TuneCommand.Create,
        MergeCommand.Create,
        PipelineCommand.Create,
        DatasetCommand.Create,
        VaeCommand.Create,
        TracesCommand.Create,
        AdaptiveCommand.Create,
        BacktestCommand.Create,
        LoadCommand.Create,
        InjectCommand.Create,
        ReproduceCommand.Create,
        RunCommand.Create,
        ReproduceCommand.CreateWatch,
    ];

    /// <summary>Builds the tree; nothing is started, so documents' command lines can be parsed against it.</summary>
    public static RootCommand BuildRootCommand()
    {
        var root = new RootCommand("MicroView's lab: data sets, detectors measured on them, and the paper's experiments, offline.");
        root.Add(new Option<bool>("--debug") { Description = "Show the trace of a defect (environment: MICROVIEW_DEBUG=1)", Recursive = true });
        foreach (var create in Commands)
            root.Add(create());
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
            if (result.Errors.Count > 0)
                return Complain(result);
            return await result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = Patience(result) });
        }
        catch (Exception error)
        {
            return Failures.Report(error, debug);
        }
    }

    /// <summary>How long a command that was told to stop may take: those that start processes end them first.</summary>
    private static TimeSpan Patience(ParseResult result) => TimeSpan.FromSeconds(result.CommandResult.Command.Name is "reproduce" or "run" ? 30 : 2);

    private static int Complain(ParseResult result)
    {
        var names = result.CommandResult.Command is RootCommand ? "" : " " + Path(result.CommandResult.Command);
        Failures.WriteLine($"{result.Errors[0].Message.ReplaceLineEndings(" ").TrimEnd('.')}; see: microview lab{names} --help");
        return ExitCode.Usage;
    }

    private static string Path(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault(parent => parent is not RootCommand) is { } parent
            ? $"{Path(parent)} {command.Name}"
            : command.Name;
}
