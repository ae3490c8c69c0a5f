using System.Globalization;

namespace MicroView.Lab;

/// <summary>What a host agent and a collector are to watch, and how.</summary>
internal sealed record WatchingOptions
{
    /// <summary>Options of `microview host` that say what becomes pods.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    /// <summary>The detector that judges live.</summary>
    public string Model { get; init; } = "RFD";

    /// <summary>Seconds that it learns at least.</summary>
    public required double LearnSeconds { get; init; }

    /// <summary>False alarms that a pod may have a day.</summary>
    public double FalseAlarms { get; init; } = 1;

    /// <summary>Seconds from one reading of the pages to the next.</summary>
    public double ScrapeSeconds { get; init; } = 0.1;

    /// <summary>An application, NAME=PATTERN, and a port of KEDA's scaler for it.</summary>
    public string? Application { get; init; }
}

/// <summary>
/// The real `microview host` and `microview nic`, as processes, as they are deployed: they watch, judge live, record, and offer the autoscaler's signal. Afterwards the recording gives the rows that were judged.
/// </summary>
internal sealed class WatchingMicroview
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly StepContext _context;
    private readonly GroupProcess _host;
    private readonly GroupProcess _collector;
    private readonly string _recording;

    private WatchingMicroview(StepContext context, GroupProcess host, GroupProcess collector, string recording, int kedaPort) =>
        (_context, _host, _collector, _recording, KedaPort) = (context, host, collector, recording, kedaPort);

    /// <summary>Port of KEDA's external scaler on 127.0.0.1; 0 without an application.</summary>
    public int KedaPort { get; }

    /// <summary>The decisions as they were made live: a CSV line per row.</summary>
    public string Decisions => DecisionsIn(_context.Files);

    /// <summary>Folder of the rows that detectors were given, once they are written (<see cref="StopAsync"/>).</summary>
    public string Rows => Path.Combine(_context.Files, "rows");

    public static string DecisionsIn(string folder) => Path.Combine(folder, "decisions.csv");

    /// <summary>Starts both and waits until they work.</summary>
    public static async Task<WatchingMicroview> StartAsync(StepContext context, WatchingOptions options, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(options);
        var program = Programs.Microview();
        var socket = Path.Combine(context.Scratch, "agent.sock");
        var recording = Path.Combine(context.Scratch, "run.mvrec");
        var host = context.Processes.Start(new ProcessPlan("host", CpuRole.Monitor, program, ["host", "--port", Text(FreePort.Take()), "--socket", socket, .. options.Sources])
        {
            Log = Path.Combine(context.Files, "host.log"), Environment = Small,
        });
        await host.WaitForAsync(_ => File.Exists(socket), "the agent listens", s_patience, stop);
        var keda = options.Application is null ? 0 : FreePort.Take();
        string[] signal = options.Application is { } application ? ["--application", application, "--keda-port", Text(keda)] : [];
        var collector = context.Processes.Start(new ProcessPlan("nic", CpuRole.Monitor, program,
            ["nic", "--transport", "shm", "--socket", socket, "--model", options.Model, "--false-alarms", Text(options.FalseAlarms), "--scrape-interval", Text(options.ScrapeSeconds), "--tick", "0", "--learn", Text(options.LearnSeconds), "--prometheus-port", Text(FreePort.Take()),
                "--record", recording, "--decisions", DecisionsIn(context.Files), .. signal])
        {
            Log = Path.Combine(context.Files, "nic.log"), Environment = Small,
        });
        await collector.WaitForAsync(output => output.Contains("/metrics", StringComparison.Ordinal), "an endpoint", s_patience, stop);
        return new WatchingMicroview(context, host, collector, recording, keda);
    }

    /// <summary>Ends both in order, and writes the rows of the run from its recording.</summary>
    public async Task StopAsync(CancellationToken stop)
    {
        foreach (var process in (GroupProcess[])[_collector, _host])
        {
            if (process.HasExited)
                throw process.Failure($"ended early with {process.Code}");
            await process.StopAsync(s_patience, stop);
        }
        // The rows are the same whatever judges them, and nothing judges fastest.
        var replay = await _context.Processes.RunAsync(new ProcessPlan("replay", CpuRole.Other, Programs.Microview(), "nic", "--recording", _recording, "--model", "none", "--rows", Rows)
        {
            Log = Path.Combine(_context.Files, "replay.log"), Environment = Small,
        }, stop);
        if (replay.Code != 0)
            throw replay.Failure($"ended with {replay.Code}");
    }

    // As the launcher starts agents, which must be small.
    private static IReadOnlyDictionary<string, string> Small { get; } = new Dictionary<string, string> { ["DOTNET_GCgen0size"] = "0x200000" };

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
