using System.CommandLine;
using System.Globalization;

namespace MicroView.Lab;

/// <summary>`microview lab run`: the artifact's run script.</summary>
internal static class RunCommand
{
    private const string RemoteScheme = "ssh://";

    public static Command Create()
    {
        var options = new RunOptionTable();
        var command = new DocumentedCommand("run", "Start host agent, generated pods and a collector, let them run, and leave stats_LMAP_i.csv, logs and wrk_output.txt: the artifact's run.sh, with its environment names.",
            new("microview lab run --pods 8 --metrics 64 --lmaps 1 --model FD --test read_loop --duration 30 --label metric_64_read_loop_FD", "scrapes per second and LMAP; logs/metric_64_read_loop_FD/stats_LMAP_0.csv"),
            new("microview lab run --pods 64 --model FD --test prometheus --label pods_64_prometheus_FD", "requests per second of the endpoint, by wrk -t1 -c1"),
            new("microview lab run --pods 8 --remote ssh://ipu --test read_loop", "the collector on another machine, over RDMA"),
            new("NUM_PODS=8 NUM_METRICS=64 EXPERIMENT_MODE=prometheus LOGS_DIR=out microview lab run", "by the artifact's environment"));
        options.AddTo(command);
        command.SetAction((result, stop) => Task.Run(() => ExecuteAsync(options, result, stop), stop));
        return command;
    }

    private static async Task<int> ExecuteAsync(RunOptionTable options, ParseResult result, CancellationToken stop)
    {
        var plan = options.Read(result);
        if (plan.Model == "VAE" && plan.ModelFile is null)
            throw new LabException("--model VAE needs a trained network (--model-file); microview lab vae train makes one", ExitCode.Usage);
        using var alone = FolderLock.Take(plan.Folder);
        using var left = new Leftovers(plan.Folder);
        using var watcher = new Watcher(plan.Folder, left.Mark);
        using var group = new ProcessGroup(left.Mark);
        foreach (var old in Directory.EnumerateFiles(plan.Folder, "*.log").Append(Path.Combine(plan.Folder, "wrk_output.txt")))
            File.Delete(old);
        result.InvocationConfiguration.Error.WriteLine(FormattableString.Invariant(
            $"microview lab: {plan.Pods} pods of {plan.Metrics} metrics, {plan.Lmaps} LMAPs, {plan.Model}, {plan.Test}: {plan.WarmUp:0.#} s warm-up, {plan.Duration:0.#} s measured"));
        var run = await Testbed.RunAsync(plan, group, left.MakeFolder(), stop);
        Print(plan, run, result.InvocationConfiguration.Output);
        return ExitCode.Success;
    }

