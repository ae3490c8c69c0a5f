using MicroView.Protocol;

namespace MicroView.Host.Tests;

public sealed class CgroupPodTests
{
    private const string Id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private const string Uid = "11111111-2222-3333-4444-555555555555";
    private const string KubePath = $"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod11111111_2222_3333_4444_555555555555.slice/cri-containerd-{Id}.scope";

    internal static NodeFixture Version2(string path, string processes = "50\n")
    {
        var node = new NodeFixture();
        node.Write("cgroup/cgroup.controllers", "cpu io memory pids\n");
        node.Write("cgroup/cgroup.procs", "1\n");
        var folder = $"cgroup{path}";
        node.Write($"{folder}/cgroup.procs", processes);
        node.Write($"{folder}/cpu.stat", "usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\nnr_periods 9\nnr_throttled 3\nthrottled_usec 750000\n");
        node.Write($"{folder}/memory.current", "10000000\n");
        node.Write($"{folder}/memory.max", "20000000\n");
        node.Write($"{folder}/memory.stat", "anon 6000000\nfile 3000000\nkernel 1\ninactive_file 1000000\npgfault 77\npgmajfault 4\n");
        node.Write($"{folder}/memory.events", "low 0\nhigh 0\nmax 5\noom 1\noom_kill 1\n");
        node.Write($"{folder}/io.stat", "8:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n8:16 rbytes=4 wbytes=8 rios=10 wios=20 dbytes=9 dios=9\n");
        node.Write($"{folder}/pids.current", "12\n");
        node.Write($"{folder}/cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=9\n");
        node.Process(50, "/app/server", cgroup: $"0::{path}");
        return node;
    }

    [Fact]
    public void A_kubernetes_container_of_version_2_is_one_pod_with_a_whole_row()
    {
        using var node = Version2(KubePath);
        node.Write($"log/containers/checkout-7d4b9c6f5d-x2x9k_shop_server-{Id}.log", "");
        node.Tick(2);
        var pod = Assert.Single(node.Pods.Living); // and its process is none of its own
        Assert.Equal(("shop/checkout-7d4b9c6f5d-x2x9k/server", "checkout", "server"), (pod.Pod, pod.Identity.Service, pod.Identity.Container));
        Assert.Equal(new Dictionary<string, string>
        {
            ["source"] = "cgroup", ["container_id"] = Id[..12], ["runtime"] = "containerd", ["pod_uid"] = Uid, ["namespace"] = "shop", ["pod_name"] = "checkout-7d4b9c6f5d-x2x9k",
        }, pod.Identity.Labels);
        Assert.Equal(new Dictionary<string, double>
        {
            ["container_cpu_usage_seconds_total"] = 2.5, ["container_cpu_cfs_throttled_seconds_total"] = 0.75, ["container_cpu_cfs_throttled_periods_total"] = 3,
            ["container_memory_usage_bytes"] = 10_000_000, ["container_memory_rss"] = 6_000_000, ["container_memory_cache"] = 3_000_000,
            ["container_memory_working_set_bytes"] = 9_000_000, ["container_spec_memory_limit_bytes"] = 20_000_000, ["container_memory_failcnt"] = 5,
            ["container_oom_events_total"] = 1, ["container_memory_failures_total{pgfault}"] = 77, ["container_memory_failures_total{pgmajfault}"] = 4,
            ["container_fs_reads_bytes_total"] = 4100, ["container_fs_writes_bytes_total"] = 8200, ["container_fs_reads_total"] = 11,
            ["container_fs_writes_total"] = 22, ["container_threads"] = 12, ["container_pressure_cpu_waiting_seconds_total"] = 1.5,
        }, pod.Last);
    }

    [Fact]
    public void Without_the_kubelets_links_the_members_environment_tells_the_name()
    {
        using var node = Version2(KubePath);
        node.Write("proc/50/environ", "PATH=/bin\0HOSTNAME=cart-0\0POD_NAMESPACE=shop\0");
        node.Tick();
        var pod = Assert.Single(node.Pods.Living);
        Assert.Equal(($"shop/cart-0/{Id[..12]}", "cart"), (pod.Pod, pod.Identity.Service));
    }

    [Fact]
    public void Docker_tells_names_and_compose_services()
    {
        using var node = Version2($"/system.slice/docker-{Id}.scope");
        node.Write($"docker/containers/{Id}/config.v2.json", """{"ID":"x","Name":"/shop-web-1","Config":{"Labels":{"com.docker.compose.service":"web"}}}""");
        node.Tick();
        var pod = Assert.Single(node.Pods.Living);
        Assert.Equal(("shop-web-1", "web", "docker"), (pod.Pod, pod.Identity.Service, pod.Identity.Labels!["runtime"]));
    }

