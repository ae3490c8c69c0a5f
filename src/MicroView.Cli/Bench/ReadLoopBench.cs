using System.CommandLine;
using MicroView.Analysis;
using MicroView.Protocol;

namespace MicroView.Cli;

internal sealed record ReadLoopReport
{
    public string Benchmark { get; } = "read-loop";

    public required string Method { get; init; }

    public required BenchMachine Machine { get; init; }

    public required int Pods { get; init; }

    public required int Metrics { get; init; }

    public required string Model { get; init; }

    public required string Normalize { get; init; }

    public required int Lmaps { get; init; }

    public required int Stripes { get; init; }

    /// <summary>Whether every row is absorbed into the sketch.</summary>
    public required bool Update { get; init; }

    public required double DurationSeconds { get; init; }

    public required int Windows { get; init; }

    /// <summary>By the wall clock, of one LMAP over its share of the pods.</summary>
    public required double ScrapesPerSecondPerLmap { get; init; }

    /// <summary>By the CPU clock of the LMAP's thread.</summary>
    public required double ScrapesPerCpuSecond { get; init; }

    /// <summary>CPU of reading and classifying one pod's row: the median over windows.</summary>
    public required double NsCpuPerPodVector { get; init; }

    public required double BestNsCpuPerPodVector { get; init; }

    /// <summary>The first part of the difference: changing all values and scraping, per pod.</summary>
    public required double NsCpuPerPodChangeAndScrape { get; init; }

    /// <summary>The second part: changing all values alone, per pod.</summary>
    public required double NsCpuPerPodChange { get; init; }
}

/// <summary>`microview bench read-loop`.</summary>
internal static class ReadLoopBench
{
    private const string Method =
        "One scrape is Lmap.ScrapeOnce: the LMAP's own pass, which reads every pod's sealed object through its mapping, folds stripes, makes rates and z-scores, " +
        "scores and gates. All values change before each scrape, on the same thread; figures are windows of (change + scrape) minus neighbouring windows of change " +
        "alone, median of the differences, by the thread's CPU clock (scrapes_per_second_per_lmap: wall clock). Learning is over before. Best: best window minus best window.";

    public static Command Create()
    {
        var options = new BenchOptionTable(5);
        var own = new ReadLoopOptionTable();
        var command = new DocumentedCommand("read-loop", "Cost of reading and classifying pods: an LMAP's scrape, back to back.",
            new("microview bench read-loop --pods 8 --metrics 64 --model FD --lmaps 1 --duration 10", "8 pods of 64 metrics, Frequent Directions"),
            new("microview bench read-loop --pods 8 --metrics 64 --model FD --update --json", "every row is absorbed into the sketch as well"),
            new("microview bench read-loop --pods 8 --metrics 64 --model VAE", "the same pods judged by a network"),
            new("microview bench read-loop -p 8 --metrics 100 --sketch-rows 50 --components 12 --update", "with a sketch of 50 rows"));
        options.AddTo(command, own.Pods, own.Metrics, own.Model, own.Lmaps, own.Update, own.Normalize, own.Stripes, own.SketchRows, own.Components);
        BenchRunner.SetAction(command, options, BenchJson.Default.ReadLoopReport, (result, context) => Task.Run(() => Measure(own, result, context)), Print);
        return command;
    }

    private static ReadLoopReport Measure(ReadLoopOptionTable options, ParseResult result, BenchContext context)
    {
        var (pods, lmaps) = (result.GetValue(options.Pods), result.GetValue(options.Lmaps));
        if (lmaps > pods)
            throw new UserException($"--lmaps {lmaps}: each LMAP needs a pod, and there are {pods}", ExitCode.Usage);
        var setting = options.Setting(result);
        if (lmaps > context.Cores.Allowed.Length)
            BenchContext.Tell($"{lmaps} LMAPs on {context.Cores.Allowed.Length} cores: they take turns, and the wall-clock figure falls");
        BenchContext.Tell("learning and warming up");
        using var barrier = new Barrier(lmaps);
        var order = context.Cores.Allowed.OrderBy(core => core != context.Cores.Measuring).ToArray();
        var loops = Enumerable.Range(0, lmaps).Select(i => new ReadLoop(setting with { Pods = pods / lmaps + (i < pods % lmaps ? 1 : 0) }, i)).ToArray();
        Parallel(loops, loop => BenchCores.RunOn(order[loop.Index % order.Length], () => loop.Run(context, barrier)));
        double Mean(Func<ReadLoop, double> figure) => loops.Average(figure);
        return new()
        {
            Method = Method,
            Machine = BenchMachine.Describe(context.Cores),
            Pods = pods,
            Metrics = setting.Metrics,
            Model = setting.Analysis.Detector.Model,
            Normalize = setting.Analysis.Detector.Normalization == Normalization.Unit ? "unit" : "none",
            Lmaps = lmaps,
            Stripes = setting.Stripes,
            Update = setting.Analysis.UpdateOnline,
            DurationSeconds = Mean(loop => loop.Seconds),
            Windows = loops.Sum(loop => loop.Cpu.Count),
            ScrapesPerSecondPerLmap = Mean(loop => 1e9 / loop.Wall.Median),
            ScrapesPerCpuSecond = Mean(loop => 1e9 / loop.Cpu.Median),
            NsCpuPerPodVector = Mean(loop => loop.Cpu.Median / loop.Pods),
            BestNsCpuPerPodVector = Mean(loop => (loop.Both.Best - loop.Change.Best) / loop.Pods),
            NsCpuPerPodChangeAndScrape = Mean(loop => loop.Both.Median / loop.Pods),
            NsCpuPerPodChange = Mean(loop => loop.Change.Median / loop.Pods),
        };
    }

