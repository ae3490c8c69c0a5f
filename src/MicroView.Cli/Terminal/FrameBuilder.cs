using MicroView.Analysis;
using MicroView.Collector;
using MicroView.Protocol;

namespace MicroView.Cli;

/// <summary>Makes frames from a running collector. For one thread.</summary>
internal sealed class FrameBuilder(string title, CollectorService collector, AlarmHistory alarms, MessageRing messages, Func<double>? sourceCores = null)
{
    private readonly long _startNs = Clocks.MonotonicNs;
    private readonly OwnCost _cost = new();
    private readonly PodUsage _usage = new();

    public ViewFrame Build()
    {
        _cost.Sample();
        var pods = collector.Pods;
        var lines = new List<PodLine>(pods.Count);
        int learning = 0, watching = 0;
        double left = 0, progress = 0;
        foreach (var pod in pods)
        {
            lines.Add(Describe(pod));
            if (pod.State == PodState.Watching)
                watching++;
            if (pod.State != PodState.Learning)
                continue;
            learning++;
            progress += pod.Progress;
            // Until a pod has two rows it has no pace, and so no remaining time worth showing.
            left = Math.Max(left, double.IsFinite(pod.RemainingSeconds) ? pod.RemainingSeconds : 0);
        }
        var statistics = collector.Statistics;
        return new(
            title, TimeSpan.FromSeconds((Clocks.MonotonicNs - _startNs) / 1e9), _cost.Cores, _cost.Bytes,
            collector.Endpoint is { } endpoint ? new Uri(endpoint, "/metrics").ToString() : "no endpoint",
            statistics.Sum(lmap => lmap.ScrapeRate), statistics.Sum(lmap => lmap.MissedTicks), learning, watching,
            left > 0 ? TimeSpan.FromSeconds(left) : null, learning == 0 ? 1 : progress / learning, lines, alarms.Lines(), messages.Last(8)) { SourceCores = sourceCores?.Invoke() };
    }

    private PodLine Describe(MonitoredPod pod)
    {
        var (cores, bytes) = _usage.Of(pod);
        var watched = pod.State == PodState.Watching;
        return new(pod.Pod, cores, bytes, Phase(pod), watched ? pod.Score : double.NaN, watched ? pod.Threshold : double.NaN);
    }

    private static PodPhase Phase(MonitoredPod pod)
    {
        if (pod.Status == RowStatus.Quarantined)
            return PodPhase.Quarantined;
        if (!pod.IsReadable)
            return pod.FreshTimeNs == 0 ? PodPhase.Waiting : PodPhase.Stale;
        if (pod.AlarmOpen)
            return PodPhase.Alarm;
        return pod.State switch
        {
            PodState.Watching => pod.IsWarm ? PodPhase.Warm : PodPhase.Watching,
            PodState.Learning => PodPhase.Learning,
            _ => PodPhase.Off,
        };
    }
}