    [Fact]
    public void A_service_covers_its_processes_and_a_session_does_not()
    {
        using var node = Version2("/system.slice/nginx.service");
        node.Write("cgroup/user.slice/user-0.slice/session-3.scope/cgroup.procs", "60\n");
        node.Process(60, "bash", cgroup: "0::/user.slice/user-0.slice/session-3.scope");
        node.Tick(2);
        Assert.Equal(["bash", "nginx.service"], node.Pods.Living.Select(p => p.Pod).Order());
        Assert.Equal("nginx", node.Pods.Find("nginx.service")!.Identity.Service);
    }

    [Fact]
    public void All_processes_are_pods_too_when_asked_for()
    {
        using var node = Version2("/system.slice/nginx.service");
        var sampler = node.With(o => o with { Processes = ProcessScope.All });
        sampler.Tick();
        Assert.Equal(["nginx.service", "server"], node.Pods.Living.Select(p => p.Pod).Order());
    }

    [Fact]
    public void A_container_that_starts_later_takes_its_process_over()
    {
        using var node = Version2("/other.slice/first.service");
        node.Process(70, "worker");
        node.Tick(2);
        Assert.NotNull(node.Pods.Find("worker"));
        var path = $"/docker/{Id}";
        node.Write($"cgroup{path}/cgroup.procs", "70\n");
        node.Write($"cgroup{path}/cpu.stat", "usage_usec 1\n");
        node.Process(70, "worker", cgroup: $"0::{path}");
        node.Tick(4);
        Assert.Equal([Id[..12], "first.service"], node.Pods.Living.Select(p => p.Pod).Order());
    }

    [Fact]
    public void Cut_and_hostile_files_leave_the_last_values()
    {
        using var node = Version2("/system.slice/a.service");
        node.Tick();
        var before = Assert.Single(node.Pods.Living).Last;
        foreach (var (file, text) in ((string, string)[])
            [("cpu.stat", "usage_usec"), ("memory.stat", "anon -5\npgfault 12x"), ("memory.current", ""), ("io.stat", "8:0 rbytes=\n\n= = =\n"),
             ("memory.events", "max 99999999999999999999999999\n"), ("cpu.pressure", "some total"), ("pids.current", "max\n")])
            node.Write($"cgroup/system.slice/a.service/{file}", text);
        node.Tick(2);
        var after = node.Pods.Living[0].Last;
        foreach (var name in (string[])["container_cpu_usage_seconds_total", "container_memory_rss", "container_fs_reads_bytes_total", "container_memory_usage_bytes", "container_threads"])
            Assert.Equal(before[name], after[name]);
    }

    [Theory]
    [InlineData("/", null)]
    [InlineData("/system.slice", null)]
    [InlineData("/init.scope", null)]
    [InlineData("/user.slice/user-1000.slice/session-2.scope", null)]
    [InlineData("/user.slice/user-1000.slice/user@1000.service/init.scope", null)]
    [InlineData("/user.slice/user-1000.slice/user@1000.service/app.slice/web.service", "/user.slice/user-1000.slice/user@1000.service/app.slice/web.service")]
    [InlineData("/system.slice/web.service/inner/leaf", "/system.slice/web.service")]
    [InlineData("/machine.slice/libpod-conmon-" + Id + ".scope", null)]
    [InlineData("/machine.slice/libpod-" + Id + ".scope/container", "/machine.slice/libpod-" + Id + ".scope")]
    [InlineData("/docker/" + Id + "/system.slice/web.service", "/docker/" + Id)]
    [InlineData("/kubepods/besteffort/pod" + Uid + "/" + Id, "/kubepods/besteffort/pod" + Uid + "/" + Id)]
    [InlineData("/kubepods/besteffort/pod" + Uid, null)]
    [InlineData("/jobs/batch-7", "/jobs/batch-7")]
    public void The_unit_of_a_path(string path, string? unit) => Assert.Equal(unit, CgroupUnit.Of(path)?.Path);

    [Theory]
    [InlineData("checkout-7d4b9c6f5d-x2x9k", "checkout")]
    [InlineData("cart-0", "cart")]
    [InlineData("node-exporter-b7k2x", "node-exporter")]
    [InlineData("single", "single")]
    [InlineData("my-house", "my-house")]
    public void The_service_of_a_kubernetes_pod(string pod, string service) => Assert.Equal(service, ReplicaNames.ServiceOf(pod));

