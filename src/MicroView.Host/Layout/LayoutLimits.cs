namespace MicroView.Host;

/// <summary>Bounds of the layout: what they keep inside a frame of 1 MiB, or out of the agent's memory.</summary>
internal static class LayoutLimits
{
    /// <summary>Descriptors of one message: a frame's worth.</summary>
    internal const int DescriptorsPerMessage = 4096;

    /// <summary>Slots of one pod: with them all retired, the list still fits a frame beside everything else.</summary>
    internal const int SlotsPerPod = 65_536;

    /// <summary>JSON bytes of one descriptor, or of one pod's identity.</summary>
    internal const int BytesPerItem = 64 * 1024;

    /// <summary>JSON bytes that one generation publishes, and that one update carries before it is cut.</summary>
    internal const int BytesPerGeneration = 128 * 1024, BytesPerUpdate = 900 * 1024;

    /// <summary>JSON bytes of one pod's descriptors, and of all pods'.</summary>
    internal const long BytesPerPod = 16 * 1024 * 1024, BytesInAll = 256 * 1024 * 1024;

    /// <summary>JSON bytes of the removals that are remembered; a reader that is further behind gets the full layout.</summary>
    internal const int TombstoneBytes = 128 * 1024;
}