    /// <summary>One thread each, all at once; the first failure is thrown.</summary>
    private static void Parallel(ReadLoop[] loops, Action<ReadLoop> run)
    {
        var tasks = loops.Select(loop => Task.Factory.StartNew(() => run(loop), TaskCreationOptions.LongRunning)).ToArray();
        try
        {
            Task.WaitAll(tasks);
        }
        catch (AggregateException failures)
        {
            var first = failures.InnerExceptions.FirstOrDefault(failure => failure is not BarrierPostPhaseException) ?? failures;
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
        }
    }

    private static void Print(ReadLoopReport report, TextWriter output)
    {
        var table = new BenchTable($"{report.Model}{(report.Update ? " with update" : "")}, {report.Pods} pods × {report.Metrics} metrics, {report.Lmaps} LMAP{(report.Lmaps == 1 ? "" : "s")}", "median", "best");
        table.Add("CPU per pod vector, ns", BenchTable.Figure(report.NsCpuPerPodVector), BenchTable.Figure(report.BestNsCpuPerPodVector));
        table.Add("  change and scrape, ns", BenchTable.Figure(report.NsCpuPerPodChangeAndScrape));
        table.Add("  change alone, ns", BenchTable.Figure(report.NsCpuPerPodChange));
        table.Add("scrapes per second and LMAP", BenchTable.Figure(report.ScrapesPerSecondPerLmap));
        table.Add("scrapes per CPU second", BenchTable.Figure(report.ScrapesPerCpuSecond));
        table.WriteTo(output);
        BenchTable.WriteNotes(output, report.Method, report.Machine);
    }
}

/// <summary>The options of `bench read-loop`.</summary>
internal sealed class ReadLoopOptionTable
{
    public Option<int> Pods { get; } = Kinds.Count("--pods", "P", "Pods, shared out among the LMAPs", 8, 1, 10_000, null, "-p");

    public Option<int> Metrics { get; } = Kinds.Count("--metrics", "M", "Metrics per pod: half counters, half gauges", 64, 1, 16_384);

    public Option<string> Model { get; } = AgentOptions.Model("FD");

    public Option<int> Lmaps { get; } = Kinds.Count("--lmaps", "L", "LMAPs, a thread each", 1, 1, 256, null, "-l");

    public Option<bool> Update { get; } = Kinds.Flag("--update", "Absorb every row into the sketch [default: score only]");

    public Option<string> Normalize { get; } = AgentOptions.Normalize();

    public Option<int> Stripes { get; } = Kinds.Number("--stripes", "S", "Stripes of a pod's object: 1 as batch writers have it, 2 or 4 as the client library on as many cores", 1, "1, 2, 4 or 8",
        (string text, out int value) => int.TryParse(text, out value) && value is 1 or 2 or 4 or 8, null);

    public Option<int> SketchRows { get; } = Kinds.Count("--sketch-rows", "L", "Rows of the sketch, ℓ; 0: the square root of the metrics", 0, 0, 4096);

    public Option<int> Components { get; } = Kinds.Count("--components", "K", "Directions taken as normal, k; 0: as many as the sketch has rows", 0, 0, 4096);

    /// <exception cref="UserException">The settings do not fit together.</exception>
    public ReadLoopSetting Setting(ParseResult result)
    {
        var update = result.GetValue(Update);
        var model = result.GetValue(Model)!;
        var metrics = result.GetValue(Metrics);
        var analysis = new AnalyzerOptions
        {
            MinRows = 200,
            MinSeconds = 0,
            UpdateOnline = update,
            Detector = new()
            {
                Model = model,
                // What the weights are costs nothing: a network without training takes the time of one with.
                Vae = model == "VAE" ? VaeModel.Untrained(metrics, seed: 1) : null,
                Normalization = result.GetValue(Normalize) == "unit" ? Normalization.Unit : Normalization.None,
                SketchRows = result.GetValue(SketchRows),
                Components = result.GetValue(Components),
                Eta = update ? 1 : 0,
            },
        };
        var setting = new ReadLoopSetting(result.GetValue(Pods), metrics, result.GetValue(Stripes), analysis);
        if (analysis.Detector.Components > setting.SketchRows)
            throw new UserException($"--components {analysis.Detector.Components}: the sketch has {setting.SketchRows} rows; give more with --sketch-rows", ExitCode.Usage);
        return setting;
    }
}
