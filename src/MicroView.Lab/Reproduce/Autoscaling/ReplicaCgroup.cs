using System.Globalization;

namespace MicroView.Lab;

/// <summary>
/// The cgroup of one replica: CPU held to a limit, CPU counted. Version 1 (controllers cpu and cpuacct) or 2 (one hierarchy with cpu). Made and removed with files alone. Not thread-safe.
/// </summary>
internal sealed class ReplicaCgroup
{
    private const string Mount = "/sys/fs/cgroup";
    private const int PeriodMicroseconds = 100_000; // CFS's, and Kubernetes', own

    private readonly string _limits;
    private readonly string _counts;

    private ReplicaCgroup(string limits, string counts) => (_limits, _counts) = (limits, counts);

    /// <summary>Whether this machine counts in version 2.</summary>
    private static bool IsUnified => File.Exists(Path.Combine(Mount, "cgroup.controllers"));

    /// <summary>Makes one below a group of the run's own.</summary>
    /// <param name="left">Is told before anything is made.</param>
    /// <param name="run">Name of the run's group.</param>
    /// <param name="name">Name in it.</param>
    /// <param name="cores">CPU that its processes get at most.</param>
    /// <param name="problem">Why none can be made, in one line.</param>
    /// <returns>null where none can be made.</returns>
    public static ReplicaCgroup? TryMake(Leftovers left, string run, string name, double cores, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(left);
        problem = null;
        string[] roots = IsUnified ? [Mount] : [Path.Combine(Mount, "cpu"), Path.Combine(Mount, "cpuacct")];
        try
        {
            foreach (var root in roots.Distinct(StringComparer.Ordinal))
            {
                if (!Directory.Exists(root))
                    throw new IOException($"there is no {root}");
                Make(left, Path.Combine(root, run));
                if (IsUnified)
                    File.WriteAllText(Path.Combine(root, run, "cgroup.subtree_control"), "+cpu");
                Make(left, Path.Combine(root, run, name));
            }
            var group = new ReplicaCgroup(Path.Combine(roots[0], run, name), Path.Combine(roots[^1], run, name));
            group.Hold(cores);
            return group;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            problem = error.Message.TrimEnd('.');
            return null;
        }
    }

    /// <summary>A shell's command that makes the shell, and what it becomes, a member.</summary>
    public string JoinCommand => string.Join(" && ", new[] { _limits, _counts }.Distinct().Select(folder => $"echo $$ > '{folder}/cgroup.procs'"));

    /// <summary>CPU seconds of all members ever.</summary>
    public double CpuSeconds => IsUnified ? Field(_limits, "cpu.stat", "usage_usec") / 1e6 : Number(Path.Combine(_counts, "cpuacct.usage")) / 1e9;

    /// <summary>The part of them in user space, where the kernel tells.</summary>
    public double UserSeconds => IsUnified ? Field(_limits, "cpu.stat", "user_usec") / 1e6 : Number(Path.Combine(_counts, "cpuacct.usage_user")) / 1e9;

    /// <summary>Periods of the limit that have passed, and those in which it was reached.</summary>
    public (double All, double Throttled) Periods => (Field(_limits, "cpu.stat", "nr_periods"), Field(_limits, "cpu.stat", "nr_throttled"));

    /// <summary>Seconds for which members had to wait for their limit's next period.</summary>
    public double ThrottledSeconds => IsUnified ? Field(_limits, "cpu.stat", "throttled_usec") / 1e6 : Field(_limits, "cpu.stat", "throttled_time") / 1e9;

    private static void Make(Leftovers left, string path)
    {
        if (Directory.Exists(path))
            return;
        left.AddCgroup(path);
        Directory.CreateDirectory(path);
    }

    private void Hold(double cores)
    {
        var quota = ((int)(cores * PeriodMicroseconds)).ToString(CultureInfo.InvariantCulture);
        if (IsUnified)
        {
            File.WriteAllText(Path.Combine(_limits, "cpu.max"), $"{quota} {PeriodMicroseconds}");
            return;
        }
        File.WriteAllText(Path.Combine(_limits, "cpu.cfs_period_us"), PeriodMicroseconds.ToString(CultureInfo.InvariantCulture));
        File.WriteAllText(Path.Combine(_limits, "cpu.cfs_quota_us"), quota);
    }

    private static double Field(string folder, string file, string name)
    {
        foreach (var line in File.ReadLines(Path.Combine(folder, file)))
            if (line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] == ' ')
                return double.Parse(line.AsSpan(name.Length + 1), CultureInfo.InvariantCulture);
        return 0;
    }

    private static double Number(string file) => File.Exists(file) ? double.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture) : 0;
}
