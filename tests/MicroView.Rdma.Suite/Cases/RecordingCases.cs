namespace MicroView.Rdma.Suite;

/// <summary>A run over RDMA is recorded, and replayed without any.</summary>
internal static class RecordingCases
{
    private const string Recording = "/tmp/suite.mvrec", Live = "/tmp/suite-live.csv", Replayed = "/tmp/suite-replayed.csv";

    public static IReadOnlyList<(string Name, Action<Machines, Detail> Run)> Table { get; } = [("recording_of_a_run_is_replayed", Recording_of_a_run_is_replayed)];

    private static void Recording_of_a_run_is_replayed(Machines machines, Detail detail)
    {
        foreach (var file in (string[])[Recording, Live, Replayed])
            File.Delete(file);
        machines.StartAgent();
        machines.StartWriter(3, 16);
        using (var collector = new CollectorProcess(machines, 8000,
            $"nic --control-plane {machines.ControlPlane} --dev {machines.Options.Device} --transport verbs --lmaps 2 --scrape-interval 0.02 --tick 0.05 --learn 1 --prometheus-port 8000 --record {Recording} --decisions {Live}"))
        {
            collector.WaitForPods(3);
            machines.Write("grow w0 100");
            Machines.Until(() => collector.Values("w0").Count == 100, TimeSpan.FromSeconds(15), "a pod that grows is followed");
            machines.KillAgent("STOP"); // a silent agent: its pods turn stale
            Machines.Until(() => collector.PodsWithValues() == 0, TimeSpan.FromSeconds(15), "stale values are not shown");
            machines.KillAgent("CONT");
            collector.WaitForPods(3);
            machines.Write("leave w2");
            Machines.Until(() => collector.Values("w2").Count == 0, TimeSpan.FromSeconds(10), "a pod that leaves is gone");
            Machines.Until(() => Lines(Live).Length > 300, TimeSpan.FromSeconds(20), "decisions");
            Check.Equal(0.0, collector.Metric("microview_recording_lost_images_total"), "images left out");
            collector.Signal("TERM");
            collector.WaitForEnd(TimeSpan.FromSeconds(20));
            Check.Equal(0, collector.ExitCode, "exit code of the collector");
        }
        var (exitCode, output) = machines.Run($"nic --recording {Recording} --learn 1 --prometheus-port 0 --decisions {Replayed}");
        Check.Equal(0, exitCode, $"exit code of the replay: {output}");
        var (live, replayed) = (Lines(Live), Lines(Replayed));
        Check.Equal(live.Length, replayed.Length, "decisions of the replay");
        for (var i = 0; i < live.Length; i++)
            Check.Equal(live[i], replayed[i], $"decision {i}");
        detail.Add($"{live.Length} decisions; {output.Split('\n').First(line => line.StartsWith("replay: ", StringComparison.Ordinal)).Trim()}");
    }

    /// <summary>In order: two LMAPs write into the live file side by side.</summary>
    private static string[] Lines(string path) => File.Exists(path) ? [.. File.ReadAllLines(path).Order(StringComparer.Ordinal)] : [];
}
