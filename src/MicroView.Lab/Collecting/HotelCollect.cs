using System.Globalization;

namespace MicroView.Lab;

/// <summary>Runs an experiment: samples/Hotel, load, anomalies and MicroView beside them; leaves the artifact's experiment folder.</summary>
/// <param name="profile">What is run.</param>
/// <param name="seed">Of requests and anomalies.</param>
/// <param name="folder">The experiment's folder.</param>
/// <param name="scratch">A folder with a short path, for sockets and what is not kept.</param>
/// <param name="group">Where processes are started.</param>
/// <param name="left">Is told what the application makes, for when it cannot remove it itself.</param>
/// <param name="tell">One line per stage.</param>
internal sealed class HotelCollect(CollectProfile profile, ulong seed, string folder, string scratch, ProcessGroup group, Leftovers left, Action<string> tell)
{
    public const string TracesFolder = "traces";
    public const string LatencyFile = "latency.csv";
    public const string LoadFileName = "dsb_hotel.json";
    public const string InjectorFileName = "injector.yaml";

    private const string Recording = "rows.mvrec", TraceHold = "2", BaseRate = "0.01";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(180), s_endPatience = TimeSpan.FromSeconds(60);
    private static readonly string[] s_services = ["frontend", "search", "geo", "rate", "profile", "recommendation", "user", "reservation"];

    private string _hotel = "", _microview = "";

    private string Application => Path.Combine(folder, TracesFolder, "spans");

    private string Socket => Path.Combine(scratch, "agent.sock");

    /// <summary>What is measured of the run besides the folder.</summary>
    public async Task<ExperimentTimes> RunAsync(CancellationToken stop)
    {
        Directory.CreateDirectory(Path.Combine(folder, TracesFolder));
        // What has to be built is built before anything is measured.
        (_hotel, _microview) = (Programs.Sample("Hotel"), Programs.Microview());
        Programs.Require("stress-ng", "stress-ng");
        var hotel = StartHotel();
        // It removes these itself, unless it is killed.
        var own = $"microview-hotel-{hotel.Id}";
        left.AddPath(Path.Combine(Path.GetTempPath(), own));
        left.AddCgroups([.. CgroupTree.Mounts(File.ReadLines("/proc/self/mountinfo")).Select(mount => Path.Combine(mount, own))]);
        DateTime started;
        try
        {
            await hotel.WaitForAsync(output => output.Contains("hotel: up at", StringComparison.Ordinal), "the application answers", s_patience, stop);
            started = await MeasureAsync(stop);
        }
        finally
        {
            // It knows best how to end: also when something else has failed.
            await hotel.StopAsync(s_endPatience, CancellationToken.None);
        }
        var times = new ExperimentTimes(profile.Name, seed, Text(started), Text(started.AddSeconds(profile.QuietSeconds)), Text(started.AddSeconds(profile.Seconds)), profile.RowSeconds);
        await CollectAsync(times, stop);
        times.WriteTo(folder);
        return times;
    }

    /// <summary>Load, monitor and anomalies.</summary>
    /// <returns>When the recording began.</returns>
    private async Task<DateTime> MeasureAsync(CancellationToken stop)
    {
        var load = StartLoad(await PlaceAsync(stop));
        tell(FormattableString.Invariant($"the application is up and warms up for {profile.WarmUpSeconds} s"));
        await WaitAsync(profile.WarmUpSeconds, load, stop);
        var started = DateTime.UtcNow;
        var monitor = StartMonitor();
        var injector = StartInjector();
        tell(FormattableString.Invariant($"recording for {profile.Seconds} s, the first {profile.QuietSeconds} s without anomalies"));
        await WaitAsync(profile.Seconds, load, stop);
        await load.StopAsync(s_endPatience, stop);
        await injector.StopAsync(s_endPatience, stop);
        await monitor.StopAsync(s_endPatience, stop);
        foreach (var process in (GroupProcess[])[load, injector, monitor])
            if (process.Code is not (0 or 130 or 143))
                throw process.Failure($"ended with {process.Code}");
        return started;
    }

    private GroupProcess StartHotel() => group.Start(new("hotel", CpuRole.Application, _hotel, "up", "--out", Application, "--traces", "all",
        "--cores", Text(CollectProfile.Cores), "--limit-after", Text(0.7 * profile.WarmUpSeconds))
    {
        Environment = new Dictionary<string, string> { ["MICROVIEW_SOCKET"] = Socket }, Log = Path.Combine(folder, "application.log"), HasChildren = true,
    });

