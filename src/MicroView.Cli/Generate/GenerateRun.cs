using System.Collections.Concurrent;
using System.CommandLine;
using System.Globalization;
using System.Net.Http.Headers;
using MicroView.Client;
using MicroView.Protocol;
using Microsoft.Extensions.Logging;

namespace MicroView.Cli;

/// <summary>Runs `generate`.</summary>
internal static class GenerateRun
{
    private const int PatienceMs = 5000; // for the first attach; as long as nic waits

    public static async Task<int> RunAsync(GenerateOptionTable options, ParseResult result, RunContext run)
    {
        var logger = run.Loggers.CreateLogger("generate");
        var refusals = new ConcurrentQueue<string>();
        var pods = await CreateAsync(options, result, problem => Note(problem, refusals, logger), run.Stop);
        using var output = new PlainOutput(run.Signals.Stop);
        try
        {
            var metrics = result.GetValue(options.Metrics);
            output.Line($"{pods.Count} {(pods.Count == 1 ? "pod" : "pods")} of {metrics} metrics: {(metrics + 1) / 2} counters, {metrics / 2} gauges");
            await ReportAttachAsync(pods, result.GetValue(options.Socket), refusals, logger, run.Stop);
            if (result.GetValue(options.Duration) is { } seconds)
                _ = Task.Delay(TimeSpan.FromSeconds(seconds), run.Stop).ContinueWith(_ => run.Signals.Stop(), TaskScheduler.Default);
            if (result.GetValue(options.Update))
                await Task.Factory.StartNew(() => Update(pods, result.GetValue(options.Rate), run.Debug, output, run.Stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            else
                await Running.WaitAsync(null, run.Stop);
        }
        finally
        {
            foreach (var pod in pods)
                pod.Dispose();
        }
        return ExitCode.Success;
    }

    private static async Task<List<GeneratedPod>> CreateAsync(GenerateOptionTable options, ParseResult result, Action<string> log, CancellationToken stop)
    {
        var count = result.GetValue(options.Pods);
        var metrics = result.GetValue(options.Metrics);
        var name = result.GetValue(options.Pod) ?? $"generate-{Environment.ProcessId}";
        var pods = new List<GeneratedPod>(count);
        using var http = result.GetValue(options.Rest) ? Connect(result.GetValue(options.Host) ?? "127.0.0.1", result.GetValue(options.Port)) : null;
        for (var i = 0; i < count; i++)
        {
            var pod = count == 1 ? name : $"{name}-{i}";
            pods.Add(http is null ? Attach(pod, metrics, result.GetValue(options.Socket), log) : await RestPod.RegisterAsync(http, pod, metrics, stop));
        }
        return pods;
    }

    private static AttachedPod Attach(string pod, int metrics, string? socket, Action<string> log) => new(
        new()
        {
            Pod = pod,
            Service = "generate",
            SocketPath = socket,
            Stripes = 1, // one thread writes them all
            Capacity = Math.Max(PageFormat.DefaultCapacity, (metrics + 64) * sizeof(double) + 2 * PageFormat.PageSize),
            Log = log,
        }, metrics);

    private static HttpClient Connect(string host, int port)
    {
        var http = new HttpClient { BaseAddress = new UriBuilder("http", host, port, "/").Uri, Timeout = TimeSpan.FromSeconds(10) };
        if (Environment.GetEnvironmentVariable("MICROVIEW_TOKEN") is { Length: > 0 } token)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return http;
    }

    private static void Note(string problem, ConcurrentQueue<string> refusals, ILogger logger)
    {
        if (problem.Contains("the agent refuses", StringComparison.Ordinal))
            refusals.Enqueue(problem[(problem.IndexOf(": ", StringComparison.Ordinal) + 2)..]);
        else
            logger.LogWarning("{Problem}", problem);
    }

    private static async Task ReportAttachAsync(
        List<GeneratedPod> pods, string? socket, ConcurrentQueue<string> refusals, ILogger logger, CancellationToken stop)
    {
        var waiting = pods.OfType<AttachedPod>().ToList();
        if (waiting.Count == 0)
            return;
        for (var waited = 0; waited < PatienceMs && refusals.Count + waiting.Count(pod => pod.Attached is not null) < waiting.Count; waited += 20)
            await Task.Delay(20, stop);
        var attached = waiting.Count(pod => pod.Attached is not null);
        // A service goes on without its metrics; a generator that nobody lets in is of no use.
        if (attached == 0 && refusals.TryPeek(out var refusal))
            throw new UserException(refusal);
        if (attached == 0)
            throw new UserException($"no agent answers at {string.Join(" or ", socket is null ? AgentAddress.Candidates() : [socket])}; start one (microview host, or microview up), or name its socket (--socket)");
        if (!refusals.IsEmpty)
            logger.LogWarning("{Refused} of {Pods} pods refused: {Refusal}", refusals.Count, waiting.Count, refusals.First());
        if (attached > 0)
            logger.LogInformation("Attached to the agent: {Attached} of {Pods}, the first as {Pod}", attached, waiting.Count, waiting.First(pod => pod.Attached is not null).Attached);
        if (waiting.Count - attached - refusals.Count is var alone and > 0)
            logger.LogWarning("{Waiting} pods have no agent yet; their metrics are written all the same and attach when one starts (microview host)", alone);
    }

    private static void Update(List<GeneratedPod> pods, double rate, bool each, PlainOutput output, CancellationToken stop)
    {
        var values = new GeneratedValues();
        using var stopped = new WakeSignal();
        using var tells = stop.Register(stopped.Set);
        var start = Clocks.MonotonicNs;
        var (printed, printPeriodNs) = (long.MinValue, Console.IsOutputRedirected ? 10_000_000_000 : 1_000_000_000); // a file needs no sign of life
        for (long row = 0; !stop.IsCancellationRequested; row++)
        {
            if (rate > 0 && start + (long)(row * 1e9 / rate) - Clocks.MonotonicNs is var early and > 0)
                stopped.Wait(early);
            foreach (var pod in pods)
                pod.Update(values);
            var now = Clocks.MonotonicNs;
            if (!each && printed != long.MinValue && now - printed < printPeriodNs)
                continue;
            printed = now;
            Print(pods[0], output);
        }
        Print(pods[0], output); // so that the last line says what stands in memory
    }

    private static void Print(GeneratedPod pod, PlainOutput output) =>
        output.Line(string.Create(CultureInfo.InvariantCulture, $"Metrics updated | Requests: {pod.Requests}, Latency: {pod.Latency:0.000000}"));
}
