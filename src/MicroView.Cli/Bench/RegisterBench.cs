using System.CommandLine;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using MicroView.Host;
using MicroView.Protocol;

namespace MicroView.Cli;

internal sealed record RegisterReport
{
    public string Benchmark { get; } = "register";

    public required string Method { get; init; }

    public required BenchMachine Machine { get; init; }

    public required int Count { get; init; }

    public required int Batch { get; init; }

    /// <summary>"in-process", or where the agent was.</summary>
    public required string Agent { get; init; }

    public required double DurationSeconds { get; init; }

    public double? SocketMetricsPerSecond { get; init; }

    public double? BestSocketMetricsPerSecond { get; init; }

    /// <summary>CPU of this process: of the client, and of the agent when that is in it.</summary>
    public double? SocketUsCpuPerMetric { get; init; }

    public int? SocketWindows { get; init; }

    public double? RestMetricsPerSecond { get; init; }

    public double? BestRestMetricsPerSecond { get; init; }

    public double? RestUsCpuPerMetric { get; init; }

    public int? RestWindows { get; init; }
}

/// <summary>`microview bench register`.</summary>
internal static class RegisterBench
{
    private const int LeastWindows = 3;

    private const string Method =
        "Wall time of registering all metrics of a fresh pod with a host agent, from the first request to the last answer: over the socket, attach once and describe in batches, each waiting for " +
        "its answer; over REST, one POST /metrics after the other on one keep-alive connection. Median (best) of repeated pods. The agent runs in this process unless --socket or --port names another.";

    public static Command Create()
    {
        var options = new BenchOptionTable(6);
        var count = Kinds.Count("--count", "N", "Metrics of a pod", 10_000, 1, 100_000);
        var batch = Kinds.Count("--batch", "B", "Descriptors in one describe, over the socket", 1000, 1, 4096);
        var socket = Kinds.Text("--socket", "PATH", "Measure the agent at this socket [default: one of its own, in this process]");
        var port = Kinds.Number<int?>("--port", "PORT", "Measure the agent whose REST is at this port of loopback [default: one of its own, in this process]", null, "a port from 1 to 65535",
            (string text, out int? value) =>
            {
                var valid = ushort.TryParse(text, out var number) && number > 0;
                value = number;
                return valid;
            }, null);
        var command = new DocumentedCommand("register", "How fast metrics are registered: through the socket in batches, through REST one by one.",
            new("microview bench register --count 10000", "an agent of its own, both ways"),
            new("microview bench register --count 1000 --port 5000 --json", "REST of an agent that runs already"));
        options.AddTo(command, count, batch, socket, port);
        BenchRunner.SetAction(command, options, BenchJson.Default.RegisterReport, (result, context) =>
            MeasureAsync(new(result.GetValue(count), result.GetValue(batch), result.GetValue(socket), result.GetValue(port)), context), Print);
        return command;
    }

    private sealed record Setting(int Count, int Batch, string? Socket, int? Port);

    private static async Task<RegisterReport> MeasureAsync(Setting setting, BenchContext context)
    {
        if (setting.Socket is not null || setting.Port is not null)
            return await MeasureAsync(setting, setting.Socket, setting.Port, string.Join(" and ", ((string?[])[setting.Socket, setting.Port?.ToString(System.Globalization.CultureInfo.InvariantCulture)]).OfType<string>()), context);
        var folder = Directory.CreateTempSubdirectory("microview-bench-");
        try
        {
            await using var agent = await HostAgent.StartAsync(new()
            {
                SocketPath = Path.Combine(folder.FullName, "agent.sock"), RestPort = 0, PoolName = $"microview-bench-{Environment.ProcessId}", StateFolder = Path.Combine(folder.FullName, "rest"),
            }, NullLoggerFactory.Instance, context.Stop);
            return await MeasureAsync(setting, agent.SocketPath, agent.RestEndpoint!.Port, "in-process", context);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<RegisterReport> MeasureAsync(Setting setting, string? socket, int? port, string agent, BenchContext context)
    {
        Figure? batches = null, posts = null;
        var part = context.Part(socket is not null && port is not null ? 0.5 : 1);
        if (socket is not null)
            batches = await RepeatAsync("socket", setting.Count, index => SocketRegistration.RunAsync(socket, $"bench-{Environment.ProcessId}-{index}", setting.Count, setting.Batch, context.Stop), part);
        if (port is { } number)
        {
            using var rest = new RestRegistration(number);
            posts = await RepeatAsync("REST", setting.Count, index => rest.RunAsync($"bench-rest-{Environment.ProcessId}-{index}", setting.Count, context.Stop), part);
        }
        return new()
        {
            Method = Method, Machine = BenchMachine.Describe(context.Cores), Count = setting.Count, Batch = setting.Batch, Agent = agent, DurationSeconds = context.Seconds,
            SocketMetricsPerSecond = batches?.PerSecond, BestSocketMetricsPerSecond = batches?.Best, SocketUsCpuPerMetric = batches?.UsCpu, SocketWindows = batches?.Windows,
            RestMetricsPerSecond = posts?.PerSecond, BestRestMetricsPerSecond = posts?.Best, RestUsCpuPerMetric = posts?.UsCpu, RestWindows = posts?.Windows,
        };
    }

    private sealed record Figure(double PerSecond, double Best, double UsCpu, int Windows);

    /// <summary>Registers pods for the measuring time, after some that warm up.</summary>
    /// <param name="what">For the progress.</param>
    /// <param name="count">Metrics of a pod.</param>
    /// <param name="register">Registers one pod and takes it back; answers the ns that registering took.</param>
    /// <param name="context">Time and stop.</param>
    private static async Task<Figure> RepeatAsync(string what, int count, Func<int, Task<long>> register, BenchContext context)
    {
        BenchContext.Tell($"{what}: warming up");
        var index = 0;
        for (var begin = Clocks.MonotonicNs; index == 0 || Clocks.MonotonicNs - begin < Math.Min(1.5, context.Seconds) * 1e9;)
            _ = await register(index++);
        var (nanoseconds, cpu) = (new Samples(), new Samples());
        var start = Clocks.MonotonicNs;
        while (context.Goes(start, nanoseconds.Count, LeastWindows))
        {
            context.TellProgress(start, what);
            var before = Clocks.ProcessCpuNs;
            nanoseconds.Add(await register(index++) / (double)count);
            cpu.Add((Clocks.ProcessCpuNs - before) / 1e3 / count);
        }
        return new(1e9 / nanoseconds.Median, 1e9 / nanoseconds.Best, cpu.Median, nanoseconds.Count);
    }

    private static void Print(RegisterReport report, TextWriter output)
    {
        var table = new BenchTable($"{report.Count} metrics a pod, agent {report.Agent}", "metrics/s", "best", "µs CPU per metric");
        if (report.SocketMetricsPerSecond is { } batches)
            table.Add($"socket, batches of {report.Batch}", BenchTable.Figure(batches), BenchTable.Figure(report.BestSocketMetricsPerSecond!.Value), BenchTable.Figure(report.SocketUsCpuPerMetric!.Value));
        if (report.RestMetricsPerSecond is { } posts)
            table.Add("REST, one by one", BenchTable.Figure(posts), BenchTable.Figure(report.BestRestMetricsPerSecond!.Value), BenchTable.Figure(report.RestUsCpuPerMetric!.Value));
        table.WriteTo(output);
        BenchTable.WriteNotes(output, report.Method, report.Machine);
    }
}
