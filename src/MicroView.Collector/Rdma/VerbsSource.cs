using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>
/// Reads a pod by RDMA READs into landing memory. The LMAP's queue posts them; a read waits for its own, and makes the row where it landed.
/// </summary>
internal sealed class VerbsSource : ImageSource
{
    private readonly LandingMemory _memory;
    private readonly List<Part> _parts = [];
    private LandingSlice? _word;

    /// <summary>A source that has landed nothing yet.</summary>
    /// <param name="layout">The pod.</param>
    /// <param name="readers">A reader per object that is read, at least one.</param>
    /// <param name="slots">Slots of these objects.</param>
    /// <param name="regions">Where they are; fewer than readers: the pod cannot be read.</param>
    /// <param name="memory">Where they land.</param>
    /// <param name="sharesClock">The agent is on this machine.</param>
    /// <exception cref="MicroView.Verbs.VerbsException">No more memory can be registered.</exception>
    public VerbsSource(PodLayout layout, IReadOnlyList<ImageReader> readers, int slots, IReadOnlyList<ObjectRegion> regions, LandingMemory memory, bool sharesClock)
        : base(readers, slots)
    {
        (Pod, LayoutGeneration, _memory, SharesClock) = (layout.Pod, layout.Generation, memory, sharesClock);
        if (regions.Count < readers.Count)
            return;
        try
        {
            for (var i = 0; i < readers.Count; i++)
                _parts.Add(new(memory.Take(ImageBytes(i)), regions[i].Values));
            Control = regions[0].Control;
            if (Control is not null)
                _word = memory.Take(sizeof(ulong));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>An object's image: where it lands, and where it is.</summary>
    internal readonly record struct Part(LandingSlice Landing, RemoteRegion Remote);

    /// <summary>The pod's id, for messages.</summary>
    public string Pod { get; }

    /// <summary>The layout that told the regions, for messages.</summary>
    public ulong LayoutGeneration { get; }

    /// <inheritdoc/>
    public override bool SharesClock { get; }

    /// <summary>Its objects; none when the pod cannot be read.</summary>
    public IReadOnlyList<Part> Parts => _parts;

    /// <summary>The registered control page; null: its word is not written from here.</summary>
    public RemoteRegion? Control { get; private set; }

    /// <summary>Where a control word is written from.</summary>
    public LandingSlice Word => _word ?? default;

    /// <summary>Refusals of its READs.</summary>
    public ReadFault Fault { get; private set; } = new();

    /// <summary>Refusals of its control word.</summary>
    public ReadFault WordFault { get; } = new();

    /// <summary>The queue that reads it, and the last of its requests there; -1: it is not among what is read. The queue's.</summary>
    internal LmapQueue? Queue { get; set; }

    internal int LastRequest { get; set; } = -1;

    /// <summary>Takes over the back-off of a source of the same regions: a layout that changed elsewhere makes them no better.</summary>
    public void Inherit(VerbsSource former)
    {
        if (former._parts.Select(part => part.Remote).SequenceEqual(_parts.Select(part => part.Remote)))
            Fault = former.Fault;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var part in _parts)
            _memory.Return(part.Landing);
        _parts.Clear();
        if (_word is { } word)
            _memory.Return(word);
        _word = null;
    }

    /// <inheritdoc/>
    protected override RowStatus Fetch(long nowNs) =>
        _parts.Count == 0 ? RowStatus.Unreadable : Queue?.Await(this) ?? RowStatus.Stale;

    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> Image(int index) => _parts[index].Landing.Span;
}
