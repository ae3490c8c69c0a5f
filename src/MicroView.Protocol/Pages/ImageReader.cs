using System.Runtime.CompilerServices;

namespace MicroView.Protocol;

/// <summary>
/// Makes rows of images: copies of an object's bytes from <see cref="PageFormat.HeaderOffset"/> on, as an RDMA READ lands them or a recording
/// holds them. An image must not change during a read, and may begin at any address. For one thread; neither allocates nor throws when reading.
/// </summary>
public sealed unsafe class ImageReader
{
    private HeaderWatch _header;
    private int _slots;
    private ulong _lastSequence;

    /// <summary>A reader of one object's images.</summary>
    /// <param name="geometry">How its slots lie.</param>
    /// <param name="epoch">Its epoch.</param>
    /// <param name="rowSlots">Slots of its rows where they are stamped, else 0.</param>
    /// <param name="heartbeatMs">How often its heartbeat moves, ms, as the layout tells; 0: as by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rows and their stamp do not fit.</exception>
    public ImageReader(SlotGeometry geometry, ulong epoch, int rowSlots = 0, int heartbeatMs = 0)
    {
        if (rowSlots != 0 && !geometry.CanStamp(rowSlots))
            throw new ArgumentOutOfRangeException(nameof(rowSlots), $"a row of {rowSlots} slots and its stamp do not fit");
        (Geometry, RowSlots, _header) = (geometry, rowSlots, new(epoch, PageFormat.StaleAfterNs(heartbeatMs)));
    }

    /// <summary>How the slots lie.</summary>
    public SlotGeometry Geometry { get; }

    /// <summary>Slots of a stamped row; 0: live stores.</summary>
    public int RowSlots { get; }

    /// <summary>Slots in the used prefix, from the layout; a read yields this many values.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than the object, or its row, holds.</exception>
    public int Slots
    {
        get => _slots;
        set
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)value, (uint)(RowSlots > 0 ? RowSlots : Geometry.Slots), nameof(value));
            _slots = value;
        }
    }

    /// <summary>Bytes of an image: header, used prefix, and the stamp where there is one.</summary>
    public int ImageBytes => (RowSlots > 0 ? Geometry.StampedBytes(RowSlots) : Geometry.UsedBytes(_slots)) - PageFormat.HeaderOffset;

    /// <summary>The generation that stood in the header of the last image.</summary>
    public ulong Generation => _header.Generation;

    /// <summary>When the last fresh row was sampled, CLOCK_MONOTONIC of the host, ns; 0 for live stores.</summary>
    public long RowTimeNs { get; private set; }

    /// <summary>Looks at the header of an image alone.</summary>
    /// <param name="image">At least the header; less makes it unreadable.</param>
    /// <param name="nowNs">The reader's monotonic clock when the image was taken, ns: times the heartbeat.</param>
    /// <returns>Fresh when nothing is wrong with it, else what is.</returns>
    public RowStatus Look(ReadOnlySpan<byte> image, long nowNs)
    {
        if (image.Length < PageFormat.HeaderSize)
            return RowStatus.Unreadable;
        fixed (byte* header = image)
            return _header.Look(header, nowNs);
    }

    /// <summary>Takes the row out of an image.</summary>
    /// <param name="image">At least <see cref="ImageBytes"/> bytes; fewer make it unreadable.</param>
    /// <param name="values">At least <see cref="Slots"/> values; written only when the answer is <see cref="RowStatus.Fresh"/>.</param>
    /// <param name="nowNs">The reader's monotonic clock when the image was taken, ns: times the heartbeat.</param>
    /// <param name="isConfirmed">Its row was confirmed while it was copied (<see cref="ObjectReader.TryCopy(Span{byte}, out bool)"/>): no stamp is needed.</param>
    public RowStatus Read(ReadOnlySpan<byte> image, Span<double> values, long nowNs, bool isConfirmed = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(values.Length, _slots, nameof(values));
        if (image.Length < ImageBytes)
            return RowStatus.Unreadable;
        fixed (byte* header = image)
        fixed (double* target = values)
        {
            var status = _header.Look(header, nowNs);
            return status == RowStatus.Fresh ? ReadRow(header, target, isConfirmed) : status;
        }
    }

    private RowStatus ReadRow(byte* header, double* target, bool isConfirmed)
    {
        var sequence = HeaderWatch.Load(header, PageFormat.RowSeqField);
        if (sequence == _lastSequence && (sequence != 0 || RowSlots > 0))
            return RowStatus.Unchanged; // 0 where rows are stamped: there is none yet
        var time = HeaderWatch.Load(header, PageFormat.RowTimeField);
        if ((sequence != 0 || RowSlots > 0) && !IsWhole(header, sequence, time, isConfirmed))
            return RowStatus.Torn;
        SlotLines.Fold(header + PageFormat.SlotsOffset - PageFormat.HeaderOffset, Geometry.Stripes, _slots, target);
        _lastSequence = sequence;
        RowTimeNs = sequence == 0 ? 0 : (long)time;
        return RowStatus.Fresh;
    }

    /// <summary>A batch row without a stamp cannot be confirmed by one copy alone.</summary>
    private bool IsWhole(byte* header, ulong sequence, ulong time, bool isConfirmed)
    {
        if ((sequence & 1) != 0 || sequence == 0)
            return false;
        if (isConfirmed || RowSlots == 0)
            return isConfirmed;
        var stamp = header + Geometry.UsedBytes(RowSlots) - PageFormat.HeaderOffset;
        return Unsafe.ReadUnaligned<ulong>(stamp + PageFormat.StampSequence) == sequence && Unsafe.ReadUnaligned<ulong>(stamp + PageFormat.StampTime) == time
            && Unsafe.ReadUnaligned<ulong>(stamp + PageFormat.StampCheck)
                == RowCheck.Of(sequence, time, new(header + PageFormat.SlotsOffset - PageFormat.HeaderOffset, RowSlots * sizeof(double)));
    }
}
