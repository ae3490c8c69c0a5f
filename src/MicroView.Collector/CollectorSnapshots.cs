using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>Takes snapshots of what LMAPs publish.</summary>
internal static class CollectorSnapshots
{
    public static CollectorSnapshot Take(CollectorService collector, IReadOnlyList<LmapRunner> runners, CollectorClock clock)
    {
        var pods = new List<PodSnapshot>();
        foreach (var runner in runners)
            foreach (var pod in runner.Lmap.Pods)
                pods.Add(Describe(pod, runner, clock));
        pods.Sort((a, b) => string.CompareOrdinal(a.Pod, b.Pod));
        return new CollectorSnapshot(
            clock.Now, collector.Agent, collector.Generation, pods, [.. runners.Select(runner => Describe(runner.Lmap))], collector.AlarmsOpened, collector.Endpoint);
    }

    private static PodSnapshot Describe(MonitoredPod pod, LmapRunner runner, CollectorClock clock)
    {
        var freshness = new PodFreshness(pod, runner.Lmap.Statistics, runner.SilenceLimitNs, clock);
        var layout = pod.Layout;
        return new PodSnapshot(
            pod.Pod, layout.Service, layout.Container, layout.Kind, runner.Lmap.Index, pod.Schema.Metrics.Count, pod.State, pod.IsWarm, pod.Progress,
            pod.RemainingSeconds, pod.Score, pod.Threshold, pod.AlarmOpen, pod.Attributions,
            freshness.AgeSeconds, !freshness.IsFresh, pod.Status == RowStatus.Quarantined, pod.Status);
    }

    private static LmapSnapshot Describe(Lmap lmap)
    {
        var statistics = lmap.Statistics;
        return new LmapSnapshot(
            lmap.Index, lmap.Pods.Count, statistics.Scrapes, statistics.ScrapeRate, statistics.CpuShare, statistics.ClassifiedRows,
            statistics.MissedTicks, statistics.TornRows);
    }
}
