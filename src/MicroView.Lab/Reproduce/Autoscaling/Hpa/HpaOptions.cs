namespace MicroView.Lab;

/// <summary>What a scaling policy counts in.</summary>
internal enum PolicyUnit
{
    Pods,
    Percent,
}

/// <summary>At most so many pods, or so many percent of the replicas, may come or go in a period.</summary>
internal readonly record struct ScalingPolicy(PolicyUnit Unit, int Value, TimeSpan Period);

/// <summary>One direction of an HPA's `behavior`.</summary>
/// <param name="Stabilization">Recommendations of so long are considered together: the highest counts before replicas go, the lowest before they come.</param>
/// <param name="Policies">Of several the one that allows the largest change counts (`selectPolicy: Max`).</param>
internal sealed record ScalingRules(TimeSpan Stabilization, IReadOnlyList<ScalingPolicy> Policies);

/// <summary>
/// Settings of <see cref="HpaController"/> with the defaults of Kubernetes 1.30 (kube-controller-manager's flags, and `behavior` as its documents give it). All times are the cluster's.
/// Immutable and thread-safe.
/// </summary>
internal sealed record HpaOptions
{
    /// <summary>`minReplicas`.</summary>
    public int MinReplicas { get; init; } = 1;

    /// <summary>`maxReplicas`.</summary>
    public int MaxReplicas { get; init; } = 5;

    /// <summary>`averageUtilization` of CPU, percent of what the replicas request.</summary>
    public int TargetUtilization { get; init; } = 50;

    /// <summary>`--horizontal-pod-autoscaler-sync-period`.</summary>
    public TimeSpan SyncPeriod { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>`--horizontal-pod-autoscaler-tolerance`: a ratio so near to 1 changes nothing.</summary>
    public double Tolerance { get; init; } = 0.1;

    /// <summary>`--horizontal-pod-autoscaler-cpu-initialization-period`: so long after its start a pod's CPU counts only while it is ready.</summary>
    public TimeSpan CpuInitialization { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>`--horizontal-pod-autoscaler-initial-readiness-delay`: a pod that was last seen unready within it was never ready.</summary>
    public TimeSpan InitialReadinessDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>`behavior.scaleUp`: doubles, or adds four, each 15 s.</summary>
    public ScalingRules ScaleUp { get; init; } = new(TimeSpan.Zero, [new(PolicyUnit.Percent, 100, TimeSpan.FromSeconds(15)), new(PolicyUnit.Pods, 4, TimeSpan.FromSeconds(15))]);

    /// <summary>`behavior.scaleDown`: as far as it likes, once five minutes asked for no more.</summary>
    public ScalingRules ScaleDown { get; init; } = new(TimeSpan.FromMinutes(5), [new(PolicyUnit.Percent, 100, TimeSpan.FromSeconds(15))]);
}
