namespace MicroView.Lab;

/// <summary>An external metric at one sync: null where it cannot be had.</summary>
internal readonly record struct ExternalValue(double? Value, double Target);

/// <summary>What a sync decided.</summary>
/// <param name="Replicas">Replicas from now on.</param>
/// <param name="CpuRatio">Utilisation by its target; NaN when no pod had a metric.</param>
/// <param name="ExternalRatio">The largest external metric by its target; NaN when there is none.</param>
/// <param name="Wanted">What the metrics asked for, before windows, policies and bounds; null when nothing could be decided.</param>
internal readonly record struct HpaDecision(int Replicas, double CpuRatio, double ExternalRatio, int? Wanted)
{
    /// <summary>Whether bounds, policies or windows stood against what was wanted.</summary>
    public bool IsLimited => Wanted is { } wanted && wanted != Replicas;
}

/// <summary>
/// A HorizontalPodAutoscaler as Kubernetes documents it (autoscaling/v2): <see cref="ReplicaCalculator"/> per metric, the largest of several, stabilisation, policies, bounds. It keeps no clock and starts
/// no thread: <see cref="Sync"/> is called each <see cref="HpaOptions.SyncPeriod"/> with the cluster's time, which may run at any pace. Not thread-safe. Source: as <see cref="ReplicaCalculator"/>, and horizontal.go
/// beside it.
/// </summary>
internal sealed class HpaController(HpaOptions options)
{
    private readonly ScalingHistory _history = new(options);

    public HpaOptions Options => options;

    /// <summary>Decides.</summary>
    /// <param name="now">The cluster's time; must advance.</param>
    /// <param name="current">Replicas that the workload is to have now (`spec.replicas`).</param>
    /// <param name="pods">All pods of the workload, failed ones too.</param>
    /// <param name="externals">External metrics beside CPU, with targets of type Value.</param>
    public HpaDecision Sync(TimeSpan now, int current, IReadOnlyList<ReplicaState> pods, params IReadOnlyList<ExternalValue> externals)
    {
        ArgumentNullException.ThrowIfNull(externals);
        _history.Begin(now, current);
        if (current == 0 && options.MinReplicas > 0)
            return new(0, double.NaN, double.NaN, null); // somebody switched the workload off
        if (current > options.MaxReplicas || current < options.MinReplicas)
            return Decide(now, current, new(Math.Clamp(current, options.MinReplicas, options.MaxReplicas), double.NaN, double.NaN, null));
        var cpu = ReplicaCalculator.ByUtilization(current, pods, options, now);
        Proposal?[] all = [cpu, .. externals.Select(external => ReplicaCalculator.ByValue(current, external.Value, external.Target, pods, options))];
        var (cpuRatio, externalRatio) = (cpu?.Ratio ?? double.NaN, all.Skip(1).Max(proposal => proposal?.Ratio) ?? double.NaN);
        // A metric that cannot be had must not take replicas away, but does not keep the others from adding some.
        if (all.Max(proposal => proposal?.Replicas) is not { } wanted || (wanted < current && all.Any(proposal => proposal is null)))
            return new(current, cpuRatio, externalRatio, null);
        var stable = _history.Stabilize(now, current, wanted);
        return Decide(now, current, new(_history.Limit(now, current, stable), cpuRatio, externalRatio, wanted));
    }

    private HpaDecision Decide(TimeSpan now, int current, HpaDecision decision)
    {
        if (decision.Replicas != current)
            _history.Changed(now, decision.Replicas - current);
        return decision;
    }
}
