using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>A pod that registers its metrics one by one through REST. Belongs to <see cref="RestPods"/>, under its lock.</summary>
internal sealed class RestPod(ServedPod pod, SegmentMemory memory)
{
    internal ServedPod Pod => pod;

    internal SegmentMemory Memory => memory;

    internal Dictionary<string, (int Slot, bool IsGauge)> Metrics { get; } = new(StringComparer.Ordinal);

    /// <summary>When a client was last known to hold the segment, or to ask for it.</summary>
    internal long HeldAt { get; set; }

    internal static SlotDescriptor Describe(string name, bool isGauge) => new() { Name = name, Type = isGauge ? MetricType.Gauge : MetricType.Counter };
}

/// <summary>Where a metric's double is: the answer to POST /metrics.</summary>
internal readonly record struct RestAddress(string Segment, int Offset);
