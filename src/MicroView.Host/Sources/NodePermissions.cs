using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>Says in words what an ordinary user cannot see of the node.</summary>
internal static class NodePermissions
{
    internal static IReadOnlyList<string> Describe(NodeSourceOptions options, NodeSourceStatistics statistics)
    {
        var missing = new List<string>();
        if (statistics.Unreadable > 0)
            missing.Add($"I/O and network of {statistics.Unreadable} of {statistics.ProcessPods} process pods: "
                + (Machine.IsRoot ? "the kernel keeps them even from root here" : "they belong to other users; run as root, or grant CAP_SYS_PTRACE"));
        if (HidesProcesses(options.ProcRoot))
            missing.Add($"{options.ProcRoot} is mounted with hidepid: only this user's own processes are seen; run as root");
        if (options.Cgroups && !Directory.Exists(options.CgroupRoot))
            missing.Add($"{options.CgroupRoot} is not there: containers are seen as processes only; mount it into this container");
        if (!Machine.IsRoot && statistics.CgroupPods > 0)
            missing.Add("names of Docker containers are readable by root only: they go by their ids");
        return missing;
    }

    private static bool HidesProcesses(string procRoot)
    {
        if (Machine.IsRoot)
            return false;
        return !File.Exists($"{procRoot}/1/stat");
    }
}
