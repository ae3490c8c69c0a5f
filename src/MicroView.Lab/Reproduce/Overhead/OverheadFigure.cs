using System.Globalization;

namespace MicroView.Lab;

/// <summary>Sec. 2: what it costs to generate and to ingest container metrics.</summary>
internal sealed class OverheadFigure : IFigure
{
    public static IReadOnlyList<OverheadSystem> Systems { get; } =
        [OurSystems.Scraped, OurSystems.Collected, OurSystems.Instrumented, PeerSystems.NodeExporter, PeerSystems.ProcessExporter, PeerSystems.Netdata, PeerSystems.Cadvisor];

    public string Name => "overhead";

    public string Title => "CPU cores and network to generate and ingest container metrics";

    public string Section => "Sec. 2, Fig. 2";

    public IReadOnlyList<string> Differences { get; } =
    [
        "Containers are cgroups with one process each, which computes a little every second; no container runtime, and no image, network or file system of their own.",
        "The paper measures cAdvisor with Prometheus on a server of its own. Here Debian's exporters stand beside MicroView, and cAdvisor where its program is on PATH; containers and all that watches them share this machine's cores. All systems run side by side, unless that is said below, and are measured in the same seconds, each by the CPU time of its own processes.",
        "`up` samples its sources as often as it ingests, but no more often than its tick (100 ms unless told otherwise), and below a second only the 50 busiest containers so often: its points at 100 ms and 10 ms tell what faster ingestion adds. Instrumented pods generate at every interval.",
        "node-exporter tells of the machine as a whole and not of containers; process-exporter tells of the processes in them. Both read the kernel when they are scraped, so for them the two intervals are one.",
        "netdata runs with its cgroups plugin alone, without machine learning, health checks and disk: its cheapest form.",
        "Series per container differ from system to system; the table has them. MicroView also detects anomalies in every row. Where it takes longer than the warm-up to learn (60 rows), that is the cost of learning.",
        "Network is what goes between endpoint and Prometheus over HTTP, both ways, without TCP and IP headers. MicroView's own collector reads shared memory, so there is none; over RDMA it would read 8 bytes per metric and 64 per pod.",
        "Instrumented pods live in one generator process, which writes each through one handle (`MetricRow`); its CPU time, runtime included, counts as generation.",
    ];

    public IReadOnlyList<FigureStep> Plan(FigureOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var steps = new List<FigureStep>();
        foreach (var containers in options.Pick<int[]>([1, 10, 100, 1000], [10, 100], [3]))
        {
            (double Generation, double Ingestion)[] intervals = options.Pick<(double, double)[]>(
                [(0.01, 0.01), (0.1, 0.1), (1, 1), (1, 10), (1, 60), (10, 10), (10, 60), (60, 60)], containers == 100 ? [(0.1, 0.1), (1, 1)] : [(1, 1)], [(1, 1)]);
            foreach (var (generation, ingestion) in intervals)
                steps.Add(Step(options, containers, generation, ingestion));
        }
        return steps;
    }

    public async Task RunAsync(FigureStep step, StepContext context, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(step);
        ArgumentNullException.ThrowIfNull(context);
        var version = await ContainerGroup.StartAsync(step.Count("containers"), context, stop);
        var setting = new OverheadSetting(step.Count("containers"), step.Number("generation"), step.Number("ingestion"), version, step.Number("warm_up"), step.Number("seconds"));
        OverheadSystem[] systems = [.. Systems.Where(system => system.Takes(setting.Generation, setting.Ingestion) && IsHere(system, setting, context))];
        await OverheadMeasurement.RunAsync(systems, setting, context, stop);
    }

    public void Draw(FigureFolder folder, FigureReport report) => OverheadDrawing.Draw(folder, report);

    private static bool IsHere(OverheadSystem system, OverheadSetting setting, StepContext context)
    {
        var installed = system.Program is null || Programs.Find(system.Program) is not null;
        if (!installed)
            context.Note($"{system.Name} is not installed here and left out{(system.Package is { } package ? $" (Debian's package {package})" : "")}.");
        if (!installed || setting.CgroupVersion > 0 || system.Name != "netdata")
            return installed;
        context.Note("netdata knows containers by their cgroups, of which there are none here, and is left out.");
        return false;
    }

    private static FigureStep Step(FigureOptions options, int containers, double generation, double ingestion)
    {
        // Three collections at least, and pods that have been learnt where that takes a minute.
        var (warmUp, seconds) = options.Pick((Math.Max(80, ingestion), Math.Max(30, 3 * ingestion)), (75, 15), (3, 3));
        var rounds = OverheadRounds.IsCrowded(containers, ingestion, Environment.ProcessorCount) ? 1 + Systems.Count(system => !system.IsOurs && system.Takes(generation, ingestion)) : 1;
        return new($"containers_{containers}_{Interval(generation)}_{Interval(ingestion)}", $"{containers} containers, generated every {Interval(generation)}, ingested every {Interval(ingestion)}",
            (warmUp + seconds + 10) * rounds + containers / 20.0,
            new Dictionary<string, string>
            {
                ["containers"] = Text(containers), ["generation"] = Text(generation), ["ingestion"] = Text(ingestion), ["warm_up"] = Text(warmUp), ["seconds"] = Text(seconds),
            });
    }

    /// <summary>"100ms", "1s", "1min".</summary>
    public static string Interval(double seconds) => seconds < 1 ? $"{Text(seconds * 1000)}ms" : seconds < 60 ? $"{Text(seconds)}s" : $"{Text(seconds / 60)}min";

    private static string Text(double number) => Math.Round(number, 6).ToString(CultureInfo.InvariantCulture);
}
