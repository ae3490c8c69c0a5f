using System.CommandLine;

namespace MicroView.Lab;

/// <summary>`microview lab reproduce`: the figures of the paper, measured on this machine.</summary>
internal static class ReproduceCommand
{
    public const string StandardFolder = "reproduced";

    public static Command Create()
    {
        string[] names = [.. Figures.All.Select(figure => figure.Name), Figures.EveryFigure];
        var figure = new Argument<string>("FIGURE") { Description = string.Join("; ", Figures.All.Select(figure => $"{figure.Name}: {figure.Title}, {figure.Section}").Append("all: every one of them, in this order")), HelpName = string.Join('|', names) };
        figure.AcceptOnlyFromAmong(names);
        var quick = Kinds.Flag("--quick", "Few points and short windows: minutes instead of hours, the shape of the figure");
        var smoke = Kinds.Flag("--smoke", "Seconds per figure: shows that everything works on this machine; the numbers say nothing");
        var output = Kinds.Text("--out", "DIR", $"Folder of the results: DIR/FIGURE/report.html, figures, raw/ and run.json [default: {StandardFolder}]", "-o");
        var plotOnly = Kinds.Text("--plot-only", "DIR", "Measure nothing: draw again from the files of an earlier run in DIR; into --out, if it is given");
        var force = Kinds.Flag("--force", "Measure finished steps again too");
        var seed = LabOptions.Seed();
        var command = new DocumentedCommand("reproduce", "Measure a figure of the paper's evaluation on this machine, and draw it. A run that was stopped goes on where it was when the same command is given again.",
            new($"microview lab reproduce micro --quick", "scrapes per second in two minutes; the page is reproduced/micro/report.html"),
            new("microview lab reproduce all --quick --out evaluation", "every figure in its short form, with evaluation/index.html"),
            new("microview lab reproduce micro --plot-only evaluation", "draw again, from the files alone"),
            new("microview lab reproduce micro --out evaluation --force", "measure the full form anew"))
        { figure, quick, smoke, output, plotOnly, force, seed };
        command.SetAction((result, stop) =>
        {
            if (result.GetValue(quick) && result.GetValue(smoke))
                throw new LabException("--quick and --smoke exclude each other", ExitCode.Usage);
            var chosen = result.GetValue(figure)! is var name && name == Figures.EveryFigure ? Figures.All : [Figures.All.First(known => known.Name == name)];
            if (result.GetValue(plotOnly) is { } folder)
                return Task.FromResult(ReproduceRun.Redraw(chosen, folder, result.GetValue(output) ?? folder, result.InvocationConfiguration.Output));
            var scale = result.GetValue(quick) ? FigureScale.Quick : result.GetValue(smoke) ? FigureScale.Smoke : FigureScale.Full;
            return Task.Run(() => ReproduceRun.ExecuteAsync(new(chosen, new(scale, result.GetValue(seed)), result.GetValue(output) ?? StandardFolder, result.GetValue(force)),
                result.InvocationConfiguration.Output, stop), stop);
        });
        return command;
    }

    /// <summary>The command that a run starts for itself; not for people.</summary>
    public static Command CreateWatch()
    {
        var (folder, mark) = (new Argument<string>("DIR"), new Argument<string>("MARK"));
        var command = new Command(Watcher.CommandName, "Waits for the end of a run, and removes what it left.") { folder, mark };
        command.Hidden = true;
        command.SetAction(result => Watcher.Watch(result.GetRequiredValue(folder), result.GetRequiredValue(mark)));
        return command;
    }
}
