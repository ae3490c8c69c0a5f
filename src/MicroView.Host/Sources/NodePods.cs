using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>What a node source tells of a pod that the agent itself writes.</summary>
/// <param name="Pod">The id it asks for; the agent may answer with another, as it does to clients.</param>
/// <param name="Service">The service it is an instance of.</param>
/// <param name="Container">Its container, where the node tells.</param>
/// <param name="Labels">Labels of the whole pod.</param>
public sealed record NodePodIdentity(string Pod, string? Service = null, string? Container = null, SortedDictionary<string, string>? Labels = null);

/// <summary>Where node sources put their pods. Thread-safe.</summary>
public interface INodePods
{
    /// <summary>Admits a pod of kind node, with all its descriptors at once.</summary>
    /// <exception cref="InvalidOperationException">A quota is used up; the message says which.</exception>
    INodePod Add(NodePodIdentity identity, IReadOnlyList<SlotDescriptor> descriptors);
}

/// <summary>A pod that a node source writes, a row at a time. For one thread; disposing retires the pod.</summary>
public interface INodePod : IDisposable
{
    /// <summary>The id it was admitted under.</summary>
    string Pod { get; }

    /// <summary>Writes a row: one value per descriptor, sampled at <paramref name="timeNs"/> (CLOCK_MONOTONIC, ns).</summary>
    void WriteRow(ReadOnlySpan<double> values, long timeNs);
}
