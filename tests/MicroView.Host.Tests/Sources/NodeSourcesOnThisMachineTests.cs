using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using MicroView.Protocol;
using static MicroView.Host.Tests.NodeSourcesTests;

namespace MicroView.Host.Tests;

/// <summary>Against the real kernel, with what only root may do.</summary>
[Trait("group", "slow")]
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class NodeSourcesOnThisMachineTests
{
    private static readonly string[] Controllers = ["cpuacct", "cpu", "memory", "blkio", "pids"];

    private static bool HasVersion1 => Machine.IsRoot && Array.TrueForAll(Controllers, c => Directory.Exists($"/sys/fs/cgroup/{c}"));

    [Fact]
    public void A_version_1_cgroup_is_seen_from_birth_to_removal()
    {
        Assert.SkipUnless(HasVersion1, "needs root and mounted version 1 controllers");
        var name = $"microview-test-{Environment.ProcessId}";
        var pods = new RecordingPods();
        using var child = Shell("read x; while :; do :; done");
        try
        {
            using var sources = NodeSources.Start(pods, new() { SlowInterval = TimeSpan.FromMilliseconds(200), Linger = TimeSpan.FromHours(1) }, NullLogger.Instance);
            foreach (var controller in Controllers)
            {
                Directory.CreateDirectory($"/sys/fs/cgroup/{controller}/{name}");
                File.WriteAllText($"/sys/fs/cgroup/{controller}/{name}/cgroup.procs", child.Id.ToString(CultureInfo.InvariantCulture));
            }
            child.StandardInput.WriteLine("go");
            RecordedPod? pod = null;
            Eventually(() => (pod = pods.Find(name)) is { Count: > 30 }, "thirty rows of the cgroup");
            var rows = pod!.Rows;
            var cpu = pod.Series("container_cpu_usage_seconds_total");
            Assert.Equal(cpu.Order(), cpu);
            Assert.InRange((cpu[^1] - cpu[5]) / ((rows[^1].TimeNs - rows[5].TimeNs) / 1e9), 0.05, 1.05);
            Assert.Equal(1, pod.Last["container_threads"]);
            foreach (var metric in (string[])["container_memory_usage_bytes", "container_memory_rss", "container_fs_reads_total", "container_memory_failcnt", "container_cpu_cfs_throttled_periods_total"])
                Assert.True(pod.Last.ContainsKey(metric), metric);
            child.Kill();
            child.WaitForExit();
            foreach (var controller in Controllers)
                Eventually(() => RemoveCgroup($"/sys/fs/cgroup/{controller}/{name}"), "removal of the test's cgroup");
            Eventually(() => pods.Find(name) is null, "retirement of the removed cgroup, which the kernel tells through the held files");
        }
        finally
        {
            if (!child.HasExited)
                child.Kill();
            child.WaitForExit();
            foreach (var controller in Controllers)
                if (Directory.Exists($"/sys/fs/cgroup/{controller}/{name}"))
                    Eventually(() => RemoveCgroup($"/sys/fs/cgroup/{controller}/{name}"), "removal of the test's cgroup");
        }
    }

    [Fact]
    public void A_network_namespace_of_its_own_is_counted()
    {
        Assert.SkipUnless(Machine.IsRoot && File.Exists("/usr/bin/unshare"), "needs root and unshare");
        var pods = new RecordingPods();
        var start = new ProcessStartInfo("/usr/bin/unshare", ["--net", "/bin/sleep", "60"]);
        using var child = Process.Start(start)!;
        try
        {
            Eventually(() => File.ReadAllText($"/proc/{child.Id}/comm").StartsWith("sleep", StringComparison.Ordinal), "unshare");
            using var sources = NodeSources.Start(pods, new() { Cgroups = false, Grouping = "pid" }, NullLogger.Instance);
            Eventually(() => pods.Living.Any(p => p.Pod == $"sleep:{child.Id}"), "the child's pod");
            Assert.Equal(0, pods.Find($"sleep:{child.Id}")!.Last["container_network_receive_bytes_total"]);
            Assert.DoesNotContain(pods.Living.Single(p => p.Identity.Labels!.ContainsKey("self")).Descriptors, d => d.Name.StartsWith("container_network", StringComparison.Ordinal));
        }
        finally
        {
            child.Kill();
        }
    }

    [Fact]
    public void A_child_that_exits_and_comes_back_is_one_pod_whose_counters_go_on()
    {
        var pods = new RecordingPods();
        var script = Path.Combine(Path.GetTempPath(), $"microview-worker-{Environment.ProcessId}.sh");
        File.WriteAllText(script, "while :; do :; done\n");
        try
        {
            using var sources = NodeSources.Start(pods, new() { Cgroups = false, SlowInterval = TimeSpan.FromMilliseconds(200) }, NullLogger.Instance);
            RecordedPod? pod = null;
            for (var life = 0; life < 3; life++)
            {
                using var child = Process.Start("/bin/sh", script);
                Eventually(() => (pod = pods.Living.FirstOrDefault(p => p.Identity.Service == Path.GetFileName(script))) is { Count: > 5 } && pod.Last["process_group_processes"] == 1, "rows of the child");
                child.Kill();
                child.WaitForExit();
                Eventually(() => pod!.Last["process_group_processes"] == 0, "its exit");
            }
            var cpu = pod!.Series("process_cpu_seconds_total");
            Assert.Equal(cpu.Order(), cpu);
            Assert.Single(pods.Pods, p => p.Identity.Service == Path.GetFileName(script));
        }
        finally
        {
            File.Delete(script);
        }
    }

    [Fact]
    public void Another_user_is_not_told_of_io_and_hears_why()
    {
        Assert.SkipUnless(Machine.IsRoot && File.Exists("/usr/bin/setpriv"), "needs root and setpriv");
        var copy = Directory.CreateTempSubdirectory("microview-nobody").FullName;
        try
        {
            File.SetUnixFileMode(copy, (UnixFileMode)0x1ED); // 0755
            foreach (var file in Directory.GetFiles(AppContext.BaseDirectory))
                File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
            var start = new ProcessStartInfo("/usr/bin/setpriv",
                ["--reuid", "65534", "--regid", "65534", "--clear-groups", Path.Combine(copy, "MicroView.Host.Tests"), "-method", $"{typeof(OrdinaryUserTests).FullName}.*"])
            { RedirectStandardOutput = true, WorkingDirectory = "/", Environment = { ["HOME"] = "/tmp", ["DOTNET_ROOT"] = Path.GetDirectoryName(Environment.ProcessPath is { } p && Path.GetFileName(p) == "dotnet" ? p : Dotnet()) } };
            using var child = Process.Start(start)!;
            var output = child.StandardOutput.ReadToEnd();
            child.WaitForExit();
            Assert.True(child.ExitCode == 0 && output.Contains("Total: 1", StringComparison.Ordinal) && output.Contains("Skipped: 0", StringComparison.Ordinal), output);
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    private static string Dotnet()
    {
        var runtime = System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(); // …/shared/Microsoft.NETCore.App/VERSION/
        return Path.GetFullPath(Path.Combine(runtime, "../../../dotnet"));
    }

    private static bool RemoveCgroup(string path)
    {
        try
        {
            Directory.Delete(path);
            return true;
        }
        catch (IOException)
        {
            return !Directory.Exists(path);
        }
    }
}

/// <summary>What an ordinary user sees: run as root it is skipped, and run again as nobody.</summary>
[Trait("group", "slow")]
public sealed class OrdinaryUserTests
{
    [Fact]
    public void Processes_of_others_have_cpu_and_memory_but_no_io()
    {
        Assert.SkipWhen(Machine.IsRoot, "for an ordinary user; as root, another test runs it as nobody");
        var pods = new RecordingPods();
        using var sources = NodeSources.Start(pods, new() { Cgroups = false, Grouping = "pid" }, NullLogger.Instance);
        Eventually(() => pods.Living.Any(p => p.Identity.Labels!.ContainsKey("self")) && pods.Living.Any(p => p.Pod.EndsWith(":1", StringComparison.Ordinal)), "two pods");
        var init = pods.Living.Single(p => p.Pod.EndsWith(":1", StringComparison.Ordinal));
        Assert.True(init.Last["process_cpu_seconds_total"] > 0 && init.Last["process_resident_memory_bytes"] > 0);
        Assert.DoesNotContain(init.Descriptors, d => d.Name.StartsWith("process_io", StringComparison.Ordinal));
        Assert.Contains(pods.Living.Single(p => p.Identity.Labels!.ContainsKey("self")).Descriptors, d => d.Name == "process_io_bytes_total");
        Eventually(() => sources.MissingPermissions.Any(line => line.Contains("I/O", StringComparison.Ordinal)), "the reason");
    }
}
