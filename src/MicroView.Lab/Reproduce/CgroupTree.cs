namespace MicroView.Lab;

/// <summary>
/// A cgroup of a run, and those inside it: in version 2 one folder each, in version 1 one in every hierarchy with a controller that containers have. All of them are in the run's
/// <see cref="Leftovers"/> before they are made. Not thread-safe.
/// </summary>
internal sealed class CgroupTree
{
    private static readonly string[] s_controllers = ["cpu", "cpuacct", "memory", "pids", "blkio"];

    private readonly Leftovers _left;
    private readonly string[] _tops;

    private CgroupTree(Leftovers left, string[] tops, int version) => (_left, _tops, Version) = (left, tops, version);

    /// <summary>1 or 2.</summary>
    public int Version { get; }

    /// <summary>Makes the outer cgroup; null where none can be made, with the reason.</summary>
    public static CgroupTree? TryCreate(Leftovers left, string name, out string whyNot)
    {
        ArgumentNullException.ThrowIfNull(left);
        var mounts = Mounts(File.ReadLines("/proc/self/mountinfo"));
        whyNot = "no cgroup file system with a CPU controller is mounted";
        if (mounts.Length == 0)
            return null;
        string[] tops = [.. mounts.Select(mount => Path.Combine(mount, name))];
        try
        {
            left.AddCgroups(tops);
            foreach (var top in tops)
                Directory.CreateDirectory(top);
            if (tops.Any(top => !File.Exists(Path.Combine(top, "cgroup.procs"))))
            {
                whyNot = $"{tops[0]} is no cgroup";
                return null;
            }
            var version = File.Exists(Path.Combine(tops[0], "cgroup.controllers")) ? 2 : 1;
            if (version == 2)
                Delegate(tops[0]);
            return new(left, tops, version);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            whyNot = error.Message.TrimEnd('.');
            return null;
        }
    }

    /// <summary>Makes cgroups inside; for each the folders into whose cgroup.procs a process writes itself.</summary>
    public string[][] Create(IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        string[][] made = [.. names.Select(name => _tops.Select(top => Path.Combine(top, name)).ToArray())];
        _left.AddCgroups([.. made.SelectMany(paths => paths)]);
        foreach (var path in made.SelectMany(paths => paths))
            Directory.CreateDirectory(path);
        return made;
    }

    /// <summary>Where hierarchies with the controllers of containers are mounted: one of version 2, or several of version 1.</summary>
    internal static string[] Mounts(IEnumerable<string> mountinfo)
    {
        var (one, two) = (new List<string>(), new List<string>());
        foreach (var line in mountinfo)
        {
            // 36 35 98:0 ROOT MOUNTPOINT options - TYPE source options
            var halves = line.Split(" - ", 2);
            if (halves.Length < 2 || halves[0].Split(' ') is not { Length: > 4 } fields || halves[1].Split(' ') is not { Length: > 2 } file)
                continue;
            if (file[0] == "cgroup" && file[2].Split(',').Intersect(s_controllers).Any())
                one.Add(fields[4]);
            if (file[0] == "cgroup2")
                two.Add(fields[4]);
        }
        // A hybrid machine has version 2 beside, without controllers.
        return [.. one.Count > 0 ? one.Distinct() : two.Take(1)];
    }

    /// <summary>Gives what is inside the controllers that the outer cgroup has.</summary>
    private static void Delegate(string top)
    {
        foreach (var controller in File.ReadAllText(Path.Combine(top, "cgroup.controllers")).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            try
            {
                File.WriteAllText(Path.Combine(top, "cgroup.subtree_control"), $"+{controller}");
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // one less; CPU time is accounted without any
            }
        }
    }
}
