using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;

namespace MicroView.Host.Tests;

public sealed class NodeSourcesTests
{
    private static readonly NodeSourceOptions Quick = new() { Cgroups = false, MinimumAge = TimeSpan.Zero, SlowInterval = TimeSpan.FromMilliseconds(200), Tick = TimeSpan.FromMilliseconds(50) };

    internal static void Eventually(Func<bool> condition, string what, int seconds = 20)
    {
        for (var clock = Stopwatch.StartNew(); !condition(); Thread.Sleep(20))
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(seconds), $"not within {seconds} s: {what}");
    }

    internal static Process Shell(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true };
        foreach (var argument in (string[])["-c", script, .. arguments])
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    [Fact]
    public void A_process_that_burns_a_core_is_seen_to_do_so()
    {
        var pods = new RecordingPods();
        using var child = Shell("while :; do :; done");
        try
        {
            using var sources = NodeSources.Start(pods, Quick with { Grouping = "pid" }, NullLogger.Instance);
            RecordedPod? pod = null;
            Eventually(() => (pod = pods.Living.FirstOrDefault(p => p.Pod.EndsWith($":{child.Id}", StringComparison.Ordinal))) is { Count: > 40 }, "forty rows of the child");
            var rows = pod!.Rows;
            var cpu = pod.Series("process_cpu_seconds_total");
            Assert.Equal(cpu.Order(), cpu);
            var cores = (cpu[^1] - cpu[10]) / ((rows[^1].TimeNs - rows[10].TimeNs) / 1e9);
            Assert.InRange(cores, 0.05, 1.05); // other work may share its core
            Assert.Equal(1, pod.Last["process_group_processes"]);
            Assert.True(pod.Last["process_resident_memory_bytes"] > 100_000);
        }
        finally
        {
            child.Kill();
        }
    }

    [Fact]
    public void The_agent_itself_is_a_pod_and_kernel_threads_are_not()
    {
        var pods = new RecordingPods();
        using (var sources = NodeSources.Start(pods, Quick, NullLogger.Instance))
        {
            Eventually(() => pods.Living.Any(p => p.Identity.Labels!.ContainsKey("self") && p.Count > 5), "its own rows");
            var own = pods.Living.Single(p => p.Identity.Labels!.ContainsKey("self"));
            Assert.True(own.Last["process_threads"] >= 2);
            Assert.True(own.Last["process_open_fds"] > 3 && own.Last["process_io_calls_total{read}"] > 100);
            Assert.DoesNotContain(pods.Pods, p => p.Pod.StartsWith("kworker", StringComparison.Ordinal) || p.Pod.StartsWith("kthreadd", StringComparison.Ordinal));
            Eventually(() => sources.Statistics.Rows > 100, "statistics");
        }
        Assert.Empty(pods.Living);
    }
}
