using MicroView.Analysis;

namespace MicroView.Collector;

/// <summary>Tells what becomes of the alarms of an LMAP's pods, and what explains them while they are open. For the LMAP's thread.</summary>
internal sealed class AlarmFollower
{
    private const long ExplainPeriodNs = 100_000_000;

    /// <summary>Called when an alarm opens or closes.</summary>
    public Action<AlarmEvent>? Changed { get; set; }

    /// <summary>Follows a row that belongs to an alarm.</summary>
    public void Follow(MonitoredPod pod, in Observation seen, CollectorClock clock, long nowNs)
    {
        if (seen.Change == AlarmChange.None && nowNs - pod.ExplainedNs < ExplainPeriodNs)
            return;
        pod.ExplainedNs = nowNs;
        // Rows in between that are normal explain nothing: what was said before stands.
        var shares = seen.Anomalous || seen.Change == AlarmChange.Opened ? pod.Analysis!.Explain() : [.. pod.Attributions];
        var change = seen.Change == AlarmChange.None ? null : Describe(pod, seen, shares, clock, nowNs);
        pod.PublishAlarm(seen.AlarmOpen, seen.AlarmOpen ? shares : [], nowNs);
        if (change is not null) // last: whoever hears of it looks at the pod
            Changed?.Invoke(change);
    }

    /// <summary>Nothing more can be said of a pod whose pages cannot be trusted.</summary>
    public void End(MonitoredPod pod, CollectorClock clock, long nowNs)
    {
        pod.IsPending = false;
        pod.Analysis?.DropAlarm(); // or the alarm would stand open again, unannounced, should the pod come back
        if (!pod.AlarmOpen)
            return;
        var change = AlarmEvent.ForLostPod(pod, nowNs, clock.Now);
        pod.PublishAlarm(false, [], nowNs);
        Changed?.Invoke(change);
    }

    private static AlarmEvent Describe(MonitoredPod pod, in Observation seen, AttributionShare[] shares, CollectorClock clock, long nowNs) => new()
    {
        Pod = pod.Pod,
        Service = pod.Layout.Service,
        Transition = seen.Change == AlarmChange.Opened ? AlarmTransition.Opened : AlarmTransition.Closed,
        Score = seen.Score,
        Threshold = seen.Threshold,
        IsWarm = pod.IsWarm,
        Attributions = shares,
        RowTimeNs = pod.RowTimeNs,
        Time = clock.Now,
        Duration = seen.Change == AlarmChange.Opened ? TimeSpan.Zero : TimeSpan.FromTicks((nowNs - pod.AlarmSinceNs) / 100),
    };
}
