using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>Where sources put pods whose metrics are not all known at once. Thread-safe.</summary>
internal interface IGrowingPods
{
    /// <summary>Admits a pod of kind node.</summary>
    /// <param name="identity">Who it is.</param>
    /// <param name="descriptors">Its first descriptors.</param>
    /// <param name="slots">Slots that it has room for in all.</param>
    /// <param name="rejected">Takes the slots that break a rule: they are in the row, and hidden.</param>
    /// <exception cref="InvalidOperationException">A quota is used up; the message says which.</exception>
    /// <exception cref="ArgumentException">The identity breaks a rule.</exception>
    IGrowingPod Add(NodePodIdentity identity, IReadOnlyList<SlotDescriptor> descriptors, int slots, List<RejectedSlot> rejected);
}

/// <summary>A pod whose row may get longer within the room it was admitted with. For one thread; disposing retires the pod.</summary>
internal interface IGrowingPod : IDisposable
{
    /// <summary>The id it was admitted under.</summary>
    string Pod { get; }

    /// <summary>Slots that it has room for.</summary>
    int Room { get; }

    /// <summary>
    /// Writes a row, sampled at <paramref name="timeNs"/> (CLOCK_MONOTONIC, ns): at least one value per descriptor. Values beyond are of slots that
    /// <see cref="Append"/> will describe, so that nobody who knows a slot ever sees it unwritten.
    /// </summary>
    void WriteRow(ReadOnlySpan<double> values, long timeNs);

    /// <summary>Describes further slots; null, or why none of them was taken.</summary>
    string? Append(IReadOnlyList<SlotDescriptor> descriptors, List<RejectedSlot> rejected);

    /// <summary>Marks slots as removed; their value is NaN from then on.</summary>
    void Retire(IReadOnlyList<int> slots);
}
