using System.Globalization;

namespace MicroView.Lab;

/// <summary>The page of a figure: what it shows, what differs from the paper, the machine, and how the time went.</summary>
internal static class FigurePage
{
    public static void Draw(IFigure figure, FigureFolder folder)
    {
        ArgumentNullException.ThrowIfNull(figure);
        ArgumentNullException.ThrowIfNull(folder);
        var run = folder.Run ?? throw new DataException(folder.RunFile, 0, "no such file");
        var report = new FigureReport($"{figure.Title} ({figure.Section})", folder.Output);
        Directory.CreateDirectory(folder.Output);
        WriteCaveats(report, run);
        figure.Draw(folder, report);
        report.Heading("What differs from the paper");
        report.Items([.. figure.Differences, .. run.Steps.SelectMany(step => step.Notes).Distinct()]);
        WriteMachine(report, run);
        WriteSteps(report, run);
        report.Write();
    }

    private static void WriteCaveats(FigureReport report, RunRecord run)
    {
        if (run.Steps.Count < run.Planned)
            report.Text($"Not finished: {run.Steps.Count} of {run.Planned} steps are measured. The same command goes on from here.");
        if (run.Scale == "quick")
            report.Text("Measured in the quick form (`--quick`): short windows and few points, for the shape of the figure. Quote figures of a full run.");
        if (run.Scale == "smoke")
            report.Text("Measured in the smallest form (`--smoke`), which only shows that everything works. No number here means anything.");
    }

    private static void WriteMachine(FigureReport report, RunRecord run)
    {
        report.Heading("Where and with what");
        var versions = run.Steps.SelectMany(step => step.Versions).GroupBy(version => version.Key).OrderBy(program => program.Key, StringComparer.Ordinal)
            .Select(program => (string[])[program.Key, string.Join(", ", program.Select(version => version.Value).Distinct())]);
        report.Table(2, ["", ""],
        [
            ["commit", run.Machine.Commit], ["CPU", $"{run.Machine.Cpu}, {run.Machine.Cores} cores"], ["memory", FormattableString.Invariant($"{run.Machine.MemoryGib} GiB")],
            ["kernel", run.Machine.Kernel], ["system", run.Machine.System], ["runtime", run.Machine.Runtime], ["seed", run.Seed.ToString(CultureInfo.InvariantCulture)],
            .. versions,
        ]);
    }

    private static void WriteSteps(FigureReport report, RunRecord run)
    {
        report.Heading("CPU seconds of each step");
        report.Text("Load, application and monitor share the machine's cores, so each step says what each of them took. Other: databases, stress, tools. Raw numbers are in `raw/`, parameters in `run.json`.");
        report.Table(1, ["step", "seconds", "load generator", "application", "monitor", "other"], run.Steps.Select(step => (string[])
        [
            step.Title, Number(step.Seconds), .. Enum.GetNames<CpuRole>().Select(role => Number(step.CpuSeconds.GetValueOrDefault(role))),
        ]));
    }

    private static string Number(double seconds) => seconds.ToString("0.0", CultureInfo.InvariantCulture);
}
