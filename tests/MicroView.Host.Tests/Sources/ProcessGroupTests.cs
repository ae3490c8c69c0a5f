using CsCheck;

namespace MicroView.Host.Tests;

public sealed class ProcessGroupTests
{
    [Fact]
    public void A_group_is_the_sum_of_its_processes_and_says_what_it_read()
    {
        using var node = new NodeFixture();
        node.Process(10, "/usr/sbin/nginx -g", ticks: 150, faults: 7);
        node.Process(11, "/usr/sbin/nginx -w", ticks: 50, faults: 5, start: 300);
        foreach (var id in (int[])[10, 11])
        {
            node.Write($"proc/{id}/io", "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 6\ncancelled_write_bytes: 0\n");
            node.Write($"proc/{id}/schedstat", "9000000 2000000000 40\n");
        }
        node.Tick(2);
        var pod = Assert.Single(node.Pods.Living);
        Assert.Equal(("nginx", "nginx"), (pod.Pod, pod.Identity.Service));
        var page = Environment.SystemPageSize;
        Assert.Equal(new Dictionary<string, double>
        {
            ["process_cpu_seconds_total"] = 2, ["process_resident_memory_bytes"] = 1000 * page, ["process_anonymous_memory_bytes"] = 600 * page,
            ["process_virtual_memory_bytes"] = 4000 * page, ["process_page_faults_total{minor}"] = 12, ["process_page_faults_total{major}"] = 4,
            ["process_threads"] = 6, ["process_group_processes"] = 2, ["process_context_switches_total"] = 80, ["process_cpu_wait_seconds_total"] = 4,
            ["process_io_bytes_total{read}"] = 2, ["process_io_bytes_total{write}"] = 4, ["process_io_calls_total{read}"] = 6,
            ["process_io_calls_total{write}"] = 8, ["process_storage_bytes_total{read}"] = 10, ["process_storage_bytes_total{write}"] = 12,
            ["process_start_time_seconds"] = 1700000001,
        }, pod.Last);
    }

    [Fact]
    public void What_cannot_be_read_is_not_described()
    {
        using var node = new NodeFixture();
        node.Process(10, "app");
        node.Tick(2);
        var names = Assert.Single(node.Pods.Living).Descriptors.Select(d => d.Name).ToHashSet();
        Assert.Contains("process_cpu_seconds_total", names);
        Assert.DoesNotContain("process_io_bytes_total", names);
        Assert.DoesNotContain("process_context_switches_total", names);
        Assert.DoesNotContain("process_open_fds", names);
    }

    [Fact]
    public void An_exit_leaves_the_counters_and_takes_the_gauges()
    {
        using var node = new NodeFixture();
        node.Process(10, "app", ticks: 100);
        node.Process(11, "app", ticks: 30);
        node.Tick(2);
        node.Remove("proc/11");
        node.Tick(2);
        var last = Assert.Single(node.Pods.Living).Last;
        Assert.Equal((1.3, 1, 500 * Environment.SystemPageSize), (last["process_cpu_seconds_total"], last["process_group_processes"], last["process_resident_memory_bytes"]));
    }

    [Fact]
    public void A_reused_process_id_is_another_process()
    {
        using var node = new NodeFixture();
        node.Process(10, "app", ticks: 500);
        node.Process(11, "other", ticks: 1);
        node.Tick(2);
        node.Process(10, "app", ticks: 20, start: 900);
        node.Tick(3);
        var pod = node.Pods.Find("app")!;
        Assert.Equal(5.2, pod.Last["process_cpu_seconds_total"], 9);
        Assert.Equal(1, pod.Last["process_group_processes"]);
        node.Process(10, "other", ticks: 7, start: 1700);
        node.Tick(3);
        Assert.Equal(2, node.Pods.Find("other")!.Last["process_group_processes"]);
        Assert.Null(node.Pods.Find("app")); // no process is left
    }

    [Fact]
    public void Kernel_threads_and_the_dead_are_no_pods()
    {
        using var node = new NodeFixture();
        node.Process(2, "", name: "kthreadd", flags: 0x208040);
        node.Process(10, "app", state: 'Z', threads: 1);
        node.Process(11, "live");
        node.Tick(2);
        Assert.Equal(["live"], node.Pods.Pods.Select(p => p.Pod));
    }

    [Fact]
    public void A_process_that_died_becomes_none_even_while_its_parent_does_not_wait()
    {
        using var node = new NodeFixture();
        node.Process(10, "app");
        node.Tick(2);
        node.Write("proc/10/stat", File.ReadAllText($"{node.Options.ProcRoot}/10/stat").Replace(") S ", ") Z ", StringComparison.Ordinal).Replace(" 20 0 3 0 ", " 20 0 1 0 ", StringComparison.Ordinal));
        node.Tick(3);
        Assert.Empty(node.Pods.Living);
    }

