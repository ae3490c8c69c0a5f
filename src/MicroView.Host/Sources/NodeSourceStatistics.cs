namespace MicroView.Host;

/// <summary>What the node sources watch and what that costs.</summary>
/// <param name="ProcessPods">Pods made of processes.</param>
/// <param name="CgroupPods">Pods made of a container's or a service's cgroup.</param>
/// <param name="FastPods">Pods sampled at every tick.</param>
/// <param name="Processes">Processes in process pods.</param>
/// <param name="RefusedPods">Pods that were not admitted, over the quota of the agent or of the options, since the start.</param>
/// <param name="Rows">Rows written since the start.</param>
/// <param name="RowsPerSecond">Rows per second, over the last seconds.</param>
/// <param name="CoresUsed">Cores that the sampling thread used, over the last seconds: its CPU time per second.</param>
/// <param name="MicrosecondsPerRow">CPU time per row, discovery included, over the last seconds.</param>
/// <param name="DiscoveryShare">Share of the CPU time that went into looking for new processes and cgroups, since the start.</param>
/// <param name="MissedTicks">Ticks that came too late to be served, since the start.</param>
/// <param name="HeldFiles">Files held open.</param>
/// <param name="Unreadable">Process pods whose I/O this user may not read.</param>
public sealed record NodeSourceStatistics(
    int ProcessPods, int CgroupPods, int FastPods, int Processes, long RefusedPods, long Rows, double RowsPerSecond, double CoresUsed,
    double MicrosecondsPerRow, double DiscoveryShare, long MissedTicks, int HeldFiles, int Unreadable)
{
    /// <summary>All pods.</summary>
    public int Pods => ProcessPods + CgroupPods;
}