    /// <summary>Where the frontend answers.</summary>
    private async Task<string> PlaceAsync(CancellationToken stop)
    {
        TargetFile? read;
        await using (var file = File.OpenRead(Path.Combine(Application, "hotel.json")))
            read = await System.Text.Json.JsonSerializer.DeserializeAsync(file, LabJson.Default.TargetFile, stop);
        return read?.Url ?? throw new LabException($"{Application}/hotel.json names no url", ExitCode.Failed);
    }

    private GroupProcess StartLoad(string url)
    {
        var file = Path.Combine(folder, LoadFileName);
        profile.Load(url).Write(file);
        // Longer than is recorded, however late a busy machine starts the rest: it is told to stop.
        // What is meant to be the cause must not be what is late.
        string[] first = Environment.IsPrivilegedProcess && Programs.Find("nice") is { } nice ? [nice, "-n", "-10", Lab] : [Lab];
        return group.Start(new("load", CpuRole.LoadGenerator, first[0], [.. first[1..], "load", "--config", file, "--outfile", Path.Combine(folder, TracesFolder, LatencyFile), "--warm-up", Text(profile.WarmUpSeconds),
            "--duration", Text(profile.Seconds + 120), "--seed", Text(seed)]) { Log = Path.Combine(folder, "loadgen.log"), EndsByItself = true });
    }

    private GroupProcess StartMonitor()
    {
        var learn = 0.9 * profile.QuietSeconds;
        return group.Start(new("microview", CpuRole.Monitor, _microview, "up", "--plain", "--sources", "cgroups", "--scrape-interval", Text(CollectProfile.LiveSeconds), "--tick", Text(CollectProfile.LiveSeconds),
            "--learn", Text(learn), "--application", $"hotel={string.Join(',', s_services)}", "--trace-sampling", "on", "--trace-base-rate", BaseRate, "--trace-hold", TraceHold, "--jaeger-port", "off",
            "--record", Path.Combine(scratch, Recording), "--socket", Socket, "--port", Text(Testbed.FreePort()), "--prometheus-port", "0")
        {
            Log = Path.Combine(folder, "microview.log"), Environment = Testbed.AgentEnvironment,
        });
    }

    private GroupProcess StartInjector()
    {
        var file = Path.Combine(folder, InjectorFileName);
        ResultFile.Write(file, text => text.Write(profile.Injector()));
        return group.Start(new("inject", CpuRole.Other, Lab, "inject", "--config", file, "--application", Path.Combine(Application, "hotel.json"), "--output", Path.Combine(folder, FaultFile.Name), "--seed", Text(seed))
        {
            // A run that is stopped kills it: what it works in goes with the run's own folder then.
            Log = Path.Combine(folder, "anomalies.log"), HasChildren = true, EndsByItself = true, Environment = new Dictionary<string, string> { ["TMPDIR"] = scratch },
        });
    }

    private static async Task WaitAsync(double seconds, GroupProcess load, CancellationToken stop)
    {
        for (var watch = System.Diagnostics.Stopwatch.StartNew(); watch.Elapsed.TotalSeconds < seconds; await Task.Delay(200, stop))
            if (load.HasExited)
                throw load.Failure($"ended with {load.Code} before its time");
    }

    /// <summary>Out of the recording the rows of detectors, out of the spans traces.</summary>
    private async Task CollectAsync(ExperimentTimes times, CancellationToken stop)
    {
        tell("collecting rows and traces");
        var rows = Path.Combine(scratch, "rows");
        var replay = await group.RunAsync(new("replay", CpuRole.Other, _microview, "nic", "--recording", Path.Combine(scratch, Recording), "--rows", rows, "--tick", Text(profile.RowSeconds)) { Log = Path.Combine(folder, "replay.log") }, stop);
        if (replay.Code != 0)
            throw replay.Failure($"ended with {replay.Code}");
        var (start, until, end) = (ExperimentTimes.Ns(times.Start), ExperimentTimes.Ns(times.TrainUntil), ExperimentTimes.Ns(times.End));
        RowJoin.Write(rows, folder, s_services, start, until);
        var traces = SpanJoin.Write(Application, Path.Combine(folder, TraceDownload.FileName), start, end);
        foreach (var file in Directory.EnumerateFiles(Application, "*.json"))
            File.Delete(file);
        tell($"{traces} traces, {FaultFile.ReadFrom(folder).Count} faults in {folder}");
    }

    private static string Lab => Path.Combine(AppContext.BaseDirectory, "microview-lab");

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(DateTime time) => CsvTime.Format((time - DateTime.UnixEpoch).Ticks * 100);
}
