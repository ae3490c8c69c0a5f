using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>
/// Reads a pod from images of its objects: copies that something else made, by RDMA READ or long ago. A derived class fetches them; what they say
/// is decided here, in one way for all.
/// </summary>
public abstract class ImageSource : ObjectSource
{
    private readonly ImageReader[] _readers;
    private ImageTap? _tap;

    /// <summary>A source over objects in order.</summary>
    /// <param name="readers">One reader per object; all but the last are full.</param>
    /// <param name="slots">The pod's published slots; those beyond the objects' capacity are not read.</param>
    protected ImageSource(IReadOnlyList<ImageReader> readers, int slots)
        : base((readers ?? throw new ArgumentNullException(nameof(readers))).Select(reader => reader.Geometry.Slots), slots)
    {
        _readers = [.. readers];
        // Set here and not in Activate: how long an image is must be known before it is fetched.
        for (var i = 0; i < _readers.Length; i++)
            _readers[i].Slots = Math.Min(SlotsOf(i), _readers[i].RowSlots > 0 ? _readers[i].RowSlots : int.MaxValue);
    }

    /// <summary>Bytes of an image of object <paramref name="index"/>, from <see cref="PageFormat.HeaderOffset"/> on.</summary>
    public int ImageBytes(int index) => _readers[index].ImageBytes;

    /// <inheritdoc/>
    public override void Activate()
    {
    }

    /// <inheritdoc/>
    public override RowStatus Read(Span<double> row, long nowNs)
    {
        var status = Fetch(nowNs);
        if (status == RowStatus.Fresh)
            return base.Read(row, nowNs);
        _tap?.Missing(status);
        return status;
    }

    /// <inheritdoc/>
    public override RowStatus Look(long nowNs)
    {
        var status = Fetch(nowNs);
        if (status == RowStatus.Fresh)
            return base.Look(nowNs);
        _tap?.Missing(status);
        return status;
    }

    /// <summary>Where its images are recorded. Set before the first read.</summary>
    internal void RecordInto(ImageTap tap) => _tap = tap;

    internal int ObjectCount => Objects;

    /// <summary>Has the images of all objects at hand: <see cref="RowStatus.Fresh"/>, or why there are none, which is then the read's answer.</summary>
    /// <param name="nowNs">The reader's monotonic clock, ns.</param>
    protected abstract RowStatus Fetch(long nowNs);

    /// <summary>The image of object <paramref name="index"/>, which must not change until the next fetch; shorter than
    /// <see cref="ImageBytes"/>: the object is unreadable.</summary>
    protected abstract ReadOnlySpan<byte> Image(int index);

    /// <summary>True when the row in an image was confirmed while it was copied.</summary>
    protected virtual bool IsConfirmed(int index) => false;

    /// <inheritdoc/>
    protected override RowStatus ReadObject(int index, Span<double> values, long nowNs)
    {
        var image = Image(index);
        var isConfirmed = IsConfirmed(index);
        var status = _readers[index].Read(image, values, nowNs, isConfirmed);
        _tap?.Read(index, image, status, isConfirmed);
        return status;
    }

    /// <inheritdoc/>
    protected override RowStatus LookAtObject(int index, long nowNs)
    {
        var image = Image(index);
        var status = _readers[index].Look(image, nowNs);
        _tap?.Look(index, image);
        return status;
    }

    /// <inheritdoc/>
    protected override (ulong Generation, long RowTimeNs) First => (_readers[0].Generation, _readers[0].RowTimeNs);
}
