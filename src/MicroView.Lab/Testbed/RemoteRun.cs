namespace MicroView.Lab;

/// <summary>The collector on another machine, through the user's own ssh: its configuration, agents and keys apply.</summary>
internal static class RemoteRun
{
    /// <summary>Starts it; it ends with the connection.</summary>
    public static GroupProcess Start(RemoteCollector remote, IReadOnlyList<string> arguments, TestbedPlan plan, ProcessGroup group) =>
        group.Start(Ssh(remote, $"exec {Quote([remote.Program, .. arguments])}", plan, "nic.log"));

    /// <summary>Runs it to its end, and brings what it has written into the plan's folder.</summary>
    public static async Task<GroupProcess> ReadLoopAsync(RemoteCollector remote, IReadOnlyList<string> arguments, TestbedPlan plan, ProcessGroup group, CancellationToken stop)
    {
        var folder = $"/tmp/microview-run-{Guid.NewGuid().ToString("N")[..8]}";
        var collector = await group.RunAsync(Ssh(remote, Quote([remote.Program, .. arguments, "--stats-dir", folder]), plan, "nic.log"), stop);
        for (var lmap = 0; collector.Code == 0 && lmap < plan.Lmaps; lmap++)
        {
            var file = StatisticsFile.Name(lmap);
            var copy = await group.RunAsync(Ssh(remote, $"cat {Quote([$"{folder}/{file}"])}", plan, null), stop);
            if (copy.Code != 0)
                throw copy.Failure($"{file} cannot be copied from {remote.Target}");
            await File.WriteAllTextAsync(Path.Combine(plan.Folder, file), copy.Output + "\n", stop);
        }
        _ = await group.RunAsync(Ssh(remote, $"rm -rf {Quote([folder])}", plan, null), stop);
        return collector;
    }

    /// <summary>What runs for long has a terminal there (-tt), so that it ends with the connection; a terminal would change what is copied.</summary>
    private static ProcessPlan Ssh(RemoteCollector remote, string command, TestbedPlan plan, string? log) =>
        new($"ssh {remote.Target}", CpuRole.Monitor, Programs.Require("ssh", "openssh-client"), ["-o", "BatchMode=yes", .. log is null ? Array.Empty<string>() : ["-tt"], remote.Target, command]) { Log = log is null ? null : Path.Combine(plan.Folder, log) };

    /// <summary>Arguments for the shell at the other end.</summary>
    private static string Quote(IEnumerable<string> arguments) => string.Join(' ', arguments.Select(argument => $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'"));
}
