using System.Globalization;
using System.Text.Json;

namespace MicroView.Lab;

/// <summary>Sec. 6.1 and 6.2: how fast an LMAP scrapes, and how fast the endpoint answers.</summary>
internal sealed class MicroFigure : IFigure
{
    private const string Network = "network.vae";

    public string Name => "micro";

    public string Title => "Scrapes per second of an LMAP, and requests per second of its endpoint";

    public string Section => "Sec. 6.1/6.2, Fig. 5a/5b";

    public IReadOnlyList<string> Differences { get; } =
    [
        "One machine and shared memory instead of a server and a BlueField-2 over RDMA: nothing here is a network, and a scrape costs no PCIe transfer.",
        "Generator, agent and collector share this machine's cores; each step says what each of them took.",
        "All pods live in one generator process; the artifact starts a process per pod. In the read loop it writes all metrics as fast as it goes, in Prometheus mode 100 rows a second.",
        "Pods × metrics of 8 bytes are read, not of 64: names are not in the pages.",
        "RFD and `none` are not in the paper. VAE is a network trained on the generator's own rows; the artifact trains on synthetic ones.",
        "Prometheus mode detects as well; in the artifact the endpoint excludes detection. The series `none` comes closest to it.",
        "CPU per pod vector comes from `microview bench read-loop`, which passes time in and changes every value before each scrape, on one thread.",
    ];

    public IReadOnlyList<FigureStep> Plan(FigureOptions options) => MicroPlan.Steps(options);

    public Task RunAsync(FigureStep step, StepContext context, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(step);
        ArgumentNullException.ThrowIfNull(context);
        return step["kind"] switch
        {
            MicroPlan.Train => TrainAsync(step, context, stop),
            MicroPlan.Cost => CostAsync(step, context, stop),
            _ => RunTestbedAsync(step, context, stop),
        };
    }

    public void Draw(FigureFolder folder, FigureReport report) => MicroDrawing.Draw(folder, report);

    private static async Task RunTestbedAsync(FigureStep step, StepContext context, CancellationToken stop)
    {
        var plan = new TestbedPlan
        {
            Pods = step.Count("pods"), Metrics = step.Count("metrics"), Lmaps = step.Count("lmaps"), Model = step["model"], Test = step["test"], WarmUp = step.Number("warm_up"),
            Duration = step.Number("duration"), Window = step.Number("window"), Rate = step.Number("rate"), Folder = context.Files,
            ModelFile = step["model"] == "VAE" ? Path.Combine(context.Folder.Files(MicroPlan.TrainId(step.Count("metrics"))), Network) : null,
        };
        if (plan.ModelFile is { } network && !File.Exists(network))
            throw new LabException($"{network}: the trained network is missing; measure all anew with --force", ExitCode.Failed);
        var run = await Testbed.RunAsync(plan, context.Processes, context.Scratch, stop);
        context.Csv.WriteRow("label", "pods", "metrics", "lmaps", "model", "test", "lmap", "window", "per_second", "p50_ms", "p90_ms", "p99_ms", "collector_cores");
        double Latency(double percentile) => run.Percentiles.GetValueOrDefault(percentile, double.NaN);
        foreach (var (lmap, windows) in run.Rates.Index())
            foreach (var (window, rate) in windows.Index())
                context.Csv.WriteRow(step.Id, plan.Pods, plan.Metrics, plan.Lmaps, plan.Model, plan.Test, lmap, window, rate, Latency(50), Latency(90), Latency(99), run.CollectorCpuShare);
    }

    /// <summary>Records rows of a generated pod, and trains on them as a user would.</summary>
    private static async Task TrainAsync(FigureStep step, StepContext context, CancellationToken stop)
    {
        var rows = Path.Combine(context.Files, "rows");
        var file = await GeneratedRows.RecordAsync(step.Count("metrics"), step.Count("rows"), rows, context, stop);
        var matrix = MatrixFile.Read(file, null, [], 1_000_000_000);
        var model = VaeTrainer.Train([matrix.Rows], new() { Seed = (ulong)step.Count("seed") }, null, stop);
        VaeRun.Save(model, Path.Combine(context.Files, Network), null);
        Directory.Delete(rows, recursive: true);
        context.Csv.WriteRow("metrics", "features", "rows", "threshold");
        context.Csv.WriteRow(step.Count("metrics"), matrix.Rows.Width, matrix.Rows.Count, model.Threshold);
    }

    private static async Task CostAsync(FigureStep step, StepContext context, CancellationToken stop)
    {
        var log = Path.Combine(context.Files, "bench.json");
        var bench = await context.Processes.RunAsync(new("bench read-loop", CpuRole.Monitor, Programs.Microview(), "bench", "read-loop", "--pods", step["pods"], "--metrics", step["metrics"],
            "--model", step["model"], "--duration", step["duration"], "--json") { Log = log }, stop);
        if (bench.Code != 0)
            throw bench.Failure($"ended with {bench.Code}");
        // Progress is on the other stream; the report is the one line that is an object.
        var line = bench.Output.Split('\n').LastOrDefault(line => line.StartsWith('{')) ?? throw bench.Failure("has printed no report");
        using var report = JsonDocument.Parse(line);
        double Number(string name) => report.RootElement.GetProperty(name).GetDouble();
        context.Csv.WriteRow("pods", "metrics", "model", "windows", "ns_cpu_per_pod_vector", "best_ns_cpu_per_pod_vector", "scrapes_per_cpu_second");
        context.Csv.WriteRow(step.Count("pods"), step.Count("metrics"), step["model"], report.RootElement.GetProperty("windows").GetInt32(), Number("ns_cpu_per_pod_vector"), Number("best_ns_cpu_per_pod_vector"), Number("scrapes_per_cpu_second"));
    }
}