    private static void Print(TestbedPlan plan, TestbedResult run, TextWriter output)
    {
        foreach (var (lmap, windows) in run.Rates.Index())
        {
            var mean = Sampled.Of(windows);
            output.WriteLine(FormattableString.Invariant($"{(plan.Test == TestbedPlan.ReadLoop ? $"LMAP {lmap}: {mean.Mean:0.#} ± {mean.Error:0.#} scrapes/s" : $"{mean.Mean:0.#} ± {mean.Error:0.#} requests/s")} ({mean.Count} windows of {plan.Window:0.#} s, warm-up of {plan.WarmUp:0.#} s dropped)"));
        }
        foreach (var (percentile, milliseconds) in run.Percentiles)
            output.WriteLine(FormattableString.Invariant($"latency p{percentile:0.##}: {milliseconds:0.###} ms"));
        if (!double.IsNaN(run.CollectorCpuShare))
            output.WriteLine(FormattableString.Invariant($"collector: {run.CollectorCpuShare:0.00} cores"));
        output.WriteLine($"files: {plan.Folder}");
    }

    /// <summary>The options of `lab run`; what is not given comes from the artifact's environment.</summary>
    private sealed class RunOptionTable
    {
        private static readonly string[] s_models = ["RFD", "FD", "TH", "VAE", "none"];

        public Option<int?> Pods { get; } = Kinds.OptionalCount("--pods", "N", "Pods, generated in one process (NUM_PODS) [default: 1]", 1, 10_000, "-p");

        public Option<int?> Metrics { get; } = Kinds.OptionalCount("--metrics", "M", "Metrics per pod (NUM_METRICS) [default: 64]", 1, 100_000, "-m");

        public Option<int?> Lmaps { get; } = Kinds.OptionalCount("--lmaps", "L", "LMAPs of the collector (NUM_LMAPS) [default: 1]", 1, 256, "-l");

        public Option<string> Model { get; } = Kinds.Choice("--model", "Detector; none: read and export only", "RFD", s_models);

        public Option<string?> ModelFile { get; } = Kinds.Text("--model-file", "FILE", "A trained network, for --model VAE");

        public Option<string?> Test { get; } = Kinds.Text("--test", "read_loop|prometheus", "read_loop: back to back; prometheus: the endpoint under wrk -t1 -c1 (EXPERIMENT_MODE) [default: read_loop]");

        public Option<double?> Duration { get; } = Kinds.OptionalSeconds("--duration", "Measured time [default: 30]");

        public Option<double?> WarmUp { get; } = Kinds.OptionalSeconds("--warm-up", "Time before that is dropped: attaching, learning (1 s), the JIT [default: 10]");

        public Option<double?> Window { get; } = Kinds.OptionalSeconds("--window", "Time of one sample; mean and standard error are over samples [default: 10, or the duration if that is shorter]");

        public Option<double> Rate { get; } = Kinds.Number("--rate", "HZ", "Rows written per pod and second; 0: as fast as it goes", 100, 0, 1e6);

        public Option<double?> Interval { get; } = Kinds.OptionalSeconds("--scrape-interval", "Time between scrapes (UVIEW_SCRAPING_INTERVAL, with prometheus) [default: back to back; 1 with prometheus]");

        public Option<string?> Label { get; } = Kinds.Text("--label", "NAME", "Name of the run; results go to LOGS_DIR/NAME [default: pods_N_metrics_M_TEST_MODEL]");

        public Option<string?> Out { get; } = Kinds.Text("--out", "DIR", "Folder of the runs (LOGS_DIR) [default: logs]", "-o");

        public Option<string?> Remote { get; } = Kinds.Text("--remote", "ssh://HOST", "Run the collector there, over RDMA (REMOTE_HOST; IPU_RDMA_DEVICE, IPU_RDMA_IB_PORT, IPU_RDMA_GID, LOCAL_PUBLIC_IP, LOCAL_PORT; REMOTE_MICROVIEW names the program there)");

        public Option<bool> Verbose { get; } = Kinds.Flag("--verbose-logs", "Agent and collector log every decision (DEBUG=true)");

        public void AddTo(Command command)
        {
            foreach (var option in (Option[])[Pods, Metrics, Lmaps, Model, ModelFile, Test, Duration, WarmUp, Window, Rate, Interval, Label, Out, Remote, Verbose])
                command.Add(option);
        }

        public TestbedPlan Read(ParseResult result)
        {
            var test = result.GetValue(Test) ?? Variable("EXPERIMENT_MODE") ?? TestbedPlan.ReadLoop;
            if (test is not (TestbedPlan.ReadLoop or TestbedPlan.Prometheus))
                throw new LabException($"--test: '{test}' is not one of {TestbedPlan.ReadLoop}, {TestbedPlan.Prometheus}", ExitCode.Usage);
            var duration = result.GetValue(Duration) ?? 30;
            var (pods, metrics, model) = (result.GetValue(Pods) ?? Number("NUM_PODS", 1), result.GetValue(Metrics) ?? Number("NUM_METRICS", 64), result.GetValue(Model)!);
            var remote = ReadRemote(result.GetValue(Remote) ?? Variable("REMOTE_HOST"));
            var label = result.GetValue(Label) ?? $"pods_{pods}_metrics_{metrics}_{test}_{model}";
            return new()
            {
                Pods = pods, Metrics = metrics, Lmaps = result.GetValue(Lmaps) ?? Number("NUM_LMAPS", 1), Model = model, ModelFile = result.GetValue(ModelFile), Test = test,
                Duration = duration, WarmUp = result.GetValue(WarmUp) ?? 10, Window = result.GetValue(Window) ?? Math.Min(10, duration), Rate = result.GetValue(Rate),
                ScrapeInterval = result.GetValue(Interval) ?? (test == TestbedPlan.Prometheus ? double.Parse(Variable("UVIEW_SCRAPING_INTERVAL") ?? "1", CultureInfo.InvariantCulture) : null),
                Folder = Path.GetFullPath(Path.Combine(result.GetValue(Out) ?? Variable("LOGS_DIR") ?? "logs", label)),
                Debug = result.GetValue(Verbose) || Variable("DEBUG") == "true",
                Host = Variable("LOCAL_HOST") ?? "127.0.0.1", Port = Number("LOCAL_PORT", remote is null ? 0 : 5000), PrometheusPort = Number("REMOTE_PORT", remote is null ? 0 : 8000), Remote = remote,
            };
        }

        private static RemoteCollector? ReadRemote(string? text)
        {
            if (text is null)
                return null;
            var target = text.StartsWith(RemoteScheme, StringComparison.Ordinal) ? text[RemoteScheme.Length..].TrimEnd('/') : text;
            if (target.Length == 0 || target.StartsWith('-') || target.Contains('/', StringComparison.Ordinal))
                throw new LabException($"--remote: '{text}' is not ssh://HOST or ssh://USER@HOST", ExitCode.Usage);
            if (Variable("MYUSER") is { } user && !target.Contains('@', StringComparison.Ordinal))
                target = $"{user}@{target}";
            var address = Variable("LOCAL_PUBLIC_IP") ?? throw new LabException("--remote needs this machine's address as the collector sees it: set LOCAL_PUBLIC_IP", ExitCode.Usage);
            return new(target, Variable("REMOTE_MICROVIEW") ?? "microview", $"{address}:{Number("LOCAL_PORT", 5000)}", Variable("IPU_RDMA_DEVICE"), Number("IPU_RDMA_IB_PORT", 1), Variable("IPU_RDMA_GID") is null ? null : Number("IPU_RDMA_GID", 1));
        }

        private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

        private static int Number(string name, int standard) => Variable(name) is not { } text ? standard
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : throw new LabException($"{name}: '{text}' is not a whole number", ExitCode.Usage);
    }
}