    [Fact]
    public void What_rests_is_left_alone_until_the_usage_moves_or_there_is_little_room()
    {
        const string folder = "cgroup/system.slice/a.service";
        using var node = Version2("/system.slice/a.service");
        node.Write($"{folder}/memory.events", "max 0\noom_kill 0\n");
        var sampler = node.With(o => o with { IdleRefresh = TimeSpan.FromHours(1) });
        double Value(string name) => Assert.Single(node.Pods.Living).Last[name];
        var rows = 0;
        void Tick() // something runs before each row
        {
            node.Write($"{folder}/cpu.stat", $"usage_usec {2_500_000 + 1_000_000 * rows}\nnr_throttled {3 + rows++}\nthrottled_usec 850000\n");
            sampler.Tick();
        }

        Tick();
        node.Write($"{folder}/memory.stat", "anon 5000000\npgmajfault 9\n");
        node.Write($"{folder}/memory.events", "max 3\noom_kill 2\n");
        node.Write($"{folder}/pids.current", "13\n");
        Tick();
        Assert.Equal((3.5, 4, 13), (Value("container_cpu_usage_seconds_total"), Value("container_cpu_cfs_throttled_periods_total"), Value("container_threads")));
        Assert.Equal((6_000_000, 0), (Value("container_memory_rss"), Value("container_oom_events_total"))); // not read again

        node.Write($"{folder}/memory.current", "10004096\n");
        Tick();
        Assert.Equal((5_000_000, 9, 0), (Value("container_memory_rss"), Value("container_memory_failures_total{pgmajfault}"), Value("container_oom_events_total")));

        node.Write($"{folder}/memory.current", "19000000\n"); // of 20,000,000
        Tick();
        Assert.Equal((3, 2), (Value("container_memory_failcnt"), Value("container_oom_events_total")));
        node.Write($"{folder}/memory.current", "1000000\n");
        node.Write($"{folder}/memory.events", "max 3\noom_kill 3\n");
        Tick();
        Assert.Equal(3, Value("container_oom_events_total")); // it moved a row ago
        node.Write($"{folder}/memory.events", "max 3\noom_kill 4\n");
        Tick();
        Assert.Equal(4, Value("container_oom_events_total"));
        Tick();
        node.Write($"{folder}/memory.events", "max 3\noom_kill 5\n");
        Tick();
        Assert.Equal(4, Value("container_oom_events_total")); // it stood still for a row
    }

    [Fact]
    public void Files_that_are_seldom_read_are_not_held_open()
    {
        const string folder = "cgroup/system.slice/a.service";
        using var node = Version2("/system.slice/a.service");
        string[] Held(TimeSpan idleRefresh)
        {
            var sampler = node.With(o => o with { IdleRefresh = idleRefresh });
            for (var row = 1; row < 5; row++)
            {
                node.Write($"{folder}/cpu.stat", $"usage_usec {1_000_000 * row}\n");
                node.Write($"{folder}/memory.current", $"{1_000_000 * row}\n");
                sampler.Tick();
                Thread.Sleep(5);
            }
            string[] held = [.. Directory.GetFiles("/proc/self/fd").Select(file => new FileInfo(file).LinkTarget ?? "").Where(file => file.StartsWith(node.Options.CgroupRoot, StringComparison.Ordinal)).Select(file => Path.GetFileName(file)!)];
            sampler.Close();
            return held;
        }

        var seldom = Held(TimeSpan.FromMilliseconds(1)); // its turn has come at each row
        Assert.Contains("cpu.stat", seldom);
        Assert.Contains("memory.current", seldom);
        Assert.DoesNotContain("memory.stat", seldom);
        Assert.Contains("memory.stat", Held(TimeSpan.FromHours(1))); // the usage moves with each row
    }

    [Fact]
    public void Throttling_is_told_by_every_row_of_a_version_1_cgroup_with_a_quota()
    {
        using var node = new NodeFixture();
        foreach (var (name, quota) in ((string, int)[])[("with", 1), ("without", 0)])
        {
            node.Write($"cgroup/cpuacct/system.slice/{name}.service/cpuacct.usage", "1000000000\n");
            node.Write($"cgroup/cpuacct/system.slice/{name}.service/cgroup.procs", "50\n");
            node.Write($"cgroup/cpu/system.slice/{name}.service/cpu.stat", $"nr_periods {quota}\nnr_throttled 0\nthrottled_time 0\n");
        }
        node.Process(50, "/app/server", cgroup: "3:cpuacct:/system.slice/with.service");
        var sampler = node.With(o => o with { IdleRefresh = TimeSpan.FromHours(1) });
        sampler.Tick();
        foreach (var name in (string[])["with", "without"])
        {
            node.Write($"cgroup/cpuacct/system.slice/{name}.service/cpuacct.usage", "2000000000\n");
            node.Write($"cgroup/cpu/system.slice/{name}.service/cpu.stat", "nr_periods 2\nnr_throttled 1\nthrottled_time 9\n");
        }
        sampler.Tick();
        Assert.Equal(1, node.Pods.Find("with.service")!.Last["container_cpu_cfs_throttled_periods_total"]);
        Assert.Equal(0, node.Pods.Find("without.service")!.Last["container_cpu_cfs_throttled_periods_total"]); // without one nothing can be throttled
    }
}
