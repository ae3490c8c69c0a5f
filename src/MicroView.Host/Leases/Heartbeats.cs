using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>The heartbeats of the pods in the layout: mapped objects all at once, segments one by one. Thread-safe; its locks are innermost.</summary>
internal sealed class Heartbeats
{
    private readonly HeartbeatBoard _mapped = new();
    private readonly Lock _gate = new();
    private SegmentMemory[] _segments = [];

    internal void Add(PageObject page) => _mapped.Add(page);

    /// <summary>No beat reaches the object from now on: it may be unmapped.</summary>
    internal void Remove(PageObject page) => _mapped.Remove(page);

    internal void Add(SegmentMemory segment)
    {
        lock (_gate)
            _segments = [.. _segments, segment];
    }

    internal void Remove(SegmentMemory segment)
    {
        lock (_gate)
            _segments = [.. _segments.Where(other => other != segment)];
    }

    internal void Beat(ulong heartbeat)
    {
        _mapped.Beat(heartbeat);
        foreach (var segment in Volatile.Read(ref _segments))
            segment.Beat(heartbeat);
    }
}
