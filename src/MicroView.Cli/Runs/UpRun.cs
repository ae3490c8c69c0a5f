using System.CommandLine;
using MicroView.Collector;
using MicroView.Host;
using MicroView.Protocol;

namespace MicroView.Cli;

/// <summary>Runs `up`.</summary>
internal static class UpRun
{
    private static readonly TimeSpan s_finest = TimeSpan.FromMilliseconds(10); // of the node sources: their rows cost CPU

    public static async Task<int> RunAsync(UpOptionTable options, ParseResult result, RunContext run)
    {
        var problems = new ProblemList();
        var plan = Read(options, result, problems);
        var taken = new ProblemList();
        PortCheck.Look(taken, "127.0.0.1", plan.Host.RestPort, "--port");
        CollectorChoice.LookAtPorts(plan.Collector, taken);
        problems.ThrowIfAny(taken);
        using var output = new PlainOutput(run.Signals.Stop);
        var plain = result.GetValue(options.Plain) || !Screen.IsSupported;
        var messages = run.Logs.ForUp(plain, run.Debug);

        await using var agent = await HostAgent.StartAsync(plan.Host, run.Loggers, run.Stop);
        using var sources = plan.Sources is null ? null : agent.Watch(plan.Sources, run.Loggers.CreateLogger("MicroView.Host.Sources"));
        using var scrapes = plan.ScrapeIn is null ? null : agent.Scrape(plan.ScrapeIn, run.Loggers.CreateLogger("MicroView.Host.ScrapeIn"));
        var collectorOptions = plan.Collector with { SocketPath = agent.SocketPath, Debug = run.Debug };
        await using var collector = await CollectorService.StartAsync(collectorOptions, run.Loggers, run.Stop);
        if (plain)
            Greet(output, agent, collector, collectorOptions, result.GetValue(options.Sources)!);
        if (sources is not null)
            SourceChoice.TellLater(sources, run.Loggers.CreateLogger("MicroView.Host.Sources"), run.Stop);
        await CollectorView.RunAsync(Environment.MachineName, collector, messages, plain, result.GetValue(options.Duration), collectorOptions.ScrapeInterval, run, output,
            sources is null ? null : () => sources.Statistics.CoresUsed);
        return ExitCode.Success;
    }

    /// <summary>What is to be started, and everything that is wrong with it.</summary>
    public static UpPlan Read(UpOptionTable options, ParseResult result, ProblemList problems)
    {
        var scrape = TimeSpan.FromSeconds(result.GetValue(options.ScrapeInterval));
        var tick = TimeSpan.FromSeconds(result.GetValue(options.Tick));
        var row = Max(Max(scrape, tick), s_finest);
        var host = Host(options, result);
        problems.Add(host.Problems());
        var sources = problems.Try(() => SourceChoice.Read(result.GetValue(options.Sources)!, result.GetValue(options.GroupBy), row, result.GetValue(options.MaxPods)));
        var scrapeIn = problems.Try(() => ScrapeInChoice.Read(options.ScrapeIn, result));
        var before = problems.Lines.Count;
        var models = problems.Try(() => DetectionChoice.ReadModels(result.GetValue(options.Model)!, result.GetValue(options.ModelFile)));
        var hasModel = problems.Lines.Count == before;
        var collector = new CollectorOptions
        {
            Transport = TransportKind.SharedMemory,
            ScrapeInterval = scrape,
            Tick = tick,
            Analysis = DetectionChoice.Read(result.GetValue(options.Model)!, result.GetValue(options.FalseAlarms), result.GetValue(options.Normalize)!, result.GetValue(options.Learn), row.TotalSeconds),
            Models = models,
            WarmStart = result.GetValue(options.WarmStart) == "on",
            RecordInto = result.GetValue(options.Record),
            Samples = problems.Try(() => options.Samples.Read(result)),
            PrometheusPort = result.GetValue(options.PrometheusPort),
            Access = options.Access.Read(result),
            Name = $"up-{Environment.ProcessId}",
            Actions = problems.Try(() => ActionChoice.Read(options.Actions, result, ActionOptionTable.StandardJaegerPort)) ?? new(),
        };
        CollectorChoice.Check(collector, hasModel, problems);
        return new(host, sources, scrapeIn, collector);
    }

    private static HostOptions Host(UpOptionTable options, ParseResult result) => new()
    {
        SocketPath = result.GetValue(options.Socket),
        RestPort = result.GetValue(options.Port),
        MaxPods = result.GetValue(options.MaxPods),
    };

    private static void Greet(PlainOutput output, HostAgent agent, CollectorService collector, CollectorOptions options, string sources)
    {
        output.Line($"MicroView {VersionCommand.Version} on {Environment.MachineName}, {(Machine.IsRoot ? "as root" : $"as uid {Machine.UserId}")}; sources {sources}");
        output.Line($"agent     {agent.SocketPath}{(agent.RestEndpoint is { } rest ? $" and http://{rest}" : "")}");
        output.Line($"endpoint  {(collector.Endpoint is { } endpoint ? new Uri(endpoint, "/metrics") : "none")}");
        if (collector.Endpoint is { } page)
            output.Line($"live page {Here(page)}");
        if (collector.JaegerEndpoint is { } jaeger)
            output.Line($"sampling  {new Uri(jaeger, "/sampling?service=NAME")}{(options.Actions.WritesTraceRates ? ", and in the pods' control words" : "")}");
        var how = options.Models is { } models
            ? $"{models.Count} trained network{(models.Count == 1 ? "" : "s")} from {models.Path}"
            : $"learns each pod for at least {options.Analysis.MinSeconds:0.#} s and {options.Analysis.MinRows} rows before watching it";
        output.Line($"detection {options.Analysis.Detector.Model}, a row each {Math.Max(options.ScrapeInterval.TotalSeconds, options.Tick!.Value.TotalSeconds):0.###} s; {how}");
    }

    /// <summary>What listens everywhere is opened here by a name that the page answers to.</summary>
    private static Uri Here(Uri page) => page.Host is "0.0.0.0" or "[::]" ? new UriBuilder(page) { Host = "localhost" }.Uri : page;

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}

/// <summary>What `up` is to start.</summary>
internal sealed record UpPlan(HostOptions Host, NodeSourceOptions? Sources, ScrapeInOptions? ScrapeIn, CollectorOptions Collector);
