using System.CommandLine;
using MicroView.Collector;
using Microsoft.Extensions.Logging;

namespace MicroView.Cli;

/// <summary>Runs `nic`.</summary>
internal static class NicRun
{
    public static async Task<int> RunAsync(NicOptionTable options, ParseResult result, RunContext run)
    {
        var test = result.GetValue(options.Test);
        var problems = new ProblemList();
        var collectorOptions = Read(options, result, problems) with { Debug = run.Debug };
        var taken = new ProblemList();
        CollectorChoice.LookAtPorts(collectorOptions, taken);
        problems.ThrowIfAny(taken);
        using var output = new PlainOutput(run.Signals.Stop);
        var interactive = result.GetValue(options.Interactive) && Screen.IsSupported;
        var messages = result.GetValue(options.Interactive) ? run.Logs.ForUp(!interactive, run.Debug) : null;
        await using var collector = await CollectorService.StartAsync(collectorOptions, run.Loggers, run.Stop);
        if (test == "setup")
            return await SetupTest.RunAsync(collector, output, run.Stop);
        if (collector.Replay is { } replay)
            ReplayReport.Follow(replay, result.GetValue(options.Stay), run);
        var seconds = result.GetValue(options.Duration);
        if (messages is not null)
            await CollectorView.RunAsync($"nic on {Environment.MachineName}", collector, messages, !interactive, seconds, collector.Options.ScrapeInterval, run, output);
        else
            await WatchAsync(collector, collector.Options, seconds, run);
        return ReplayReport.Print(collector, output);
    }

    private static async Task WatchAsync(CollectorService collector, CollectorOptions options, double? seconds, RunContext run)
    {
        var logger = run.Loggers.CreateLogger("nic");
        logger.LogInformation("Model {Model}, {Lmaps} LMAPs, scrape interval {Interval} s, tick {Tick} s; endpoint {Endpoint}", options.Analysis.Detector.Model,
            options.Lmaps, options.ScrapeInterval.TotalSeconds, options.Tick?.TotalSeconds, collector.Endpoint is { } endpoint ? new Uri(endpoint, "/metrics") : "none");
        collector.BeginReplay();
        await Running.WaitAsync(seconds, run.Stop);
        logger.LogInformation("Stopping{Statistics}", options.StatisticsFolder is { } folder ? $"; statistics of each LMAP in {Path.GetFullPath(folder)}" : "");
    }

    /// <summary>What is to be started, and everything that is wrong with it.</summary>
    public static CollectorOptions Read(NicOptionTable options, ParseResult result, ProblemList problems)
    {
        var test = result.GetValue(options.Test);
        var loop = test == "read_loop";
        var recording = result.GetValue(options.Recording);
        if (recording is not null && test is "setup" or "read_loop")
            problems.Add($"--test {test} reads an agent's pods, and not --recording");
        if (recording is not null && result.GetValue(options.ScrapeInterval) is not null)
            problems.Add("--scrape-interval is the recording's with --recording");
        var scrape = result.GetValue(options.ScrapeInterval) ?? (loop ? 0 : 0.1);
        var tick = result.GetValue(options.Tick) ?? (loop ? 0 : 0.1);
        var model = test == "setup" ? "none" : result.GetValue(options.Model)!;
        var before = problems.Lines.Count;
        var models = test == "setup" ? null : problems.Try(() => DetectionChoice.ReadModels(model, result.GetValue(options.ModelFile)));
        var hasModel = problems.Lines.Count == before;
        var read = new CollectorOptions
        {
            RecordInto = result.GetValue(options.Record),
            Samples = problems.Try(() => options.Samples.Read(result)),
            Recording = recording,
            ReplaySpeed = result.GetValue(options.ReplaySpeed) ?? (result.GetValue(options.Interactive) ? 1 : 0),
            DecisionsFile = result.GetValue(options.Decisions),
            RowsFolder = result.GetValue(options.Rows),
            SocketPath = result.GetValue(options.Socket),
            ControlPlane = result.GetValue(options.ControlPlane),
            ControlPlaneAuthorities = result.GetValue(options.ControlPlaneAuthorities),
            Transport = result.GetValue(options.Transport) switch
            {
                "shm" => TransportKind.SharedMemory, "verbs" => TransportKind.Verbs, "recording" => TransportKind.Recording, _ => TransportKind.Auto,
            },
            Device = result.GetValue(options.Device),
            GidIndex = result.GetResult(options.Gid) is { Implicit: false } ? result.GetValue(options.Gid) : null,
            DevicePort = result.GetValue(options.IbPort),
            ScrapeInterval = TimeSpan.FromSeconds(scrape),
            Tick = TimeSpan.FromSeconds(tick),
            Lmaps = result.GetValue(options.Lmaps),
            Models = models,
            WarmStart = result.GetValue(options.WarmStart) == "on",
            Analysis = Detection(options, result, model, Math.Max(scrape, tick)),
            Cores = result.GetValue(options.Pin) ? Cores(result.GetValue(options.Lmaps)) : [],
            PrometheusPort = Port(options, result, test),
            StatisticsFolder = result.GetValue(options.StatsDirectory) ?? (loop ? "." : null),
            StatisticsPeriod = TimeSpan.FromSeconds(result.GetValue(options.StatsInterval)),
            Token = problems.Try(() => TokenChoice.Read(result.GetValue(options.TokenFile))),
            TraceRate = result.GetValue(options.TraceRate),
            Actions = problems.Try(() => ActionChoice.Read(options.Actions, result, standardJaegerPort: null)) ?? new(),
            Access = options.Access.Read(result),
        };
        CollectorChoice.Check(read, hasModel, problems);
        if (read.IsReplay)
            return problems.Lines.Count == 0 ? Replay(options, result, read) : read;
        // An agent elsewhere may come later than its collector; the log says what is wrong meanwhile.
        return read.IsVerbs && test != "setup" ? read with { AgentWait = Timeout.InfiniteTimeSpan } : read;
    }

    /// <summary>How many rows are learnt goes by how often the recording has one.</summary>
    private static CollectorOptions Replay(NicOptionTable options, ParseResult result, CollectorOptions read)
    {
        var recorded = RecordingInfo.Read(read.Recording!);
        var tick = result.GetValue(options.Tick) is { } chosen ? TimeSpan.FromSeconds(chosen) : recorded.Tick;
        return read with { Tick = tick, Analysis = Detection(options, result, result.GetValue(options.Model)!, Math.Max(recorded.ScrapeInterval.TotalSeconds, tick.TotalSeconds)) };
    }

    private static Analysis.AnalyzerOptions Detection(NicOptionTable options, ParseResult result, string model, double rowSeconds) =>
        DetectionChoice.Read(model, result.GetValue(options.FalseAlarms), result.GetValue(options.Normalize)!, result.GetValue(options.Learn), rowSeconds);

    /// <summary>Tests that only read have an endpoint when it is asked for, so that several can run side by side.</summary>
    private static int? Port(NicOptionTable options, ParseResult result, string? test)
    {
        var chosen = result.GetResult(options.PrometheusPort) is { Implicit: false };
        return !chosen && test is ("read_loop" or "setup") ? null : result.GetValue(options.PrometheusPort);
    }

    /// <summary>The last cores first: interrupts and most else live on the first.</summary>
    private static int[] Cores(int lmaps) => [.. Enumerable.Range(0, lmaps).Select(i => Environment.ProcessorCount - 1 - i % Environment.ProcessorCount)];
}
