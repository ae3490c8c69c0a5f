using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace MicroView.Lab;

/// <summary>One service under load and its monitor.</summary>
/// <param name="Load">What wrk has seen.</param>
/// <param name="ApplicationCores">CPU of the service while it was measured.</param>
/// <param name="MonitorCores">CPU of agent and collector, or of Prometheus.</param>
/// <param name="ScrapesPerSecond">That there really were; 0 without a monitor.</param>
internal sealed partial record ImpactRun(WrkOutput Load, double ApplicationCores, double MonitorCores, double ScrapesPerSecond)
{
    private const int Connections = 8;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromSeconds(10) };

    public static async Task<ImpactRun> MeasureAsync(string monitor, double interval, double warmUp, double seconds, StepContext context, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(context);
        var (library, port, monitorPort) = (monitor == ImpactFigure.NoneAgain ? ImpactFigure.None : monitor, Testbed.FreePort(), Testbed.FreePort());
        var socket = Path.Combine(context.Scratch, $"{monitor}-{Text(interval)}.sock");
        var monitors = new List<GroupProcess>();
        if (monitor == ImpactFigure.Ours)
            monitors.Add(await StartAgentAsync(context, socket, stop));
        var address = $"http://127.0.0.1:{port}";
        var service = Start(context, "busy", CpuRole.Application, own: true, Programs.Sample("Busy"), new() { ["MICROVIEW_SOCKET"] = socket }, "--urls", address, "--monitor", library);
        await WaitAsync(service, new Uri($"{address}/ready"), stop);
        if (monitor == ImpactFigure.Ours)
            monitors.Add(Start(context, "nic", CpuRole.Monitor, own: false, Programs.Microview(), [], "nic", "--socket", socket, "--scrape-interval", Text(interval), "--learn", "1", "--prometheus-port", Text(monitorPort)));
        else if (library != ImpactFigure.None)
            monitors.Add(PrometheusServer.Start(context, $"prometheus-{monitor}-{Text(interval)}", new StartedSystem([service], [], port), port, interval, monitorPort, Bind(own: false)));
        if (library != ImpactFigure.None)
        {
            await WaitAsync(monitors[^1], new Uri($"http://127.0.0.1:{monitorPort}/metrics"), stop);
            // Prometheus begins some seconds after it answers.
            for (var waited = Stopwatch.StartNew(); await CountScrapesAsync(monitor, library, monitorPort, stop) == 0; await Task.Delay(100, stop))
                if (waited.Elapsed > s_patience)
                    throw monitors[^1].Failure($"has scraped nothing within {s_patience.TotalSeconds:0} s");
        }
        var url = new Uri($"{address}/orders/7");
        await WrkAsync(context, url, warmUp, stop);
        var scrapes = await CountScrapesAsync(monitor, library, monitorPort, stop);
        var (watch, before, monitorBefore) = (Stopwatch.StartNew(), service.Look(), Sum(monitors));
        var load = await WrkAsync(context, url, seconds, stop);
        var took = watch.Elapsed.TotalSeconds;
        var (application, monitoring) = ((service.Look() - before).Total / took, (Sum(monitors) - monitorBefore).Total / took);
        var run = new ImpactRun(load, application, monitoring, (await CountScrapesAsync(monitor, library, monitorPort, stop) - scrapes) / watch.Elapsed.TotalSeconds);
        if (load.Errors > 0)
            throw service.Failure($"{load.Errors} requests failed");
        foreach (var process in monitors.Prepend(service))
        {
            if (process.HasExited)
                throw process.Failure($"ended early with {process.Code}");
            await process.StopAsync(TimeSpan.FromSeconds(15), stop);
        }
        return run;
    }

    private static async Task<GroupProcess> StartAgentAsync(StepContext context, string socket, CancellationToken stop)
    {
        var host = Start(context, "host", CpuRole.Monitor, own: false, Programs.Microview(), [], "host", "--socket", socket, "--port", Text(Testbed.FreePort()), "--rdma-queues", "0");
        await host.WaitForAsync(_ => File.Exists(socket), "the agent listens", s_patience, stop);
        return host;
    }

    /// <summary>The service has the first core, and everything else the others.</summary>
    private static GroupProcess Start(StepContext context, string name, CpuRole role, bool own, string program, Dictionary<string, string> environment, params string[] arguments)
    {
        string[] command = [.. Bind(own), program, .. arguments];
        foreach (var (variable, value) in Testbed.AgentEnvironment.Where(_ => role == CpuRole.Monitor))
            environment[variable] = value;
        return context.Processes.Start(new(name, role, command[0], command[1..]) { Environment = environment, Log = Path.Combine(context.Files, name + ".log") });
    }

    private static string[] Bind(bool own)
    {
        var cores = Environment.ProcessorCount;
        return cores < 2 || Programs.Find("taskset") is not { } taskset ? [] : [taskset, "-c", own ? "0" : $"1-{Text(cores - 1)}"];
    }

    private static async Task<WrkOutput> WrkAsync(StepContext context, Uri url, double seconds, CancellationToken stop)
    {
        string[] command = [.. Bind(own: false), Programs.Require("wrk", "wrk"), "-t1", $"-c{Connections}", "--latency", $"-d{(int)Math.Max(1, seconds)}s", url.ToString()];
        var run = await context.Processes.RunAsync(new("wrk", CpuRole.LoadGenerator, command[0], command[1..]), stop);
        return run.Code == 0 ? WrkOutput.Parse(run.Output) : throw run.Failure($"ended with {run.Code}");
    }

    /// <summary>Scrapes so far, as the collector or Prometheus counts them.</summary>
    private static async Task<double> CountScrapesAsync(string monitor, string library, int port, CancellationToken stop)
    {
        if (library == ImpactFigure.None)
            return 0;
        var document = await s_http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"), stop);
        var count = (monitor == ImpactFigure.Ours ? OurScrapes() : TheirScrapes()).Match(document);
        return count.Success ? double.Parse(count.Groups["n"].Value, CultureInfo.InvariantCulture) : 0;
    }

    [GeneratedRegex(@"^microview_scrapes_total\{[^}]*\} (?<n>\S+)", RegexOptions.Multiline)]
    private static partial Regex OurScrapes();

    [GeneratedRegex(@"^prometheus_target_interval_length_seconds_count\{[^}]*\} (?<n>\S+)", RegexOptions.Multiline)]
    private static partial Regex TheirScrapes();

    private static async Task WaitAsync(GroupProcess process, Uri url, CancellationToken stop)
    {
        for (var watch = Stopwatch.StartNew(); ; await Task.Delay(50, stop))
        {
            if (process.HasExited)
                throw process.Failure($"ended with {process.Code}");
            try
            {
                await s_http.GetStringAsync(url, stop);
                return;
            }
            catch (HttpRequestException) when (watch.Elapsed < s_patience)
            {
                // not up yet
            }
        }
    }

    private static CpuTime Sum(List<GroupProcess> processes) => processes.Aggregate(default(CpuTime), (sum, process) => sum + process.Look());

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