    [Fact]
    public void A_process_may_vanish_between_any_two_reads()
    {
        string[] files = ["stat", "statm", "cmdline", "cgroup", "io", "schedstat"];
        for (var missing = 0; missing < 1 << files.Length; missing++)
        {
            using var node = new NodeFixture();
            node.Process(9, "stays");
            node.Process(10, "app");
            node.Write("proc/10/io", "rchar: 1\n");
            node.Write("proc/10/schedstat", "1 2");
            if (missing % 2 == 0)
                node.Tick(); // seen whole once
            for (var file = 0; file < files.Length; file++)
                if ((missing & 1 << file) != 0)
                    node.Remove($"proc/10/{files[file]}");
            node.Tick(3);
            Assert.Equal(missing % 2 == 0 ? 4 : 3, node.Pods.Find("stays")!.Count);
        }
    }

    [Fact]
    public void An_empty_pod_lingers_and_goes_on_when_its_program_returns()
    {
        using var node = new NodeFixture();
        node.Process(10, "app", ticks: 100);
        node.Process(11, "other");
        var sampler = node.With(o => o with { Linger = TimeSpan.FromHours(1) });
        sampler.Tick();
        node.Remove("proc/10");
        sampler.Tick();
        sampler.Tick();
        var pod = node.Pods.Find("app")!;
        Assert.Equal((1, 0, double.NaN), (pod.Last["process_cpu_seconds_total"], pod.Last["process_group_processes"], pod.Last["process_resident_memory_bytes"]));
        node.Process(12, "app", ticks: 7, start: 5000);
        sampler.Tick();
        sampler.Tick();
        Assert.Same(pod, node.Pods.Find("app"));
        Assert.Equal((1.07, 1, 1700000050), (pod.Last["process_cpu_seconds_total"], pod.Last["process_group_processes"], pod.Last["process_start_time_seconds"]));
    }

    [Fact]
    public void A_process_that_moves_to_another_group_brings_no_past_with_it()
    {
        using var node = new NodeFixture();
        node.Process(10, "app", ticks: 100);
        node.Process(11, "other", ticks: 1000);
        node.Tick(2);
        node.Write("proc/11/cmdline", "app\0"); // exec: found at the second look, a second after the first
        NodeSourcesTests.Eventually(() => { node.Tick(); return node.Pods.Find("app")!.Last["process_group_processes"] == 2; }, "the move");
        Assert.Equal(1, node.Pods.Find("app")!.Last["process_cpu_seconds_total"]);
    }

    [Fact]
    public void A_quota_that_is_used_up_leaves_the_others_alone()
    {
        using var node = new NodeFixture { Pods = new() { MaxPods = 1 } };
        node.Process(10, "first");
        node.Tick();
        node.Process(11, "second");
        node.Tick(3);
        Assert.Equal(["first"], node.Pods.Pods.Select(p => p.Pod));
        Assert.True(node.Pods.Find("first")!.Count >= 3);
        Assert.True(node.Sampler.Counts.Snapshot().RefusedPods >= 1);
    }

    [Fact]
    public void Filters_choose_by_pod_and_by_service()
    {
        using var node = new NodeFixture();
        foreach (var (id, command) in ((int, string)[])[(10, "/usr/bin/python3 /srv/api.py"), (11, "nginx"), (12, "redis")])
            node.Process(id, command);
        var sampler = node.With(o => o with { Include = "^(api|nginx)", Exclude = "nginx" });
        sampler.Tick();
        sampler.Tick();
        Assert.Equal("python3:api.py", Assert.Single(node.Pods.Living).Pod);
    }

    [Fact]
    public void Counters_never_go_back_whoever_comes_and_goes()
    {
        // Each step: a process id, and what happens to it: it works, exits, or its id goes to another process.
        Gen.Select(Gen.Int[20, 24], Gen.Int[0, 3], Gen.Int[0, 50]).Array[1, 40].Sample(steps =>
        {
            using var node = new NodeFixture();
            var alive = new Dictionary<int, (long Ticks, long Start)> { [19] = (0, 50) }; // keeps the pod
            node.Process(19, "app", start: 50);
            double expected = 0;
            long start = 100;
            foreach (var (id, what, ticks) in steps)
            {
                if (what == 0 && alive.Remove(id))
                    node.Remove($"proc/{id}");
                else if (what == 1 || !alive.TryGetValue(id, out var process))
                {
                    alive[id] = (ticks, ++start);
                    expected += ticks;
                    node.Process(id, "app", ticks: ticks, start: start);
                }
                else
                {
                    alive[id] = (process.Ticks + ticks, process.Start);
                    expected += ticks;
                    node.Process(id, "app", ticks: process.Ticks + ticks, start: process.Start);
                }
                node.Tick(2);
                var pod = Assert.Single(node.Pods.Living);
                Assert.Equal(alive.Count, pod.Last["process_group_processes"]);
            }
            var cpu = node.Pods.Living[0].Series("process_cpu_seconds_total");
            Assert.Equal(cpu.Order(), cpu);
            Assert.True(cpu[^1] <= expected / 100 + 1e-9);
        }, iter: 30);
    }
}
