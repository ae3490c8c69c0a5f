using System.Runtime.InteropServices;
using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace MicroView.Protocol;

/// <summary>
/// A reader's view of one object: sealed objects are mapped for reading, REST segments are copied with pread. Reads take the used
/// prefix that the layout gave, compare the header and obey nothing in it. For one thread; neither allocates nor throws when reading.
/// </summary>
public sealed unsafe class ObjectReader : IDisposable
{
    private const int TriesPerRead = 4;

    private readonly SafeFileHandle _file;
    private readonly Mapping? _mapping;
    private HeaderWatch _header;
    private byte* _copy;
    private int _copyBytes;
    private int _slots;
    private ulong _lastSequence;

    private ObjectReader(SafeFileHandle file, Mapping? mapping, SlotGeometry geometry, ulong epoch, int heartbeatMs) =>
        (_file, _mapping, Geometry, _header) = (file, mapping, geometry, new(epoch, PageFormat.StaleAfterNs(heartbeatMs)));

    /// <summary>How the slots lie.</summary>
    public SlotGeometry Geometry { get; }

    /// <summary>Slots in the used prefix, from the layout; a read yields this many values.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than the object holds.</exception>
    public int Slots
    {
        get => _slots;
        set
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)value, (uint)Geometry.Slots, nameof(value));
            _slots = value;
        }
    }

    /// <summary>The generation that stood in the header at the last read.</summary>
    public ulong Generation => _header.Generation;

    /// <summary>When the last fresh row was sampled, CLOCK_MONOTONIC of the host, ns; 0 for live stores.</summary>
    public long RowTimeNs { get; private set; }

    /// <summary>Whether a batch writer announced its rows (row_slots): then a sequence of 0 means that there is none yet, not live stores.</summary>
    public bool HasRows { get; set; }

    /// <summary>True when rows come under the row clock.</summary>
    public bool IsBatch => _lastSequence != 0;

    /// <summary>Where the header of a mapped object lies; 0 when it is not mapped. For hints alone: what is there is read by <see cref="Read"/>.</summary>
    public nint Address => _mapping is null || _file.IsClosed ? 0 : (nint)(_mapping.Address + PageFormat.HeaderOffset);

    /// <summary>Bytes of header and used prefix.</summary>
    public int UsedBytes => Geometry.UsedBytes(_slots) - PageFormat.HeaderOffset;

    /// <summary>Maps a sealed object; owns <paramref name="file"/> from then on.</summary>
    /// <param name="file">The object's file.</param>
    /// <param name="geometry">How its slots lie.</param>
    /// <param name="epoch">Its epoch.</param>
    /// <param name="heartbeatMs">How often its heartbeat moves, ms, as the layout tells; 0: as by default.</param>
    /// <exception cref="SystemCallException">The kernel refused.</exception>
    /// <exception cref="InvalidDataException">The file is not a sealed object of this geometry: mapping it could raise SIGBUS.</exception>
    public static ObjectReader Map(SafeFileHandle file, SlotGeometry geometry, ulong epoch, int heartbeatMs = 0)
    {
        if (!MemoryFile.IsTrustworthy(file, geometry.Capacity, out var problem))
            throw new InvalidDataException(problem);
        return new(file, Mapping.Create(file, geometry.Capacity, writable: false, "a pod's object"), geometry, epoch, heartbeatMs);
    }

    /// <summary>Reads a segment that cannot be sealed, by pread; owns <paramref name="file"/> from then on. Parameters as <see cref="Map"/> takes them.</summary>
    public static ObjectReader Positional(SafeFileHandle file, SlotGeometry geometry, ulong epoch, int heartbeatMs = 0) => new(file, null, geometry, epoch, heartbeatMs);

    /// <summary>Reads the used prefix.</summary>
    /// <param name="values">At least <see cref="Slots"/> values; written only when the answer is <see cref="RowStatus.Fresh"/> or <see cref="RowStatus.Torn"/>.</param>
    /// <param name="nowNs">The reader's monotonic clock, ns: times the heartbeat.</param>
    public RowStatus Read(Span<double> values, long nowNs)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(values.Length, _slots, nameof(values));
        var image = _file.IsClosed ? null : _mapping is null ? CopyPrefix() : _mapping.Address;
        if (image is null)
            return RowStatus.Unreadable;
        var status = _header.Look(image + PageFormat.HeaderOffset, nowNs);
        if (status != RowStatus.Fresh)
            return status;
        fixed (double* target = values)
            return ReadRow(image, target);
    }

    /// <summary>Looks at the header alone.</summary>
    /// <param name="nowNs">The reader's monotonic clock, ns: times the heartbeat.</param>
    /// <returns>Fresh when nothing is wrong with it, else what is.</returns>
    public RowStatus Look(long nowNs)
    {
        if (_file.IsClosed)
            return RowStatus.Unreadable;
        if (_mapping is not null)
            return _header.Look(_mapping.Address + PageFormat.HeaderOffset, nowNs);
        var header = stackalloc byte[PageFormat.HeaderSize];
        return MemoryFile.ReadAt(_file, new(header, PageFormat.HeaderSize), PageFormat.HeaderOffset) == PageFormat.HeaderSize
            ? _header.Look(header, nowNs)
            : RowStatus.Unreadable;
    }

    /// <summary>Unmaps and closes; from then on the object is unreadable.</summary>
    public void Dispose()
    {
        _mapping?.Dispose();
        _file.Dispose();
        NativeMemory.AlignedFree(_copy);
        _copy = null;
        _copyBytes = 0;
    }

    /// <summary>Copies header and used prefix, with the stamp of a stamped row: an image for <see cref="ImageReader"/>. False when the object is too short.</summary>
    /// <param name="image">As many bytes as are wanted from <see cref="PageFormat.HeaderOffset"/> on, in whole lines.</param>
    public bool TryCopy(Span<byte> image)
    {
        if (image.Length > Geometry.Capacity - PageFormat.HeaderOffset || image.Length % PageFormat.LineSize != 0 || _file.IsClosed)
            return false;
        if (_mapping is null)
            return MemoryFile.ReadAt(_file, image, PageFormat.HeaderOffset) == image.Length;
        fixed (byte* target = image)
            SlotLines.Copy(_mapping.Address + PageFormat.HeaderOffset, target, image.Length / PageFormat.LineSize);
        return true;
    }

    /// <summary>The same, with two looks at the sequence of a batch row, as <see cref="Read"/> makes them.</summary>
    /// <param name="image">As many bytes as are wanted from <see cref="PageFormat.HeaderOffset"/> on, in whole lines.</param>
    /// <param name="isConfirmed">The row in the image is whole, stamped or not; false of live stores, and where the writer was inside at each try.</param>
    public bool TryCopy(Span<byte> image, out bool isConfirmed)
    {
        isConfirmed = false;
        for (var attempt = 0; attempt < TriesPerRead && !_file.IsClosed; attempt++)
        {
            var before = SequenceInObject(); // acquire: the copy below cannot pass it
            if (!TryCopy(image))
                return false;
            LoadBarrier(); // nor the second load the copy
            if (before == 0)
                return true;
            isConfirmed = (before & 1) == 0 && SequenceInObject() == before && PageFormat.RowSequenceOf(image) == before;
            if (isConfirmed)
                return true;
        }
        return !_file.IsClosed;
    }

    private static ulong Load(byte* image, int field) => HeaderWatch.LoadAcquire(image + PageFormat.HeaderOffset, field);

    private RowStatus ReadRow(byte* image, double* target)
    {
        for (var attempt = 0; attempt < TriesPerRead; attempt++)
        {
            var sequence = Sequence(image); // acquire: the copy below cannot pass it
            if (sequence == _lastSequence && (sequence != 0 || HasRows))
                return RowStatus.Unchanged;
            if ((sequence & 1) != 0 || (sequence == 0 && HasRows))
                continue;
            if (sequence != 0 && _mapping is null && CopyPrefix() is null) // copied again, now between two looks at the sequence
                return RowStatus.Unreadable;
            var time = Load(image, PageFormat.RowTimeField);
            SlotLines.Fold(image + PageFormat.SlotsOffset, Geometry.Stripes, _slots, target);
            LoadBarrier(); // the copy must not pass the second load
            if (Sequence(image) != sequence)
                continue;
            _lastSequence = sequence;
            RowTimeNs = sequence == 0 ? 0 : (long)time;
            return RowStatus.Fresh;
        }
        return RowStatus.Torn;
    }

    private static void LoadBarrier()
    {
#if NET10_0_OR_GREATER
        Volatile.ReadBarrier(); // free on x86-64
#else
        Interlocked.MemoryBarrier();
#endif
    }

    /// <summary>The sequence in the object. A copy's own says nothing about what happened while it was made; of live stores it is 0 for good.</summary>
    private ulong Sequence(byte* image)
    {
        return _mapping is not null || Load(image, PageFormat.RowSeqField) == 0 ? Load(image, PageFormat.RowSeqField) : SequenceInObject();
    }

    private ulong SequenceInObject()
    {
        if (_mapping is not null)
            return Load(_mapping.Address, PageFormat.RowSeqField);
        ulong sequence;
        var read = MemoryFile.ReadAt(_file, new(&sequence, sizeof(ulong)), PageFormat.RowSeqField);
        return read == sizeof(ulong) ? sequence : ulong.MaxValue; // odd: counts as torn
    }

    /// <summary>Copies header and used slots; null when the file is too short or the read failed.</summary>
    private byte* CopyPrefix()
    {
        var bytes = Geometry.UsedBytes(_slots);
        if (bytes > _copyBytes)
        {
            NativeMemory.AlignedFree(_copy);
            _copyBytes = (bytes + PageFormat.PageSize - 1) / PageFormat.PageSize * PageFormat.PageSize;
            _copy = (byte*)NativeMemory.AlignedAlloc((nuint)_copyBytes, PageFormat.LineSize);
        }
        var wanted = new Span<byte>(_copy + PageFormat.HeaderOffset, bytes - PageFormat.HeaderOffset);
        return MemoryFile.ReadAt(_file, wanted, PageFormat.HeaderOffset) == wanted.Length ? _copy : null;
    }
}
