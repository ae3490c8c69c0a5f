using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>A pod as the layout follower knows it: what the control plane told, merged, and what was made of it.</summary>
internal sealed class KnownPod(MonitoredPod monitored, PodLayout layout, PodSchema schema, PageSource source, int lmap)
{
    public MonitoredPod Monitored { get; } = monitored;

    /// <summary>As last told; its descriptors are in <see cref="Schema"/>.</summary>
    public PodLayout Layout { get; set; } = layout;

    public PodSchema Schema { get; set; } = schema;

    public PageSource Source { get; set; } = source;

    public int Lmap { get; } = lmap;

    public PodSeries? Series { get; set; }

    /// <summary>When the pod left, for those that wait to come back.</summary>
    public long LeftNs { get; set; }

    /// <summary>The same memory, and so the same slots with the same meaning: what was learned about it holds.</summary>
    public bool IsSameInstance(PodLayout other) =>
        Layout.Objects.Count > 0 && other.Objects.Count > 0 && Layout.Objects[0].Epoch == other.Objects[0].Epoch;
}
