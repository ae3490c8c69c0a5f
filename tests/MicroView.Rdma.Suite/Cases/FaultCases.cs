using System.Diagnostics;

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
        ("fault_control_plane_unreachable_at_start", Control_plane_unreachable_at_start),
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

    private static void Agent_hangs_and_goes_on(Machines machines, Detail detail)
    {
        var collector = Begin(machines);
        machines.KillAgent("STOP");
        detail.Add("stale " + Machines.TimeOf(() => collector.PodsWithValues() == 0, TimeSpan.FromSeconds(10), "no heartbeat, no fresh value"));
        Thread.Sleep(3000);
        machines.KillAgent("CONT");
        detail.Add("back after it goes on " + Machines.TimeOf(() => collector.PodsWithValues() == 4, s_patience, "all pods are back"));
        detail.Add(new ValueCheck(machines, collector, ["w0", "w3"], 16).Run(TimeSpan.FromSeconds(2)));
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
        detail.Add("the pod is out " + Machines.TimeOf(() => collector.Values("w1").Count == 0, TimeSpan.FromSeconds(10), "the pod shows no values"));
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
        Check.Equal(0, collector.Values("liar").Count, "values of the pod with a wrong key");
        Steady(machines, collector, detail, pod: "w2");
        // A pod that joins later is not in the way of that one's back-off.
        machines.Write("join w9 16");
        Machines.Until(() => collector.Values("w9").Count == 16, TimeSpan.FromSeconds(10), "a pod that joins meanwhile is read");
    }

    /// <summary>For 5 s the healthy pods are fresh but for the scrapes that a retry costs.</summary>
    private static void Steady(Machines machines, CollectorProcess collector, Detail detail, string pod = "w3")
    {
        var (looks, missing) = (0, 0);
        var started = Stopwatch.GetTimestamp();
        var rounds = new List<double>();
        while (Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(5))
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

    private static void Control_plane_unreachable_at_start(Machines machines, Detail detail)
    {
        var collector = machines.StartCollector("--scrape-interval 0.1");
        Thread.Sleep(7000);
        Check.True(!collector.HasEnded, $"the collector goes on trying: {collector.Log}");
        Check.Contains(machines.ControlPlane, collector.Log, "its log");
        machines.StartAgent();
        machines.StartWriter(4, 16);
        detail.Add("read after the agent came " + Machines.TimeOf(() => collector.PodsWithValues() == 4, s_patience, "all pods are read"));
    }
}
