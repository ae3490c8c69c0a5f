using System.Diagnostics;
using System.Net.Sockets;

namespace MicroView.Rdma.Suite;

/// <summary>What breaks, and comes back without anybody's hand; each says how long it took.</summary>
internal static class FaultCases
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    public static IReadOnlyList<(string Name, Action<Machines, Detail> Run)> Table { get; } =
    [
        ("fault_agent_killed_and_restarted", Agent_killed_and_restarted),
        ("fault_agent_hangs", Agent_hangs_and_goes_on),
        ("fault_collector_killed_and_restarted", Collector_killed_and_restarted),
        ("fault_link_down_for_3_s", Link_down_for_3_s),
        ("fault_region_deregistered_while_read", Region_deregistered_while_read),
        ("fault_wrong_key_handed_out", Wrong_key_handed_out),
        ("fault_queue_pair_forced_to_error", Queue_pair_forced_to_error),
        ("fault_control_plane_unreachable_at_start", Control_plane_unreachable_at_start),
        ("fault_control_plane_unreachable_later", Control_plane_unreachable_later),
    ];

    private static CollectorProcess Begin(Machines machines, int pods = 4)
    {
        machines.StartAgent();
        machines.StartWriter(pods, 16);
        var collector = machines.StartCollector("--scrape-interval 0.1");
        collector.WaitForPods(pods);
        return collector;
    }

    /// <summary>The client passes its memory again: the same pods, the same values, nothing stale in between.</summary>
    private static void Agent_killed_and_restarted(Machines machines, Detail detail)
    {
        var collector = Begin(machines);
        machines.KillAgent();
        detail.Add("stale " + Machines.TimeOf(() => collector.PodsWithValues() == 0, TimeSpan.FromSeconds(10), "no value passes for fresh without an agent"));
        machines.StartAgent();
        detail.Add("back after its return " + Machines.TimeOf(() => collector.PodsWithValues() == 4, s_patience, "all pods are back"));
        detail.Add(new ValueCheck(machines, collector, ["w0", "w1", "w2", "w3"], 16).Run(TimeSpan.FromSeconds(2)));
        Check.True(!collector.HasEnded, "the collector has run through");
    }

    /// <summary>Its lease on the collector does not end while it stands still: when it goes on, nothing has to be connected anew.</summary>
    private static void Agent_hangs_and_goes_on(Machines machines, Detail detail)
    {
        var collector = Begin(machines);
        machines.KillAgent("STOP");
        detail.Add("stale " + Machines.TimeOf(() => collector.PodsWithValues() == 0, TimeSpan.FromSeconds(10), "no heartbeat, no fresh value"));
        Thread.Sleep(3000);
        machines.KillAgent("CONT");
        detail.Add("back after it goes on " + Machines.TimeOf(() => collector.PodsWithValues() == 4, s_patience, "all pods are back"));
        detail.Add(new ValueCheck(machines, collector, ["w0", "w3"], 16).Run(TimeSpan.FromSeconds(2)));
        Check.Equal(0.0, collector.Metric("microview_rdma_reconnects_total"), "connections anew");
        Check.Equal(1.0, machines.AgentMetric("microview_host_rdma_connects_total"), "queue pairs that the agent has connected");
    }

    /// <summary>Its queue pairs over there are still connected when the next one comes.</summary>
    private static void Collector_killed_and_restarted(Machines machines, Detail detail)
    {
        machines.StartAgent(queues: 1);
        machines.StartWriter(4, 16);
        var first = machines.StartCollector("--scrape-interval 0.1");
        first.WaitForPods(4);
        first.Signal("KILL");
        var second = machines.StartCollector("--scrape-interval 0.1", port: 8001);
        detail.Add("the next one reads, its start included, " + Machines.TimeOf(() => second.PodsWithValues() == 4, s_patience, "the next collector reads"));
        detail.Add(new ValueCheck(machines, second, ["w0", "w3"], 16).Run(TimeSpan.FromSeconds(2)));
    }

    private static void Link_down_for_3_s(Machines machines, Detail detail)
    {
        var collector = Begin(machines);
        // By the machine itself, since nothing reaches it meanwhile; this side's interface stays up.
        machines.There.Do($"card=$(ip -o -4 addr show | awk '$4 ~ /^{machines.Options.Peer.Replace(".", "[.]", StringComparison.Ordinal)}\\// {{ print $2 }}') && [ -n \"$card\" ] && (sleep 0.3; ip link set $card down; sleep 3; ip link set $card up) >/dev/null 2>&1 </dev/null &");
        var down = Stopwatch.GetTimestamp();
        detail.Add("stale " + Machines.TimeOf(() => collector.PodsWithValues() == 0, TimeSpan.FromSeconds(8), "no value passes for fresh without a network"));
        Machines.Until(() => Stopwatch.GetElapsedTime(down) > TimeSpan.FromSeconds(3.4), s_patience, "the link is up");
        detail.Add("back after the link " + Machines.TimeOf(() => collector.PodsWithValues() == 4, s_patience, "all pods are back"));
        detail.Add(new ValueCheck(machines, collector, ["w0", "w3"], 16).Run(TimeSpan.FromSeconds(2)));
    }

    /// <summary>One pod's memory goes while it is read: it alone is lost, the others come back.</summary>
    private static void Region_deregistered_while_read(Machines machines, Detail detail)
    {
        machines.StartFaultyAgent();
        machines.StartWriter(4, 16);
        var collector = machines.StartCollector("--scrape-interval 0.1");
        collector.WaitForPods(4);
        machines.Fault("deregister w1");
        detail.Add("the pod is out " + Machines.TimeOf(() => collector.MetricsOf("w1") == 0, TimeSpan.FromSeconds(10), "the pod shows no values"));
        detail.Add("the others are read " + Machines.TimeOf(() => collector.PodsWithValues() == 3, s_patience, "the other three are read"));
        Steady(machines, collector, detail);
    }

    private static void Wrong_key_handed_out(Machines machines, Detail detail)
    {
        machines.StartFaultyAgent();
        machines.StartWriter(3, 16);
        machines.Write("join liar 16");
        var collector = machines.StartCollector("--scrape-interval 0.1");
        detail.Add("the others are read " + Machines.TimeOf(() => collector.PodsWithValues() == 3, s_patience, "the pods with right keys are read"));
        Check.Equal(0, collector.MetricsOf("liar"), "values of the pod with a wrong key");
        Steady(machines, collector, detail, pod: "w2");
        // A pod that joins later is not in the way of that one's back-off.
        machines.Write("join w9 16");
        Machines.Until(() => collector.MetricsOf("w9") == 16, TimeSpan.FromSeconds(10), "a pod that joins meanwhile is read");
    }

    /// <summary>For 4 s the healthy pods are fresh but for the scrapes that a retry costs.</summary>
    private static void Steady(Machines machines, CollectorProcess collector, Detail detail, string pod = "w3")
    {
        var (looks, missing) = (0, 0);
        var started = Stopwatch.GetTimestamp();
        var rounds = new List<double>();
        while (Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(4))
        {
            looks++;
            if (collector.Values(pod).TryGetValue("suite_1_total", out var round))
                rounds.Add(round);
            else
                missing++;
            Thread.Sleep(50);
        }
        detail.Add($"{pod} shown in {looks - missing} of {looks} looks");
        Check.True(missing * 4 <= looks, $"{pod} is shown in most looks: {looks - missing} of {looks}");
        Check.True(rounds.Count > 1 && rounds[^1] > rounds[0] && rounds.SequenceEqual(rounds.Order()), $"{pod} moves forward");
        Check.True(!collector.HasEnded, "the collector runs");
    }

    /// <summary>By ibv_modify_qp in the collector's process, as an error of the device would: that LMAP's queue pair alone is connected anew.</summary>
    private static void Queue_pair_forced_to_error(Machines machines, Detail detail)
    {
        machines.StartAgent();
        machines.StartWriter(6, 16);
        var collector = machines.StartFaultyCollector(lmaps: 2);
        collector.WaitForPods(6);
        var unharmed = collector.Metric("microview_lmap_pods", "lmap", "1");
        Check.True(unharmed is > 0 and < 6, $"both LMAPs have pods: {unharmed} of 6 are the second's");
        for (var time = 1; time <= 3; time++)
        {
            Machines.FaultHere("fail 0");
            detail.Add($"connected anew {Machines.TimeOf(() => collector.Metric("microview_rdma_reconnects_total", "lmap", "0") == time && collector.PodsWithValues() == 6, s_patience, "all pods are read again")}");
            Check.True(collector.Metric("microview_rdma_completion_errors_total", "lmap", "0") >= time, "the requests in flight were flushed, which is counted");
            Thread.Sleep(500);
        }
        Check.Equal(0.0, collector.Metric("microview_rdma_reconnects_total", "lmap", "1"), "connections anew of the other LMAP");
        Check.Equal(0.0, collector.Metric("microview_rdma_completion_errors_total", "lmap", "1"), "errors of the other LMAP");
        detail.Add(new ValueCheck(machines, collector, ["w0", "w1", "w2", "w3", "w4", "w5"], 16).Run(TimeSpan.FromSeconds(2)));
    }

    private static void Control_plane_unreachable_at_start(Machines machines, Detail detail)
    {
        var collector = machines.StartCollector("--scrape-interval 0.1");
        Thread.Sleep(4000);
        Check.True(!collector.HasEnded, $"the collector goes on trying: {collector.Log}");
        Check.Contains(machines.ControlPlane, collector.Log, "its log");
        machines.StartAgent();
        machines.StartWriter(4, 16);
        detail.Add("read after the agent came " + Machines.TimeOf(() => collector.PodsWithValues() == 4, s_patience, "all pods are read"));
    }

    /// <summary>TCP to the agent's port finds no way for 7 s, RDMA does: pages are read for as long as the lease lasts, and nothing is fresh from then on.</summary>
    private static void Control_plane_unreachable_later(Machines machines, Detail detail)
    {
        var collector = Begin(machines);
        var rule = $"to {machines.Options.Peer} ipproto 6 dport {Machines.AgentPort} blackhole";
        Route($"rule add {rule}");
        try
        {
            var blocked = Stopwatch.GetTimestamp();
            Check.Throws<SocketException>(() => new TcpClient().Connect(machines.Options.Peer, Machines.AgentPort), "connecting to the control plane");
            detail.Add("read without it for " + Machines.TimeOf(() => collector.PodsWithValues() == 0, TimeSpan.FromSeconds(10), "no value passes for fresh when the lease has ended"));
            Machines.Until(() => machines.There.Run($"grep -q 'its lease has ended' {Machines.Folder}/host.log").ExitCode == 0, TimeSpan.FromSeconds(5), "the agent has reset the queue pair");
            machines.Write("leave w1"); // while nobody follows
            machines.Write("join late 16");
            Machines.Until(() => Stopwatch.GetElapsedTime(blocked) > TimeSpan.FromSeconds(7), s_patience, "7 s are over");
            Check.Equal(0, collector.PodsWithValues(), "pods that pass for fresh");
            Check.True(!collector.HasEnded, $"the collector goes on trying: {collector.Log}");
        }
        finally
        {
            Route($"rule del {rule}");
        }
        detail.Add("back after the control plane " + Machines.TimeOf(() => collector.PodsWithValues() == 4, s_patience, "all pods are back"));
        Check.Equal(0, collector.MetricsOf("w1"), "values of the pod that left meanwhile");
        detail.Add(new ValueCheck(machines, collector, ["w0", "w3", "late"], 16).Run(TimeSpan.FromSeconds(2)));
        Check.Equal(0.0, collector.Metric("microview_rdma_completion_errors_total", "status", "remote_access"), "READs of memory that had been given up");
        Check.Equal(0.0, machines.AgentMetric("microview_host_rdma_queue_errors_total"), "queue pairs in error at the agent");
    }

    /// <summary>By iproute2's own ip: busybox's, which may be the first on the path, knows no ports.</summary>
    private static void Route(string rule)
    {
        var ip = ((string[])["/usr/bin/ip", "/usr/sbin/ip", "/sbin/ip"]).First(File.Exists);
        var (exitCode, output) = Shell.RunHere(ip, rule.Split(' '), TimeSpan.FromSeconds(10));
        Check.True(exitCode == 0, $"'{ip} {rule}' here: {output}");
    }
}
