using MicroView.Host;
using Microsoft.Extensions.Logging;

namespace MicroView.Cli;

/// <summary>What --sources and --group-by mean.</summary>
internal static class SourceChoice
{
    private static readonly TimeSpan s_firstLook = TimeSpan.FromSeconds(3); // permissions show when processes have been read

    /// <summary>The options of the node sources; null for none.</summary>
    public static NodeSourceOptions? Read(string sources, string? grouping, TimeSpan tick, int maxPods)
    {
        if (sources == "none")
            return null;
        var slow = TimeSpan.FromSeconds(1);
        var options = new NodeSourceOptions
        {
            Processes = sources switch { "processes" => ProcessScope.All, "cgroups" => ProcessScope.None, _ => ProcessScope.Uncovered },
            Cgroups = sources is "cgroups" or "all",
            Tick = tick,
            SlowInterval = tick > slow ? tick : slow,
            Grouping = grouping ?? ProcessGrouping.Default,
            MaxPods = maxPods,
        };
        return options.Check() is { } problem ? throw new UserException(problem, ExitCode.Usage) : options;
    }

    /// <summary>Says once, when it is known, what this user cannot see.</summary>
    public static void TellLater(NodeSources sources, ILogger logger, CancellationToken stop) => _ = Task.Run(async () =>
    {
        await Task.Delay(s_firstLook, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (stop.IsCancellationRequested)
            return;
        foreach (var line in sources.MissingPermissions)
            logger.LogWarning("Not visible: {What}", line);
    }, CancellationToken.None);
}
