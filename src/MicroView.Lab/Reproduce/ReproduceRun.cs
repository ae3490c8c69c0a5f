namespace MicroView.Lab;

/// <summary>What is asked of `lab reproduce`.</summary>
internal sealed record ReproduceRequest(IReadOnlyList<IFigure> Figures, FigureOptions Options, string Out, bool Force);

/// <summary>
/// Runs figures: their steps one after the other, each into a file that appears when the step has finished, so that the next run goes on where this one
/// was stopped; then draws.
/// </summary>
internal static class ReproduceRun
{
    private static readonly Lazy<MachineRecord> s_machine = new(MachineRecord.Here);

    /// <summary>Runs all figures that are asked for. A figure that fails does not keep the others from running; if there are several, an index is written.</summary>
    public static async Task<int> ExecuteAsync(ReproduceRequest request, TextWriter messages, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var alone = FolderLock.Take(request.Out);
        // Refused before anything is measured.
        foreach (var figure in request.Figures)
            CheckParameters(figure, request);
        using var left = new Leftovers(request.Out);
        using var watcher = new Watcher(request.Out, left.Mark);
        var results = new List<(IFigure Figure, string? Problem)>();
        try
        {
            foreach (var figure in request.Figures)
                results.Add((figure, await RunAsync(figure, request, left, messages, stop)));
        }
        finally
        {
            if (request.Figures.Count > 1)
                ReproduceIndex.Write(request.Out, results);
        }
        return results.All(result => result.Problem is null) ? ExitCode.Success : ExitCode.Failed;
    }

    /// <summary>Draws what is in a folder, from its files alone.</summary>
    public static int Redraw(IReadOnlyList<IFigure> figures, string folder, string output, TextWriter messages)
    {
        ArgumentNullException.ThrowIfNull(figures);
        IFigure[] there = [.. figures.Where(figure => File.Exists(Folder(figure, folder).RunFile))];
        if (there.Length == 0)
            throw new LabException($"{folder}: there is nothing to draw: no {(figures.Count == 1 ? figures[0].Name : "FIGURE")}/run.json");
        foreach (var figure in there)
        {
            FigurePage.Draw(figure, new FigureFolder(Path.Combine(folder, figure.Name), Path.Combine(output, figure.Name)));
            messages.WriteLine($"{figure.Name}: drawn into {Path.Combine(output, figure.Name)}");
        }
        if (figures.Count > 1)
            ReproduceIndex.Write(output, [.. there.Select(figure => (figure, (string?)null))]);
        return ExitCode.Success;
    }

    private static FigureFolder Folder(IFigure figure, string root) => new(Path.Combine(root, figure.Name));

    private static void CheckParameters(IFigure figure, ReproduceRequest request)
    {
        var folder = Folder(figure, request.Out);
        if (request.Force)
            return;
        foreach (var step in figure.Plan(request.Options).Where(step => folder.IsFinished(step.Id)))
        {
            var known = StepRecord.Read(folder.Record(step.Id))?.Parameters ?? [];
            foreach (var name in step.Parameters.Keys.Union(known.Keys).Order(StringComparer.Ordinal))
                if (known.GetValueOrDefault(name) != step.Parameters.GetValueOrDefault(name))
                    throw new LabException($"{folder.Csv(step.Id)} was measured with {name} {known.GetValueOrDefault(name) ?? "unset"}, asked for is {step.Parameters.GetValueOrDefault(name) ?? "unset"}; measure all anew with --force, or name another folder (--out)", ExitCode.Usage);
        }
        if (folder.Run is { } run && (run.Seed != request.Options.Seed || run.Scale != Name(request.Options.Scale)))
            throw new LabException($"{folder.Path} has a run of scale {run.Scale} with seed {run.Seed}, asked for is {Name(request.Options.Scale)} with seed {request.Options.Seed}; measure all anew with --force, or name another folder (--out)", ExitCode.Usage);
    }

    private static string Name(FigureScale scale) => scale.ToString().ToLowerInvariant();

