using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>Reads a pod out of the images that a recording brings, one pass after the other.</summary>
/// <param name="told">The source as it was when recorded.</param>
/// <param name="readers">A reader per object.</param>
/// <param name="transport">Knows which pass is replayed.</param>
internal sealed class RecordingSource(RecordedSource told, IReadOnlyList<ImageReader> readers, RecordingTransport transport) : ImageSource(readers, told.Slots)
{
    private readonly byte[][] _images = [.. readers.Select(_ => Array.Empty<byte>())];
    private readonly int[] _lengths = new int[readers.Count];
    private readonly bool[] _confirmed = new bool[readers.Count];
    private readonly long[] _told = [.. readers.Select(_ => -1L)];
    private long _pass;
    private RowStatus _missing;
    private bool _disposed;

    /// <summary>The id of its images.</summary>
    public uint Id => told.Id;

    /// <inheritdoc/>
    public override bool SharesClock => told.SharesClock;

    /// <summary>Takes an image of the transport's pass; what is wrong with it, or null. The memory for it is made of what came, not of what was announced.</summary>
    /// <param name="index">The object.</param>
    /// <param name="image">As recorded: whole, a header, or nothing.</param>
    /// <param name="isConfirmed">Its row was confirmed when it was copied.</param>
    public string? Take(uint index, ReadOnlySpan<byte> image, bool isConfirmed)
    {
        if (index >= _images.Length)
            return $"an image of object {index}, but the pod has {_images.Length}";
        var whole = ImageBytes((int)index);
        if (image.Length != whole && image.Length != PageFormat.HeaderSize && image.Length != 0)
            return $"an image of {image.Length} bytes, where {whole}, {PageFormat.HeaderSize} or none would be right";
        Begin();
        ref var held = ref _images[index];
        if (held.Length < image.Length)
            held = new byte[image.Length];
        image.CopyTo(held);
        // A header renews that of the image before; without one it is all there is.
        _lengths[index] = image.Length == PageFormat.HeaderSize ? Math.Max(_lengths[index], image.Length) : image.Length;
        (_confirmed[index], _told[index]) = (isConfirmed, transport.Pass);
        return null;
    }

    /// <summary>Nothing of the pod could be fetched in the transport's pass.</summary>
    public string? Miss(uint why)
    {
        if ((RowStatus)why is not (RowStatus.Stale or RowStatus.Unreadable))
            return $"a pod is missing for the reason {why}, of which there is none";
        Begin();
        _missing = (RowStatus)why;
        return null;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _disposed = true;
        transport.Forget(this);
    }

    /// <inheritdoc/>
    protected override RowStatus Fetch(long nowNs)
    {
        if (_disposed)
            return RowStatus.Unreadable;
        if (_pass == transport.Pass && _missing != RowStatus.Fresh)
            return _missing;
        foreach (var told in _told)
            if (told != transport.Pass)
                return WithoutImages(nowNs);
        return RowStatus.Fresh;
    }

    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> Image(int index) => _images[index].AsSpan(0, _lengths[index]);

    /// <inheritdoc/>
    protected override bool IsConfirmed(int index) => _confirmed[index];

    private void Begin()
    {
        if (_pass != transport.Pass)
            (_pass, _missing) = (transport.Pass, RowStatus.Fresh);
    }

    /// <summary>The recorder left images out: the row has not moved as far as anyone knows, which is as long as its heartbeat is young.</summary>
    private RowStatus WithoutImages(long nowNs)
    {
        for (var i = 0; i < Objects; i++)
            if (LookAtObject(i, nowNs) is var status && status != RowStatus.Fresh)
                return status == RowStatus.Unreadable ? RowStatus.Stale : status;
        return RowStatus.Unchanged;
    }
}
