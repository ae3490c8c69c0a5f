using System.Diagnostics;
using System.Globalization;

namespace MicroView.Rdma.Suite;

/// <summary>Node sources on a real cgroup version 2 hierarchy, seen from the other machine: what the kernel's files say is what the endpoint shows.</summary>
internal static class CgroupCases
{
    private const string Root = "/sys/fs/cgroup", Cpu = "suite-cpu", Memory = "suite-memory", Io = "suite-io";
    private const long Limit = 64 << 20;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(40);

    // Metric and label, its cgroup, the kernel's file and the key in it ("": the file is the number), its unit in the metric's.
    private static readonly Reading[] s_readings =
    [
        new("container_cpu_usage_seconds_total", "", Cpu, "cpu.stat", "usage_usec", 1e-6),
        new("container_cpu_cfs_throttled_seconds_total", "", Cpu, "cpu.stat", "throttled_usec", 1e-6),
        new("container_cpu_cfs_throttled_periods_total", "", Cpu, "cpu.stat", "nr_throttled"),
        new("container_pressure_cpu_waiting_seconds_total", "", Cpu, "cpu.pressure", "total=", 1e-6),
        new("container_threads", "", Cpu, "pids.current", ""),
        new("container_memory_usage_bytes", "", Memory, "memory.current", ""),
        new("container_memory_rss", "", Memory, "memory.stat", "anon"),
        new("container_memory_cache", "", Memory, "memory.stat", "file"),
        new("container_spec_memory_limit_bytes", "", Memory, "memory.max", ""),
        new("container_memory_failcnt", "", Memory, "memory.events", "max"),
        new("container_oom_events_total", "", Memory, "memory.events", "oom_kill"),
        new("container_memory_failures_total", "pgfault", Io, "memory.stat", "pgfault"),
        new("container_fs_reads_bytes_total", "", Io, "io.stat", "rbytes="),
        new("container_fs_reads_total", "", Io, "io.stat", "rios="),
    ];

    public static IReadOnlyList<(string Name, Action<Machines, Detail> Run)> Table { get; } = [("values_of_cgroups", Values_of_cgroups)];

    private static void Values_of_cgroups(Machines machines, Detail detail)
    {
        Check.True(machines.There.Run($"grep -q ' {Root} cgroup2 ' /proc/mounts").ExitCode == 0, $"the other machine has cgroups of version 2 at {Root}");
        try
        {
            Begin(machines);
            machines.StartAgent("--sources cgroups");
            var collector = machines.StartCollector("--scrape-interval 0.1");
            Machines.Until(() => Shown(collector, s_readings[0]) is not null && Shown(collector, s_readings[5]) is not null && Shown(collector, s_readings[^1]) is not null,
                s_patience, "the three cgroups arrive");
            Compare(machines, collector);
            detail.Add($"{s_readings.Length} metrics as the kernel's files say");
            Kill(machines, collector, detail);
            machines.There.Do($"for p in cpu memory io; do kill -KILL $(cat {Root}/suite-$p/cgroup.procs); done; sleep 0.2; rmdir {Root}/{Cpu} {Root}/{Memory} {Root}/{Io}");
            detail.Add("removed cgroups are gone " + Machines.TimeOf(() => !collector.Samples().Any(one => one.Name.StartsWith("container_", StringComparison.Ordinal)), s_patience, "the removed cgroups leave"));
        }
        finally
        {
            machines.There.Run($"for c in {Cpu} {Memory} {Io}; do [ -d {Root}/$c ] && kill -KILL $(cat {Root}/$c/cgroup.procs); done; sleep 0.2; rmdir {Root}/{Cpu} {Root}/{Memory} {Root}/{Io}; rm -f /dev/shm/microview-suite");
        }
    }

    /// <summary>A process that burns a fifth of a core, one that holds memory and page cache and sleeps, one that reads a disk.</summary>
    private static void Begin(Machines machines)
    {
        machines.There.Do($"echo '+cpu +memory +io +pids' >{Root}/cgroup.subtree_control; mkdir {Root}/{Cpu} {Root}/{Memory} {Root}/{Io} && "
            + $"echo '20000 100000' >{Root}/{Cpu}/cpu.max && echo {Limit} >{Root}/{Memory}/memory.max && echo 0 >{Root}/{Memory}/memory.swap.max 2>/dev/null; [ -d {Root}/{Io} ]");
        machines.Background("cpu", $"sh -c 'echo $$ >{Root}/{Cpu}/cgroup.procs; while :; do :; done'");
        machines.Background("memory", $"sh -c 'echo $$ >{Root}/{Memory}/cgroup.procs; dd if=/dev/zero of=/dev/shm/microview-suite bs=65536 count=160 2>/dev/null; exec sleep 1000'");
        var disk = machines.There.Do("for d in /sys/block/*; do case $d in */loop*|*/ram*|*/zram*|*/sr*) ;; *) [ $(cat $d/size) -ge 65536 ] && echo /dev/${d##*/} && break ;; esac; done").Trim();
        Check.True(disk.Length > 0, "the other machine has a disk to read from");
        machines.Background("io", $"sh -c 'echo $$ >{Root}/{Io}/cgroup.procs; i=0; while :; do dd if={disk} of=/dev/null bs=65536 count=4 skip=$i iflag=direct 2>/dev/null; i=$(((i + 4) % 500)); sleep 0.3; done'");
    }

