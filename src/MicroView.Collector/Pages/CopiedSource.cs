using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>
/// Reads a pod's objects on this machine by way of copies, as an RDMA READ would bring them: while a run is recorded, the rows must come out of the very images that the
/// recording keeps. What it says of an object is what <see cref="SharedMemorySource"/> says.
/// </summary>
internal sealed class CopiedSource : ImageSource, IHeldObjects
{
    private readonly ObjectReader[] _objects;
    private readonly byte[][] _images;
    private readonly bool[] _copied, _confirmed;
    private readonly ReaderSession? _session;

    /// <summary>A source over objects in order; owns them.</summary>
    /// <param name="objects">The pod's objects; all but the last are full.</param>
    /// <param name="images">A reader for the images of each.</param>
    /// <param name="slots">The pod's published slots; those beyond the objects' capacity are not read.</param>
    /// <param name="session">Whose end makes them stale; null: none.</param>
    public CopiedSource(IReadOnlyList<ObjectReader> objects, IReadOnlyList<ImageReader> images, int slots, ReaderSession? session = null) : base(images, slots)
    {
        _session = session;
        _objects = [.. objects];
        _images = [.. Enumerable.Range(0, _objects.Length).Select(i => GC.AllocateArray<byte>(ImageBytes(i), pinned: true))];
        (_copied, _confirmed) = (new bool[_objects.Length], new bool[_objects.Length]);
    }

    /// <inheritdoc/>
    public IReadOnlyList<ObjectReader> Held => _objects;

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var pages in _objects)
            pages.Dispose();
    }

    /// <inheritdoc/>
    protected override RowStatus Fetch(long nowNs)
    {
        if (_session is { IsOver: true })
            return RowStatus.Stale;
        for (var i = 0; i < _objects.Length; i++)
            _copied[i] = _objects[i].TryCopy(_images[i], out _confirmed[i]);
        return RowStatus.Fresh;
    }

    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> Image(int index) => _copied[index] ? _images[index] : [];

    /// <inheritdoc/>
    protected override bool IsConfirmed(int index) => _confirmed[index];
}