    /// <summary>null, or what went wrong.</summary>
    private static async Task<string?> RunAsync(IFigure figure, ReproduceRequest request, Leftovers left, TextWriter messages, CancellationToken stop)
    {
        var folder = Folder(figure, request.Out);
        if (request.Force && Directory.Exists(folder.Raw))
            Directory.Delete(folder.Raw, recursive: true);
        var plan = figure.Plan(request.Options);
        WriteRun(figure, folder, plan, request.Options);
        var problem = (string?)null;
        await ReproduceProgress.RunAsync(figure.Name, plan.Sum(step => step.Seconds), async progress => problem = await MeasureAsync(figure, folder, plan, request, left, progress, stop));
        // What there is is drawn also of a run that failed.
        try
        {
            if (folder.Steps.Count > 0)
                FigurePage.Draw(figure, folder);
        }
        catch (Exception error) when (problem is not null)
        {
            Failures.WriteLine($"{figure.Name} cannot be drawn from {folder.Steps.Count} of {plan.Count} steps: {error.Message}");
        }
        if (problem is null)
            messages.WriteLine($"{figure.Name}: {Path.Combine(folder.Output, "report.html")}");
        return problem;
    }

    /// <summary>
    /// All steps that are not finished. One that fails costs itself: hours of others need not be lost with it. Two in a row are no chance, and end the figure.
    /// Returns null, or what went wrong.
    /// </summary>
    private static async Task<string?> MeasureAsync(IFigure figure, FigureFolder folder, IReadOnlyList<FigureStep> plan, ReproduceRequest request, Leftovers left, ReproduceProgress progress, CancellationToken stop)
    {
        var earlier = folder.Steps.Count > 0 ? folder.Run?.Machine : null;
        var (problems, failedBefore) = (new List<string>(), false);
        foreach (var (index, step) in plan.Index())
        {
            if (!folder.IsFinished(step.Id))
            {
                progress.Begin(step, index + 1, plan.Count);
                try
                {
                    await RunStepAsync(figure, step, folder, request.Options, left, earlier, stop);
                    WriteRun(figure, folder, plan, request.Options);
                    failedBefore = false;
                }
                catch (Exception error) when (error is not OperationCanceledException || !stop.IsCancellationRequested)
                {
                    problems.Add($"{step.Title}: {(error is LabException ? error.Message : $"{error.GetType().Name}: {error.Message}")}");
                    Failures.WriteLine($"{figure.Name} failed at {problems[^1]}");
                    if (error is not LabException && Environment.GetEnvironmentVariable("MICROVIEW_DEBUG") == "1")
                        Console.Error.WriteLine(error);
                    if (failedBefore)
                        break;
                    failedBefore = true;
                }
            }
            progress.End(step);
        }
        if (problems.Count > 0)
            Failures.WriteLine($"{figure.Name}: {folder.Steps.Count} of {plan.Count} steps are measured; the same command goes on with the others");
        return problems.Count == 0 ? null : string.Join("; ", problems);
    }

    private static async Task RunStepAsync(IFigure figure, FigureStep step, FigureFolder folder, FigureOptions options, Leftovers left, MachineRecord? earlier, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        if (Directory.Exists(folder.Files(step.Id)))
            Directory.Delete(folder.Files(step.Id), recursive: true);
        var (started, watch) = (DateTime.UtcNow, System.Diagnostics.Stopwatch.StartNew());
        using var csv = new ResultFile(folder.Csv(step.Id));
        try
        {
            using var group = new ProcessGroup(left.Mark);
            var context = new StepContext(options, folder, step, csv.Text, group, left);
            context.Version("microview", Programs.Kind);
            if (earlier is not null && earlier != s_machine.Value)
                context.Note($"Earlier steps of this run were measured elsewhere or at another commit: {earlier.Commit}, {earlier.Cpu}, {earlier.Kernel}.");
            await figure.RunAsync(step, context, stop);
            new StepRecord
            {
                Id = step.Id, Title = step.Title, Parameters = new(step.Parameters.ToDictionary()), Started = started, Seconds = Math.Round(watch.Elapsed.TotalSeconds, 2),
                CpuSeconds = group.CpuSeconds(), Versions = context.Versions, Notes = context.Notes,
            }.Write(folder.Record(step.Id));
        }
        finally
        {
            left.Clear();
        }
        // Last: a step is finished when its table has its name.
        csv.Commit();
    }

    private static void WriteRun(IFigure figure, FigureFolder folder, IReadOnlyList<FigureStep> plan, FigureOptions options) => new RunRecord
    {
        Figure = figure.Name, Scale = Name(options.Scale), Seed = options.Seed, Machine = s_machine.Value, Planned = plan.Count,
        Steps = [.. plan.Where(step => folder.IsFinished(step.Id)).Select(step => StepRecord.Read(folder.Record(step.Id))).OfType<StepRecord>()],
    }.Write(folder.RunFile);
}