    /// <summary>What is shown lies between what the kernel said 2.5 s before and what it says afterwards; tried again, since a row may be late.</summary>
    private static void Compare(Machines machines, CollectorProcess collector)
    {
        string[] wrong = [];
        double[] after = [];
        var started = Stopwatch.GetTimestamp();
        do
        {
            var before = Kernel(machines);
            Thread.Sleep(2500);
            var samples = collector.Samples();
            after = Kernel(machines);
            wrong = [.. s_readings.Select((reading, i) => (reading, shown: Shown(samples, reading), low: Math.Min(before[i], after[i]), high: Math.Max(before[i], after[i])))
                .Where(one => !(one.shown >= one.low - 1e-9 && one.shown <= one.high + 1e-9))
                .Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.reading.Metric} of {one.reading.Pod} is {one.shown}; {one.reading.File} {one.reading.Key} said {one.low} to {one.high}"))];
        }
        while (wrong.Length > 0 && Stopwatch.GetElapsedTime(started) < s_patience);
        Check.True(wrong.Length == 0, string.Join("; ", wrong));
        foreach (var moves in (string[])["usage_usec", "nr_throttled", "rbytes=", "pgfault", "memory.current", "file"])
        {
            var i = Array.FindIndex(s_readings, reading => reading.Key == moves || reading.File == moves);
            Check.True(after[i] > 0, $"{s_readings[i].Metric} counts something");
        }
        Check.Equal(Limit, after[Array.FindIndex(s_readings, reading => reading.File == "memory.max")], "the limit that was set");
    }

    /// <summary>A second process of the cgroup takes more than its limit: the kernel kills it, and that is shown.</summary>
    private static void Kill(Machines machines, CollectorProcess collector, Detail detail)
    {
        machines.There.Run($"sh -c 'echo $$ >{Root}/{Memory}/cgroup.procs; exec tail -c 200m /dev/zero'", TimeSpan.FromSeconds(60));
        var oom = Array.FindIndex(s_readings, reading => reading.Key == "oom_kill");
        var killed = Kernel(machines)[oom];
        Check.True(killed >= 1, "the kernel has killed for want of memory");
        detail.Add("a kill for want of memory is shown " + Machines.TimeOf(() => Shown(collector, s_readings[oom]) == killed, s_patience, "the kill is shown"));
    }

    private static double? Shown(CollectorProcess collector, Reading reading) => Shown(collector.Samples(), reading);

    private static double? Shown(IReadOnlyList<Sample> samples, Reading reading) =>
        samples.FirstOrDefault(one => one.Name == reading.Metric && one.Label("pod") == reading.Pod && (reading.Label.Length == 0 || one.Label("failure_type") == reading.Label))?.Value;

    /// <summary>What the kernel's files say now, each in its metric's unit.</summary>
    private static double[] Kernel(Machines machines)
    {
        var files = s_readings.Select(reading => $"{reading.Pod}/{reading.File}").Distinct().ToArray();
        var text = machines.There.Do($"cd {Root} && for f in {string.Join(' ', files)}; do echo \"== $f\"; cat $f; done");
        var sections = text.Split("== ", StringSplitOptions.RemoveEmptyEntries).ToDictionary(section => section[..section.IndexOf('\n', StringComparison.Ordinal)].Trim(), section => section);
        return [.. s_readings.Select(reading => reading.Scale * Number(sections[$"{reading.Pod}/{reading.File}"], reading.Key))];
    }

    /// <summary>The first number behind the key: in "key 5" and "key=5"; several devices are summed.</summary>
    private static double Number(string section, string key)
    {
        var lines = section.Split('\n').Skip(1).Select(line => line.Trim()).Where(line => line.Length > 0).ToArray();
        if (key.Length == 0)
            return double.Parse(lines[0], CultureInfo.InvariantCulture);
        if (!key.EndsWith('='))
            return double.Parse(lines.First(line => line.StartsWith(key + " ", StringComparison.Ordinal))[(key.Length + 1)..], CultureInfo.InvariantCulture);
        var found = lines.Where(line => !line.StartsWith("full", StringComparison.Ordinal)).SelectMany(line => line.Split(' ')).Where(word => word.StartsWith(key, StringComparison.Ordinal));
        return found.Sum(word => double.Parse(word[key.Length..], CultureInfo.InvariantCulture));
    }

    private sealed record Reading(string Metric, string Label, string Pod, string File, string Key, double Scale = 1);
}
