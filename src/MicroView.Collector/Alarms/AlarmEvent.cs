namespace MicroView.Collector;

/// <summary>A metric's share of a score, 0…1.</summary>
/// <param name="Metric">Its name with labels; of a histogram with " rate" or " mean" behind.</param>
/// <param name="Share">Its share; over all metrics they sum to 1 or less.</param>
public readonly record struct AttributionShare(string Metric, double Share);

/// <summary>What happened to an alarm.</summary>
public enum AlarmTransition
{
    /// <summary>Enough rows were anomalous.</summary>
    Opened,

    /// <summary>The rows are normal again.</summary>
    Closed,

    /// <summary>The pod went away, or was quarantined, while its alarm was open.</summary>
    PodGone,
}

/// <summary>An alarm opened or closed. Immutable.</summary>
public sealed record AlarmEvent
{
    /// <summary>Metrics named at most.</summary>
    public const int MaxAttributions = 3;

    /// <summary>The pod.</summary>
    public required string Pod { get; init; }

    /// <summary>Its service.</summary>
    public string? Service { get; init; }

    /// <summary>What happened.</summary>
    public required AlarmTransition Transition { get; init; }

    /// <summary>Score of the row that did it.</summary>
    public double Score { get; init; }

    /// <summary>The threshold it was held against.</summary>
    public double Threshold { get; init; }

    /// <summary>The pod is judged by what its siblings learnt.</summary>
    public bool IsWarm { get; init; }

    /// <summary>What explains the score, largest share first; when closing, what explained it at the opening.</summary>
    public IReadOnlyList<AttributionShare> Attributions { get; init; } = [];

    /// <summary>When the row was sampled, CLOCK_MONOTONIC of the host, ns.</summary>
    public long RowTimeNs { get; init; }

    /// <summary>Wall clock of the collector, or of the recording.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>How long the alarm was open; zero at the opening.</summary>
    public TimeSpan Duration { get; init; }

    internal static AlarmEvent ForLostPod(MonitoredPod pod, long nowNs, DateTimeOffset time) => new()
    {
        Pod = pod.Pod,
        Service = pod.Layout.Service,
        Transition = AlarmTransition.PodGone,
        Score = pod.Score,
        Threshold = pod.Threshold,
        IsWarm = pod.IsWarm,
        Attributions = pod.Attributions,
        RowTimeNs = pod.RowTimeNs,
        Time = time,
        Duration = TimeSpan.FromTicks((nowNs - pod.AlarmSinceNs) / 100),
    };
}
