namespace MicroView.Lab;

/// <summary>Sec. 6.3: which traces are kept, and how many of those that are worth it.</summary>
internal sealed class TracingFigure : IFigure
{
    private const int Repetitions = 3;

    public string Name => "tracing";

    public string Title => "Slow and failed traces that are kept, against the share of traces kept";

    public string Section => "Sec. 6.3, Fig. 6/7";

    public IReadOnlyList<string> Differences { get; } =
    [
        "HotelReservation is `samples/Hotel`: eight services of our own in DeathStarBench's shape and numbers, HTTP with JSON instead of Thrift or gRPC, PostgreSQL instead of MongoDB (which Debian does not have), one redis instead of a memcached per service.",
        "One machine instead of two: application, load, stress and monitor share its cores.",
        "Each service has a CPU limit of half a core, as containers have: stress uses it up in the service's cgroup. The artifact's containers have none.",
        "Memory bandwidth, cache and disk are stressed by stress-ng; the artifact has FIRM's programs and sysbench for these three.",
        "Detectors see MicroView's rows: the services' own instruments and their cgroups. The paper's see cAdvisor's metrics, scraped by Prometheus.",
        "Detectors are given what tells of work (rates, durations, waiting, throttling). Levels (memory, connections, pools) are left out by their names: one that moved in a fault stays where it is, and its alarm with it, long after the calls are fast again. That choice was made after a look at an earlier run, which is none of those that come with this program. `all metrics` is with them; so is the deployed control word, which is `microview up` as it is.",
        "A trace is worth keeping if it is slower than mean + 3 standard deviations of its operation in the quiet time, or if a call in it failed.",
        "Curves are label-free: thresholds are percentiles of the scores of the quiet time. What was chosen by labels, as in the artifact, stands apart; nobody who runs a service has such labels.",
        "RFD, the latency trigger and the deployed control word are not in the paper. The control word is as `microview up` set it during the run (base rate 1 %, held 2 s after an alarm).",
        "`held and 2 s back` stands for an application that holds each trace for 2 s before it drops it, so that the traces which an anomaly began with are kept too. MicroView's sampler decides at a trace's start and cannot do that.",
        "Kubernetes, Online Boutique and Sock Shop are not run. `lab traces evaluate` does the same for any data set with traces.",
    ];

    public IReadOnlyList<FigureStep> Plan(FigureOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var models = options.Pick("RFD,FD,VAE,TH", "RFD,FD,VAE,TH", "RFD,TH");
        if (options.Scale == FigureScale.Full)
        {
            var profile = CollectProfile.Find("dsbhotel-long")!;
            return [.. Enumerable.Range(options.Seed, Repetitions).Select(seed => new FigureStep($"run-{seed}", $"{profile.Name}, seed {seed}", profile.WarmUpSeconds + profile.Seconds + 300,
                new Dictionary<string, string> { ["kind"] = "live", ["profile"] = profile.Name, ["seed"] = $"{seed}", ["models"] = models }))];
        }
        return [.. TracingRecording.Names.Take(options.Pick(0, int.MaxValue, 1)).Select(name => new FigureStep(name, $"recorded run {name}", options.Pick(0, 60, 10),
            new Dictionary<string, string> { ["kind"] = "recording", ["seed"] = $"{options.Seed}", ["models"] = models }))];
    }

    public async Task RunAsync(FigureStep step, StepContext context, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(step);
        ArgumentNullException.ThrowIfNull(context);
        var folder = Path.Combine(context.Files, "experiment");
        if (step["kind"] == "live")
            await new HotelCollect(CollectProfile.Find(step["profile"])!, (ulong)step.Count("seed"), folder, context.Scratch, context.Processes, context.Left, _ => { }).RunAsync(stop);
        else
            TracingRecording.Extract(step.Id, folder);
        var points = TracingAnalysis.Of(folder, step["models"].Split(','), (ulong)step.Count("seed"), stop);
        TracingPoint.Write(context.Csv, points);
        Directory.Delete(step["kind"] == "recording" ? folder : Path.Combine(folder, "work"), recursive: true);
    }

    public void Draw(FigureFolder folder, FigureReport report) => TracingDrawing.Draw(folder, report);
}
