namespace MicroView.Cli;

/// <summary>Which cgroup hierarchies are mounted and what they count.</summary>
internal static class CgroupExamination
{
    private static readonly string[] s_wanted = ["cpu", "memory", "io", "pids"];

    public static IEnumerable<Finding> Run()
    {
        var mounts = Mounts();
        yield return Version2(mounts);
        yield return Version1(mounts);
    }

    private static Finding Version2(IReadOnlyList<string[]> mounts)
    {
        const string subject = "cgroup v2";
        var mount = mounts.FirstOrDefault(fields => fields[2] == "cgroup2");
        if (mount is null)
            return new(subject, FindingState.Missing, "not mounted", "nothing, where v1 is used; else boot with systemd.unified_cgroup_hierarchy=1");
        var controllers = Examination.ReadText(Path.Combine(mount[1], "cgroup.controllers"))?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        if (controllers.Length == 0)
            return new(subject, FindingState.Limited, $"{mount[1]}: no controllers", "nothing, where v1 has them; else boot with systemd.unified_cgroup_hierarchy=1");
        var absent = s_wanted.Except(controllers).ToArray();
        return absent.Length == 0
            ? new(subject, FindingState.Ok, $"{mount[1]}: {string.Join(' ', controllers)}")
            : new(subject, FindingState.Limited, $"{mount[1]}: {string.Join(' ', controllers)}", $"no {string.Join(", ", absent)}: those metrics are absent from cgroup pods");
    }

    private static Finding Version1(IReadOnlyList<string[]> mounts)
    {
        const string subject = "cgroup v1";
        var controllers = mounts.Where(fields => fields[2] == "cgroup").Select(fields => Path.GetFileName(fields[1])).ToArray();
        if (controllers.Length > 0)
            return new(subject, FindingState.Ok, string.Join(' ', controllers));
        return mounts.Any(fields => fields[2] == "cgroup2")
            ? new(subject, FindingState.Ok, "not mounted: v2 is used")
            : new(subject, FindingState.Missing, "not mounted", "process pods work without; in a container mount /sys/fs/cgroup read-only");
    }

    private static List<string[]> Mounts() =>
        Examination.ReadText("/proc/mounts")?.Split('\n').Select(line => line.Split(' ')).Where(fields => fields.Length > 2).ToList() ?? [];
}
