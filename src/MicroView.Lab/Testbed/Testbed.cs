using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace MicroView.Lab;

/// <summary>What a run of the testbed gave.</summary>
/// <param name="Rates">Per LMAP, scrapes per second of each window; in Prometheus mode one list, requests per second.</param>
/// <param name="Percentiles">Latency of requests in milliseconds by percentile, mean over windows; empty in the read loop.</param>
/// <param name="CollectorCpuShare">Cores that the collector's process took while it was measured; NaN when it ran elsewhere.</param>
internal sealed record TestbedResult(IReadOnlyList<double[]> Rates, IReadOnlyDictionary<double, double> Percentiles, double CollectorCpuShare);

/// <summary>Starts host agent, generator and collector, lets them run, and collects what they leave.</summary>
internal static class Testbed
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromSeconds(10) };

    /// <param name="plan">What to run.</param>
    /// <param name="group">Where processes are started; they are its owner's to end.</param>
    /// <param name="scratch">A folder with a short path for the agent's socket.</param>
    /// <param name="stop">Ends the run.</param>
    public static async Task<TestbedResult> RunAsync(TestbedPlan plan, ProcessGroup group, string scratch, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(group);
        Directory.CreateDirectory(plan.Folder);
        var socket = Path.Combine(scratch, $"{Guid.NewGuid().ToString("N")[..6]}.sock");
        var host = StartHost(plan, group, socket);
        await host.WaitForAsync(_ => File.Exists(socket), "the agent listens", s_patience, stop);
        var generator = group.Start(new("generate", CpuRole.Application, Programs.Microview(), "generate", "--num-metrics", Text(plan.Metrics), "--pods", Text(plan.Pods),
            "--rate", Text(plan.Rate), "--update-metrics", "--socket", socket) { Environment = AgentEnvironment, Log = Path.Combine(plan.Folder, "generate.log") });
        await generator.WaitForAsync(output => output.Contains("Attached to the agent", StringComparison.Ordinal), "the pods are attached", s_patience, stop);
        var result = plan.Test == TestbedPlan.ReadLoop ? await ReadLoopAsync(plan, group, socket, stop) : await PrometheusAsync(plan, group, socket, stop);
        RequireAlive(host);
        RequireAlive(generator);
        await generator.StopAsync(s_patience, stop);
        await host.StopAsync(s_patience, stop);
        return result;
    }

    /// <summary>What the launcher sets for agents, which must be small.</summary>
    public static IReadOnlyDictionary<string, string> AgentEnvironment { get; } = new Dictionary<string, string> { ["DOTNET_GCgen0size"] = "0x200000" };

    /// <summary>A port that nothing listens on now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static GroupProcess StartHost(TestbedPlan plan, ProcessGroup group, string socket)
    {
        var port = plan.Port > 0 ? plan.Port : FreePort();
        List<string> arguments = ["host", "--socket", socket, "--port", Text(port), "--host", plan.Remote is null ? plan.Host : Listen(plan.Host), "--max-pods", Text(Math.Max(4096, plan.Pods + 16)), "--rdma-queues", plan.Remote is null ? "0" : Text(plan.Lmaps)];
        if (plan.Remote is { } remote)
            arguments.AddRange(["--collectors", string.Join(',', Dns.GetHostAddresses(remote.HostName).Select(address => $"{address}/{(address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128)}"))]);
        if (plan.Debug)
            arguments.Add("--debug");
        return group.Start(new("host", CpuRole.Monitor, Programs.Microview(), arguments) { Environment = AgentEnvironment, Log = Path.Combine(plan.Folder, "host.log") });
    }

    private static string Listen(string host) => host == "127.0.0.1" ? "0.0.0.0" : host;

    private static async Task<TestbedResult> ReadLoopAsync(TestbedPlan plan, ProcessGroup group, string socket, CancellationToken stop)
    {
        List<string> arguments = [.. CollectorArguments(plan, socket), "--stats-interval", Text(plan.Window)];
        GroupProcess collector;
        var share = double.NaN;
        if (plan.Remote is { } remote)
        {
            // Nothing is asked of it while it runs: its warm-up begins when it starts. A margin makes the last stretch a whole one.
            collector = await RemoteRun.ReadLoopAsync(remote, [.. arguments, "--duration", Text(plan.WarmUp + plan.Duration + 0.2 * plan.Window)], plan, group, stop);
            if (collector.Code != 0)
                throw collector.Failure($"ended with {collector.Code}");
        }
        else
        {
            var port = plan.PrometheusPort > 0 ? plan.PrometheusPort : FreePort();
            collector = group.Start(Collector(plan, [.. arguments, "--stats-dir", plan.Folder, "--prometheus-port", Text(port)]));
            await WaitForPodsAsync(collector, new Uri($"http://127.0.0.1:{port}/metrics"), plan, stop);
            await Task.Delay(TimeSpan.FromSeconds(plan.WarmUp), stop);
            var (before, watch) = (collector.Look(), System.Diagnostics.Stopwatch.StartNew());
            await Task.Delay(TimeSpan.FromSeconds(plan.Duration), stop);
            share = (collector.Look() - before).Total / watch.Elapsed.TotalSeconds;
            await collector.StopAsync(s_patience, stop);
        }
        string File(int lmap) => Path.Combine(plan.Folder, StatisticsFile.Name(lmap));
        var rates = Enumerable.Range(0, plan.Lmaps).Select(lmap => plan.Remote is null ? StatisticsFile.LastRates(File(lmap), Math.Max(1, (int)Math.Round(plan.Duration / plan.Window))) : StatisticsFile.Rates(File(lmap), plan.WarmUp)).ToArray();
        return rates.All(windows => windows.Length > 0) ? new(rates, new Dictionary<double, double>(), share)
            : throw collector.Failure("its statistics have no stretch after the warm-up");
    }

    private static async Task<TestbedResult> PrometheusAsync(TestbedPlan plan, ProcessGroup group, string socket, CancellationToken stop)
    {
        var wrk = Programs.Require("wrk", "wrk");
        var port = plan.PrometheusPort > 0 ? plan.PrometheusPort : FreePort();
        List<string> arguments = [.. CollectorArguments(plan, socket), "--prometheus-port", Text(port)];
        var collector = plan.Remote is { } remote ? RemoteRun.Start(remote, arguments, plan, group) : group.Start(Collector(plan, arguments));
        var url = new Uri($"http://{plan.Remote?.HostName ?? "127.0.0.1"}:{port}/metrics");
        await WaitForPodsAsync(collector, url, plan, stop);
        var output = Path.Combine(plan.Folder, "wrk_output.txt");
        await WrkAsync(group, wrk, url, plan.WarmUp, stop);
        var runs = new List<WrkOutput>();
        var (before, watch) = (collector.Look(), System.Diagnostics.Stopwatch.StartNew());
        for (var left = plan.Duration; left > 0.5 * plan.Window; left -= plan.Window)
        {
            var text = await WrkAsync(group, wrk, url, plan.Window, stop);
            await File.AppendAllTextAsync(output, text + "\n", stop);
            runs.Add(WrkOutput.Parse(text));
        }
        var share = plan.Remote is null ? (collector.Look() - before).Total / watch.Elapsed.TotalSeconds : double.NaN;
        if (runs.Sum(run => run.Errors) is > 0 and var errors)
            throw collector.Failure($"{errors} requests failed ({output})");
        RequireAlive(collector);
        await collector.StopAsync(s_patience, stop);
        double[] percentiles = [.. runs.SelectMany(run => run.Percentiles.Keys).Distinct().Order()];
        return new([[.. runs.Select(run => run.RequestsPerSecond)]], percentiles.ToDictionary(p => p, p => runs.Average(run => run.Percentiles.GetValueOrDefault(p, double.NaN))), share);
    }

    private static async Task<string> WrkAsync(ProcessGroup group, string wrk, Uri url, double seconds, CancellationToken stop)
    {
        var run = await group.RunAsync(new("wrk", CpuRole.LoadGenerator, wrk, "-t1", "-c1", "--latency", $"-d{Math.Max(1, (int)Math.Round(seconds))}s", url.ToString()), stop);
        return run.Code == 0 ? run.Output : throw run.Failure($"ended with {run.Code}");
    }

    private static List<string> CollectorArguments(TestbedPlan plan, string socket)
    {
        List<string> arguments = ["nic", "--lmaps", Text(plan.Lmaps), "--model", plan.Model, "--test", plan.Test, "--learn", "1"];
        arguments.AddRange(plan.Remote is { } remote
            ? ["--control-plane", remote.ControlPlane, "--transport", "verbs", .. remote.Device is { } device ? (string[])["--dev", device] : [], "--ib-port", Text(remote.IbPort), .. remote.Gid is { } gid ? (string[])["--gid", Text(gid)] : []]
            : ["--socket", socket, "--transport", "shm"]);
        if (plan.ScrapeInterval is { } interval)
            arguments.AddRange(["--scrape-interval", Text(interval)]);
        if (plan.ModelFile is { } network)
            arguments.AddRange(["--model-file", network]);
        if (plan.Debug)
            arguments.Add("--debug");
        return arguments;
    }

    private static ProcessPlan Collector(TestbedPlan plan, IReadOnlyList<string> arguments) =>
        new("nic", CpuRole.Monitor, Programs.Microview(), arguments) { Environment = AgentEnvironment, Log = Path.Combine(plan.Folder, "nic.log") };

    /// <summary>Until the collector has all series, and no pod is still learnt: what comes before is not what is measured, however long it takes.</summary>
    private static async Task WaitForPodsAsync(GroupProcess collector, Uri url, TestbedPlan plan, CancellationToken stop)
    {
        var (watch, series, judged) = (System.Diagnostics.Stopwatch.StartNew(), 0, 0.0);
        while (series < plan.Pods * plan.Metrics || judged < plan.Pods)
        {
            if (collector.HasExited)
                throw collector.Failure($"ended with {collector.Code}");
            if (watch.Elapsed > 3 * s_patience)
                throw collector.Failure($"{url} has {series} of {plan.Pods * plan.Metrics} series and {judged} of {plan.Pods} pods that are watched after {watch.Elapsed.TotalSeconds:0} s");
            await Task.Delay(250, stop);
            try
            {
                var lines = (await s_http.GetStringAsync(url, stop)).Split('\n');
                series = lines.Count(line => line.StartsWith("http_requests_total_", StringComparison.Ordinal) || line.StartsWith("http_request_latency_", StringComparison.Ordinal));
                judged = lines.Where(line => line.StartsWith("microview_pods{", StringComparison.Ordinal) && !line.Contains("learning", StringComparison.Ordinal)).Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
            }
            catch (Exception error) when (error is HttpRequestException || error is OperationCanceledException && !stop.IsCancellationRequested)
            {
                // not up yet, or busy
            }
        }
    }

    private static void RequireAlive(GroupProcess process)
    {
        if (process.HasExited)
            throw process.Failure($"ended early with {process.Code}");
    }

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
