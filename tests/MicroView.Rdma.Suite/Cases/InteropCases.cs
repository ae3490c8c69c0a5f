using System.Globalization;
using System.Text.Json;

namespace MicroView.Rdma.Suite;

/// <summary>With a peer that is not ours (tests/rdma-vm/peer.py: pyverbs and the documents), in both roles.</summary>
internal static class InteropCases
{
    private const int PeerPort = 5010;

    public static IReadOnlyList<(string Name, Action<Machines, Detail> Run)> Table { get; } =
    [
        ("interop_a_foreign_peer_reads_our_page", A_foreign_peer_reads_our_page),
        ("interop_a_foreign_peer_with_a_wrong_key", A_foreign_peer_with_a_wrong_key_harms_nobody),
        ("interop_our_collector_reads_a_foreign_agent", Our_collector_reads_a_foreign_agent),
    ];

    private static string Script(string programs) => programs == "/usr/bin" ? "/peer.py" : $"{programs}/peer.py";

    private static void A_foreign_peer_reads_our_page(Machines machines, Detail detail)
    {
        machines.StartAgent();
        machines.StartWriter(1, 16);
        var before = machines.Round("w0");
        var (exitCode, output) = Shell.RunHere("python3", [Script(machines.Options.Programs), "read", machines.ControlPlane, machines.Options.Device, "w0"], TimeSpan.FromSeconds(30));
        var after = machines.Round("w0");
        Check.True(exitCode == 0, $"the peer ends with 0: {output}");
        using var read = JsonDocument.Parse(output);
        var slots = read.RootElement.GetProperty("slots").EnumerateArray().Select(slot => slot.GetDouble()).ToArray();
        // Slots in the order of Grow: gauge 0, counter 1, gauge 2, …
        for (var slot = 0; slot < 16; slot++)
        {
            var round = slot % 2 == 0 ? (slots[slot] - slot) / 1000 : slots[slot];
            Check.True(round >= before && round <= after && round == Math.Floor(round), $"slot {slot} = {slots[slot].ToString(CultureInfo.InvariantCulture)} is of a round from {before} to {after}");
        }
        detail.Add("16 slots read by pyverbs through /rdma/* alone");
    }

    private static void A_foreign_peer_with_a_wrong_key_harms_nobody(Machines machines, Detail detail)
    {
        machines.StartAgent();
        machines.StartWriter(2, 16);
        var collector = machines.StartCollector("--scrape-interval 0.1");
        collector.WaitForPods(2);
        var (_, output) = Shell.RunHere("python3", [Script(machines.Options.Programs), "badkey", machines.ControlPlane, machines.Options.Device, "w0"], TimeSpan.FromSeconds(30));
        Check.Contains("\"status\": 10", output, "the peer's READ (10: remote access error)");
        detail.Add(new ValueCheck(machines, collector, ["w0", "w1"], 16).Run(TimeSpan.FromSeconds(2)));
        Machines.Until(() => machines.AgentMetric("microview_host_rdma_queue_errors_total") >= 1, TimeSpan.FromSeconds(5), "the agent sees the queue pair in error");
        Machines.Until(() => machines.Ask("/rdma/qps")!.Split("\"in_use\":true").Length - 1 == 1, TimeSpan.FromSeconds(5), "the peer's queue pair is free again");
    }

    private static void Our_collector_reads_a_foreign_agent(Machines machines, Detail detail)
    {
        var place = $"{machines.Options.Peer}:{PeerPort}";
        machines.Background("peer", $"python3 {Script(machines.Options.PeerPrograms)} serve {place} {machines.Options.PeerDevice} 60");
        Machines.Until(() => machines.Get($"http://{place}/health") is not null, TimeSpan.FromSeconds(20), "the foreign agent answers");
        var collector = new CollectorProcess(machines, 8000, $"nic --control-plane {place} --dev {machines.Options.Device} --transport verbs --model none --prometheus-port 8000 --scrape-interval 0.1 --trace-rate 0.5");
        using (collector)
        {
            Machines.Until(() => Peer(collector).Length == 16, TimeSpan.FromSeconds(15), "16 metrics of the foreign pod arrive");
            var first = Peer(collector);
            Thread.Sleep(1000);
            var second = Peer(collector);
            Check.Equal(16, second.Length, "metrics a second later");
            for (var i = 0; i < 16; i++)
            {
                Check.True(second[i].Value > first[i].Value, $"{second[i].Name} moves");
                var number = int.Parse(string.Concat(second[i].Name.Where(char.IsAsciiDigit)), CultureInfo.InvariantCulture);
                Check.True(number % 2 == 0 || (second[i].Value - number) % 10 == 0, $"{second[i].Name} = {second[i].Value} is what the peer stores");
            }
        }
        machines.There.Do($"kill -TERM $(cat {Machines.Folder}/peer.pid)");
        Machines.Until(() => machines.There.Run("grep -q rounds /tmp/microview-rdma-suite/peer.log").ExitCode == 0, TimeSpan.FromSeconds(30), "the foreign agent ends");
        detail.Add(machines.There.Do("grep rounds /tmp/microview-rdma-suite/peer.log"));
    }

    private static Sample[] Peer(CollectorProcess collector) =>
        [.. collector.Samples().Where(one => one.Name.StartsWith("peer_", StringComparison.Ordinal)).OrderBy(one => one.Name, StringComparer.Ordinal)];
}
