using System.Globalization;

namespace MicroView.Lab;

/// <summary>Rows of one generated pod as a detector is given them: recorded by the collector, and replayed into a file.</summary>
internal static class GeneratedRows
{
    private const double RowsPerSecond = 50;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <returns>Path of the CSV in <paramref name="folder"/>.</returns>
    public static async Task<string> RecordAsync(int metrics, int rows, string folder, StepContext context, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(context);
        var group = context.Processes;
        string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
        var (socket, recording) = (Path.Combine(context.Scratch, "train.sock"), Path.Combine(context.Scratch, "rows.recording"));
        GroupProcess Start(string name, CpuRole role, params string[] arguments) =>
            group.Start(new(name, role, Programs.Microview(), arguments) { Environment = Testbed.AgentEnvironment, Log = Path.Combine(context.Files, name + ".log") });
        var host = Start("host", CpuRole.Monitor, "host", "--socket", socket, "--port", Text(Testbed.FreePort()), "--rdma-queues", "0");
        await host.WaitForAsync(_ => File.Exists(socket), "the agent listens", s_patience, stop);
        var generator = Start("generate", CpuRole.Application, "generate", "--num-metrics", Text(metrics), "--update-metrics", "--pod", "generated", "--socket", socket);
        await generator.WaitForAsync(output => output.Contains("Attached to the agent", StringComparison.Ordinal), "the pod is attached", s_patience, stop);
        await RunAsync(Start("record", CpuRole.Monitor, "nic", "--socket", socket, "--model", "none", "--test", TestbedPlan.ReadLoop, "--scrape-interval", Text(1 / RowsPerSecond), "--tick", Text(1 / RowsPerSecond),
            "--duration", Text(rows / RowsPerSecond + 2), "--stats-dir", context.Scratch, "--record", recording), stop);
        await RunAsync(Start("rows", CpuRole.Other, "nic", "--recording", recording, "--model", "TH", "--rows", folder), stop);
        await generator.StopAsync(s_patience, stop);
        await host.StopAsync(s_patience, stop);
        return Directory.EnumerateFiles(folder, "*.csv").Order(StringComparer.Ordinal).FirstOrDefault() ?? throw new LabException($"{folder}: the collector has written no rows", ExitCode.Failed);
    }

    private static async Task RunAsync(GroupProcess process, CancellationToken stop)
    {
        await process.WaitForExitAsync(stop);
        if (process.Code != 0)
            throw process.Failure($"ended with {process.Code}");
    }
}
