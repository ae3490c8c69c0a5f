using System.Text.RegularExpressions;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>Which processes become pods.</summary>
public enum ProcessScope
{
    /// <summary>None.</summary>
    None,

    /// <summary>Those that no cgroup pod (container or service) accounts for already.</summary>
    Uncovered,

    /// <summary>All, also those inside containers.</summary>
    All,
}

/// <summary>What the node sources watch, how often, and at what price. Immutable.</summary>
public sealed record NodeSourceOptions
{
    /// <summary>Which processes become pods.</summary>
    public ProcessScope Processes { get; init; } = ProcessScope.Uncovered;

    /// <summary>Containers and services become pods.</summary>
    public bool Cgroups { get; init; } = true;

    /// <summary>How often the busiest pods get a row.</summary>
    public TimeSpan Tick { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How often the others get a row, and new processes and cgroups are looked for.</summary>
    public TimeSpan SlowInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How many pods are sampled at every tick.</summary>
    public int Busiest { get; init; } = 50;

    /// <summary>The rule that puts processes together; see <see cref="ProcessGrouping"/>.</summary>
    public string Grouping { get; init; } = ProcessGrouping.Default;

    /// <summary>Only pods whose id or service matches; null: all. The agent's own pod is always there.</summary>
    public string? Include { get; init; }

    /// <summary>No pod whose id or service matches; null: none left out.</summary>
    public string? Exclude { get; init; }

    /// <summary>Pods beyond these are not admitted; they are counted.</summary>
    public int MaxPods { get; init; } = 1000;

    /// <summary>Files held open; beyond them a file is opened for each read, at seven times the price. Null: 8,000, or a quarter of the process's limit.</summary>
    public int? HeldFiles { get; init; }

    /// <summary>A process founds a new pod only when it has lived so long: compilers' children come and go by the hundred.</summary>
    public TimeSpan MinimumAge { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a pod without processes stays, its counters standing, before it is retired.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A process that used no CPU since its last row is read again only after this time: what it owns can hardly have changed.</summary>
    public TimeSpan IdleRefresh { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Where procfs is mounted.</summary>
    public string ProcRoot { get; init; } = "/proc";

    /// <summary>Where the cgroup hierarchies are mounted.</summary>
    public string CgroupRoot { get; init; } = "/sys/fs/cgroup";

    /// <summary>The node's log folder: in containers/ the kubelet tells which container id is which pod.</summary>
    public string LogRoot { get; init; } = "/var/log";

    /// <summary>Docker's folder: in containers/ID/ it keeps names and labels.</summary>
    public string DockerRoot { get; init; } = "/var/lib/docker";

    /// <summary>Files that may be held open.</summary>
    public int HeldFileLimit => HeldFiles ?? (int)Math.Clamp(Machine.DescriptorLimit / 4, 0, 8000);

    /// <summary>Null, or which option is wrong and what it may be.</summary>
    public string? Check()
    {
        if (Tick < TimeSpan.FromMilliseconds(1))
            return $"the tick of node sources is {Tick.TotalMilliseconds} ms; it must be at least 1 ms";
        if (SlowInterval < Tick)
            return $"the slow interval ({SlowInterval.TotalSeconds} s) is shorter than the tick ({Tick.TotalSeconds} s)";
        if (Busiest < 0 || MaxPods < 1 || HeldFiles is < 0)
            return "the numbers of busiest pods and held files must not be negative, and that of pods at least 1";
        if (MinimumAge < TimeSpan.Zero || Linger < TimeSpan.Zero || IdleRefresh < TimeSpan.Zero)
            return "the minimum age, linger and idle refresh must not be negative";
        return ProcessGrouping.Check(Grouping) ?? CheckPattern("include", Include) ?? CheckPattern("exclude", Exclude);
    }

    internal static Regex Compile(string pattern) => new(pattern, RegexOptions.CultureInvariant, TimeSpan.FromMilliseconds(50));

    internal static string? CheckPattern(string what, string? pattern)
    {
        try
        {
            if (pattern is not null)
                _ = Compile(pattern);
            return null;
        }
        catch (ArgumentException error)
        {
            return $"the {what} pattern '{pattern}' is not a regular expression: {error.Message}";
        }
    }
}
