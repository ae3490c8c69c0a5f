using System.Diagnostics;
using System.Globalization;

namespace MicroView.Lab;

/// <summary>How a Redis is run and watched. Times are seconds. Immutable.</summary>
internal sealed record RedisPlan
{
    /// <summary>Without faults, to learn from.</summary>
    public required double QuietSeconds { get; init; }

    /// <summary>All in all.</summary>
    public required double Seconds { get; init; }

    /// <summary>From row to row.</summary>
    public required double RowSeconds { get; init; }

    /// <summary>From a sample to the next while nothing is anomalous; the paper's is 30 s.</summary>
    public required double BaselineSeconds { get; init; }

    public required double FaultSeconds { get; init; }

    /// <summary>Without faults between two.</summary>
    public required double PauseSeconds { get; init; }

    public required int Seed { get; init; }

    public IReadOnlyDictionary<string, string> Parameters => new Dictionary<string, string>
    {
        ["quiet_seconds"] = Text(QuietSeconds), ["seconds"] = Text(Seconds), ["row_seconds"] = Text(RowSeconds), ["baseline_seconds"] = Text(BaselineSeconds),
        ["fault_seconds"] = Text(FaultSeconds), ["pause_seconds"] = Text(PauseSeconds), ["commands_per_second"] = Text(RedisLoad.Rate),
    };

    public static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>
/// A real Redis under load and faults, watched by a real MicroView: INFO by scrape-in, the process by node sources. Leaves a <see cref="RedisRecording"/>.
/// </summary>
internal static class RedisRun
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    public static async Task<RedisRecording> ExecuteAsync(RedisPlan plan, StepContext context, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(context);
        var before = Process.GetCurrentProcess().TotalProcessorTime;
        var port = FreePort.Take();
        var others = new OtherWork(context);
        await StartRedisAsync(context, await VersionAsync(context, stop), port, stop);
        var faults = new RedisFaults(port, context.Processes);
        faults.Rehearse();
        RedisLoad.Fill(port);
        using var load = new RedisLoad(port, plan.Seed);
        using var info = new RedisExposition(port);
        using var endpoint = new DocumentEndpoint(info.Ask);
        await Task.Delay(TimeSpan.FromSeconds(Math.Min(30, plan.QuietSeconds / 3)), stop); // until as many keys expire as come
        var microview = await WatchingMicroview.StartAsync(context, new WatchingOptions
        {
            Sources = ["--sources", "processes", "--scrape", $"redis={endpoint.Address}", "--scrape-in-interval", RedisPlan.Text(plan.RowSeconds)],
            LearnSeconds = 0.8 * plan.QuietSeconds, ScrapeSeconds = plan.RowSeconds,
        }, stop);
        var done = await DoFaultsAsync(plan, faults, load, stop);
        context.Processes.Account(CpuRole.LoadGenerator, (Process.GetCurrentProcess().TotalProcessorTime - before).TotalSeconds);
        others.Tell("the live run");
        await microview.StopAsync(stop);
        return RedisRecording.Keep(microview, $"127.0.0.1_{endpoint.Address.Port}_metrics", ProcessName(), done, plan.QuietSeconds, context.Files);
    }

    /// <summary>As the node source calls it: by the executable, which Debian's redis-server is a link to.</summary>
    private static string ProcessName()
    {
        var program = Programs.Require("redis-server", "redis-server");
        return Path.GetFileName(File.ResolveLinkTarget(program, returnFinalTarget: true)?.FullName ?? program);
    }

    private static async Task<Version> VersionAsync(StepContext context, CancellationToken stop)
    {
        var asked = await context.Processes.RunAsync(new ProcessPlan("version", CpuRole.Other, Programs.Require("redis-server", "redis-server"), "--version"), stop);
        context.Version("redis", asked.Output.Trim());
        var word = asked.Output.Split(' ').FirstOrDefault(word => word.StartsWith("v=", StringComparison.Ordinal));
        return Version.TryParse(word?[2..], out var version) ? version : new(0, 0);
    }

    private static async Task StartRedisAsync(StepContext context, Version version, int port, CancellationToken stop)
    {
        // A title of its own would be written over its environment, and with it over the mark of the run.
        string[] title = version >= new Version(6, 2) ? ["--set-proc-title", "no"] : [];
        var server = context.Processes.Start(new ProcessPlan("redis-server", CpuRole.Application, Programs.Require("redis-server", "redis-server"),
            ["--port", RedisPlan.Text(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", context.Scratch, "--maxclients", "1000", .. title]));
        await server.WaitForAsync(output => output.Contains("Ready to accept connections", StringComparison.Ordinal), "it takes connections", s_patience, stop);
    }

    private static async Task<List<Fault>> DoFaultsAsync(RedisPlan plan, RedisFaults faults, RedisLoad load, CancellationToken stop)
    {
        var done = new List<Fault>();
        var watch = Stopwatch.StartNew();
        foreach (var fault in RedisFaults.Plan(plan.QuietSeconds, plan.Seconds, plan.FaultSeconds, plan.PauseSeconds, plan.Seed))
        {
            await UntilAsync(fault.Start);
            var start = Now();
            await faults.DoAsync(fault, stop);
            done.Add(new Fault(start, Now(), "redis", null, fault.Kind.ToString()));
            if (load.Failure is { } failure)
                throw new LabException($"the load on redis ended: {failure.Message}", ExitCode.Failed);
        }
        await UntilAsync(plan.Seconds);
        return done;

        async Task UntilAsync(double seconds)
        {
            if (TimeSpan.FromSeconds(seconds) - watch.Elapsed is var left && left > TimeSpan.Zero)
                await Task.Delay(left, stop);
        }
    }

    private static long Now() => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
}
