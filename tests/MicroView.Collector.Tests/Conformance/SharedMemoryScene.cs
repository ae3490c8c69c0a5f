using Microsoft.Win32.SafeHandles;
using MicroView.Conformance;
using MicroView.Protocol;

namespace MicroView.Collector.Tests;

/// <summary>How shared memory is read.</summary>
internal enum SharedMemoryKind
{
    /// <summary>Sealed objects, mapped.</summary>
    Mapped,

    /// <summary>Sealed objects, by way of copies, as while a run is recorded.</summary>
    Copied,

    /// <summary>REST segments, by pread.</summary>
    Segments,

    /// <summary>The same by way of copies.</summary>
    CopiedSegments,
}

/// <summary>Page sources over memory of this machine.</summary>
internal sealed class SharedMemoryScene(SharedMemoryKind kind) : SourceScene
{
    private readonly SharedMemoryTransport _transport = new() { Copies = kind is SharedMemoryKind.Copied or SharedMemoryKind.CopiedSegments };
    private readonly List<PageSource> _sources = [];
    private readonly List<PageObject> _pages = [];
    private readonly Dictionary<string, (NamedSegment Segment, SafeFileHandle Writer)> _segments = [];
    private readonly Dictionary<PageSource, int> _taken = [];

    public override ScenePod Create(SlotGeometry? geometry = null, int rowSlots = 0, bool mayVanish = false)
    {
        if (!mayVanish && kind is SharedMemoryKind.Mapped or SharedMemoryKind.Copied)
            return Keep(base.Create(geometry, rowSlots));
        // Sealed memory cannot vanish under its reader: a client that may cut its memory short is read as a segment.
        var layout = geometry ?? Small();
        var segment = NamedSegment.Create($"mv-conformance-{Guid.NewGuid():N}", layout.Capacity);
        var writer = segment.OpenWriter();
        _segments.Add(segment.Name, (segment, writer));
        var epoch = Machine.RandomBits() | 1;
        MemoryFile.WriteAt(writer, PageFormat.HeaderOffset, PageFormat.Magic);
        MemoryFile.WriteAt(writer, PageFormat.HeaderOffset + 8, PageFormat.Version);
        MemoryFile.WriteAt(writer, PageFormat.HeaderOffset + 16, epoch);
        var page = PageObject.Map(segment.OpenWriter(), layout, epoch);
        page.RowSlots = rowSlots;
        return Keep(new ScenePod(segment.Name, PodKind.Rest, page));
    }

    public override PageSource Open(ScenePod pod, int slots, PageSource? former = null)
    {
        var held = former is null ? 0 : _taken[former];
        var files = pod.Pages.Skip(held).Select(page => MemoryFile.ReopenReadOnly(page.File)).ToArray();
        var source = _transport.Open(pod.Layout(slots), slots, former, files);
        source.Activate();
        _sources.Add(source);
        _taken[source] = pod.Pages.Count;
        return source;
    }

    public override RowStatus Read(PageSource source, Span<double> row, long nowNs) => source.Read(row, nowNs);

    public override RowStatus Look(PageSource source, long nowNs) => source.Look(nowNs);

    public override void Vanish(ScenePod pod) => RandomAccess.SetLength(_segments[pod.Name].Writer, 100);

    public override void Dispose()
    {
        foreach (var source in _sources)
            source.Dispose();
        foreach (var page in _pages)
            page.Unmap();
        foreach (var (segment, writer) in _segments.Values)
        {
            writer.Dispose();
            segment.Unlink();
            segment.Dispose();
        }
    }

    private ScenePod Keep(ScenePod pod)
    {
        _pages.AddRange(pod.Pages);
        return pod;
    }
}
