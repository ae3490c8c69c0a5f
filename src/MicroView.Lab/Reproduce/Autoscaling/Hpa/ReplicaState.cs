namespace MicroView.Lab;

/// <summary>`status.phase` of a pod.</summary>
internal enum PodPhase
{
    Pending,
    Running,
    Succeeded,
    Failed,
    Unknown,
}

/// <summary>CPU of a pod as a metrics server tells it.</summary>
/// <param name="Cores">Mean over the window, cores.</param>
/// <param name="At">End of the window.</param>
/// <param name="Window">Its length.</param>
internal readonly record struct CpuSample(double Cores, TimeSpan At, TimeSpan Window);

/// <summary>A pod of the scaled workload as the controller sees it. Times are the cluster's.</summary>
internal sealed record ReplicaState
{
    /// <summary>The pod's name.</summary>
    public required string Name { get; init; }

    public PodPhase Phase { get; init; } = PodPhase.Running;

    /// <summary>Whether it has a deletion timestamp.</summary>
    public bool IsLeaving { get; init; }

    /// <summary>Its condition Ready.</summary>
    public bool IsReady { get; init; } = true;

    /// <summary>`status.startTime`.</summary>
    public TimeSpan Started { get; init; }

    /// <summary>When the condition Ready last changed.</summary>
    public TimeSpan ReadyChanged { get; init; }

    /// <summary>CPU that it requests, cores.</summary>
    public required double Request { get; init; }

    /// <summary>Its CPU; null while no metric is there.</summary>
    public CpuSample? Cpu { get; init; }
}
