using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>A change for one LMAP: its pods from now on, and what some of them take over.</summary>
internal sealed record LmapChange(MonitoredPod[] Pods, IReadOnlyList<PodAdoption> Adoptions)
{
    /// <summary>The layout that the change comes from, in a run that is recorded.</summary>
    public RecordedStep? Recorded { get; init; }

    /// <summary>Completes when the LMAP works by the change and reads nothing of before.</summary>
    public TaskCompletionSource Applied { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>A pod's new layout, schema and source.</summary>
internal sealed record PodAdoption(MonitoredPod Pod, PodLayout Layout, PodSchema Schema, PageSource Source);
