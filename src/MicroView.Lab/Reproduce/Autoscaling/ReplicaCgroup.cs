using System.Globalization;

namespace MicroView.Lab;

/// <summary>The cgroup of one replica, of version 1 or 2: CPU held to a limit, CPU counted. Not thread-safe.</summary>
internal sealed class ReplicaCgroup
{
    private const int PeriodMicroseconds = 100_000; // CFS's, and Kubernetes', own

    private readonly string[] _folders;
    private readonly string _limits;
    private readonly string _counts;
    private readonly bool _isUnified;

    private ReplicaCgroup(string[] folders)
    {
        _folders = folders;
        _isUnified = folders.Any(folder => File.Exists(Path.Combine(folder, "cpu.max")));
        _limits = With(folders, _isUnified ? "cpu.max" : "cpu.cfs_quota_us");
        _counts = With(folders, _isUnified ? "cpu.stat" : "cpuacct.usage");
    }

    /// <summary>Makes one.</summary>
    /// <param name="tree">The run's.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="cores">CPU that its processes get at most.</param>
    /// <param name="problem">Why none can be made, in one line.</param>
    /// <returns>null where none can be made.</returns>
    public static ReplicaCgroup? TryMake(CgroupTree tree, string name, double cores, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(tree);
        problem = null;
        try
        {
            var group = new ReplicaCgroup(tree.Create([name])[0]);
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
    public string JoinCommand => string.Join(" && ", _folders.Select(folder => $"echo $$ > '{folder}/cgroup.procs'"));

    /// <summary>CPU seconds of all members ever.</summary>
    public double CpuSeconds => _isUnified ? Field(_limits, "cpu.stat", "usage_usec") / 1e6 : Number(Path.Combine(_counts, "cpuacct.usage")) / 1e9;

    /// <summary>The part of them in user space, where the kernel tells.</summary>
    public double UserSeconds => _isUnified ? Field(_limits, "cpu.stat", "user_usec") / 1e6 : Number(Path.Combine(_counts, "cpuacct.usage_user")) / 1e9;

    /// <summary>Periods of the limit that have passed, and those in which it was reached.</summary>
    public (double All, double Throttled) Periods => (Field(_limits, "cpu.stat", "nr_periods"), Field(_limits, "cpu.stat", "nr_throttled"));

    /// <summary>Seconds for which members had to wait for their limit's next period.</summary>
    public double ThrottledSeconds => _isUnified ? Field(_limits, "cpu.stat", "throttled_usec") / 1e6 : Field(_limits, "cpu.stat", "throttled_time") / 1e9;

    private static string With(string[] folders, string file) =>
        folders.FirstOrDefault(folder => File.Exists(Path.Combine(folder, file))) ?? throw new IOException($"{folders[0]} and its like have no {file}");

    private void Hold(double cores)
    {
        var quota = ((int)(cores * PeriodMicroseconds)).ToString(CultureInfo.InvariantCulture);
        if (_isUnified)
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
