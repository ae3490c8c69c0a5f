using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using MicroView.Protocol;
using MicroView.Verbs;

namespace MicroView.Host;

/// <summary>
/// A REST pod's named segment, read and written by pread and pwrite alone. A writer is opened in passing, and the lock keeps it
/// from overlapping the lease probe. Writes stop when the client has truncated the segment, so they never make it grow again.
/// </summary>
internal sealed class SegmentMemory(NamedSegment segment, SlotGeometry geometry, ulong epoch) : IPodMemory
{
    private const int GenerationOffset = PageFormat.HeaderOffset + 24, HeartbeatOffset = PageFormat.HeaderOffset + 48;
    private readonly Lock _gate = new();
    private Heartbeats? _beats;
    private bool _closed;
    private int _mapped; // registrations that are being made

    public string Name => segment.Name;

    public SlotGeometry Geometry => geometry;

    public ulong Epoch => epoch;

    public long Capacity => geometry.Capacity;

    /// <summary>True while the name leads to a file: a client's runtime may have unlinked it at its exit.</summary>
    public bool HasName => File.Exists("/dev/shm/" + segment.Name);

    public bool IsIntact
    {
        get
        {
            lock (_gate)
                return _closed || (segment.Size >= geometry.Capacity && ReadWord(PageFormat.HeaderOffset) == PageFormat.Magic
                    && (uint)ReadWord(PageFormat.HeaderOffset + 8) == PageFormat.Version && ReadWord(PageFormat.HeaderOffset + 16) == epoch);
        }
    }

    /// <summary>True when the segment is shorter than its layout says.</summary>
    public bool IsTruncated
    {
        get
        {
            lock (_gate)
                return !_closed && segment.Size < geometry.Capacity;
        }
    }

    /// <summary>True while any client has it open or mapped for writing.</summary>
    public bool IsHeld
    {
        get
        {
            lock (_gate)
                return !_closed && (_mapped > 0 || segment.HasWriters()); // a probe and our own mapping must not overlap
        }
    }

    public ControlWord? Control
    {
        get
        {
            lock (_gate)
                return _closed ? null : new ControlWord(ReadWord(PageFormat.ControlWordOffset));
        }
        set
        {
            if (value is { } word)
                Write(PageFormat.ControlWordOffset, word.Bits);
        }
    }

    /// <summary>Writes magic, version and epoch; false when it could not, and the segment is of no use.</summary>
    internal bool Initialise() => Write(
        (PageFormat.HeaderOffset + 16, epoch), (PageFormat.HeaderOffset + 8, PageFormat.Version), (PageFormat.HeaderOffset, PageFormat.Magic));

    /// <summary>Stores a slot's first value; false when the segment is gone.</summary>
    internal bool Store(int slot, double value) => Write((geometry.Offset(slot), BitConverter.DoubleToUInt64Bits(value)));

    public void SetGeneration(ulong generation) => Write(GenerationOffset, generation);

    public void Follow(Heartbeats? beats)
    {
        Interlocked.Exchange(ref _beats, beats)?.Remove(this);
        beats?.Add(this);
    }

    /// <summary>Moves the heartbeat.</summary>
    internal void Beat(ulong heartbeat) => Write(HeartbeatOffset, heartbeat);

    public SafeFileHandle? OpenReadOnly(int index)
    {
        lock (_gate)
            return _closed || index != 0 ? null : MemoryFile.ReopenReadOnly(segment.File);
    }

    /// <summary>
    /// The mapping is gone when it returns, so that it counts as no writer; the region keeps the pages. Outside of the lock, as for sealed memory.
    /// </summary>
    public IRegion? Register(IRegistrar registrar, int index, int offset, long length, RegionAccess access, string subject)
    {
        lock (_gate)
        {
            if (_closed || index != 0 || segment.Size < geometry.Capacity)
                return null;
            _mapped++;
        }
        try
        {
            return segment.WithMapping(geometry.Capacity, address => registrar.Register(address + offset, length, access, null, subject));
        }
        finally
        {
            lock (_gate)
                _mapped--;
        }
    }

    public bool TryRead(Span<double> values)
    {
        lock (_gate)
        {
            var bytes = MemoryMarshal.AsBytes(values);
            return !_closed && MemoryFile.ReadAt(segment.File, bytes, PageFormat.SlotsOffset) == bytes.Length;
        }
    }

    /// <summary>Removes the name; whoever maps it keeps it.</summary>
    internal void Unlink() => segment.Unlink();

    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            segment.Dispose();
        }
    }

    private void Write(long offset, ulong bits) => Write((offset, bits));

    private bool Write(params ReadOnlySpan<(long Offset, ulong Bits)> words)
    {
        lock (_gate)
        {
            if (_closed || segment.Size < geometry.Capacity)
                return false;
            try
            {
                using var writer = segment.OpenWriter();
                foreach (var (offset, bits) in words)
                    if (!MemoryFile.WriteAt(writer, offset, bits))
                        return false;
                return true;
            }
            catch (SystemCallException)
            {
                return false; // out of descriptors for a moment: the next beat tries again
            }
        }
    }

    private ulong ReadWord(long offset)
    {
        Span<byte> word = stackalloc byte[8];
        return MemoryFile.ReadAt(segment.File, word, offset) == 8 ? BinaryPrimitives.ReadUInt64LittleEndian(word) : 0;
    }
}
