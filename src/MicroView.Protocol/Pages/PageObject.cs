using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace MicroView.Protocol;

/// <summary>
/// A sealed object, mapped for writing: a client's own, or the agent's view of a client's. Disposing closes the file; the mapping
/// goes when the last <see cref="SlotCell"/> is gone, so a late update is harmless. Thread-safe as docs/page-format.md says.
/// </summary>
public sealed unsafe class PageObject : IDisposable
{
    private readonly Mapping _mapping;
    private int _rowSlots;

    private PageObject(SafeFileHandle file, Mapping mapping, SlotGeometry geometry, ulong epoch) =>
        (File, _mapping, Geometry, Epoch) = (file, mapping, geometry, epoch);

    /// <summary>The file; pass it to the agent.</summary>
    public SafeFileHandle File { get; }

    /// <summary>How the slots lie.</summary>
    public SlotGeometry Geometry { get; }

    /// <summary>The object's epoch, as created or as announced.</summary>
    public ulong Epoch { get; }

    /// <summary>Creates a pod's object: memfd, seals, magic, version, epoch.</summary>
    /// <exception cref="SystemCallException">The kernel refused.</exception>
    public static PageObject Create(string name, SlotGeometry geometry)
    {
        var file = MemoryFile.CreateSealed(name, geometry.Capacity);
        try
        {
            var epoch = Machine.RandomBits() | 1;
            var created = new PageObject(file, Mapping.Create(file, geometry.Capacity, writable: true, $"memfd '{name}'"), geometry, epoch);
            created.Field(PageFormat.EpochField) = epoch;
            created.Field(PageFormat.VersionField) = PageFormat.Version;
            created.Field(PageFormat.MagicField) = PageFormat.Magic;
            return created;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// An object in this process's own memory that no agent can be given: a home for metrics where none can be shared. Needs no system call.
    /// </summary>
    public static PageObject CreatePrivate(SlotGeometry geometry) =>
        new(new SafeFileHandle(), Mapping.CreatePrivate(geometry.Capacity), geometry, epoch: 0);

    /// <summary>Maps an object that a client passed, after <see cref="MemoryFile.IsTrustworthy"/>; owns <paramref name="file"/> from then on.</summary>
    /// <exception cref="SystemCallException">The kernel refused.</exception>
    public static PageObject Map(SafeFileHandle file, SlotGeometry geometry, ulong epoch) =>
        new(file, Mapping.Create(file, geometry.Capacity, writable: true, "a client's object"), geometry, epoch);

    /// <summary>
    /// Where the mapping begins, for registering it with a device. Valid for as long as this object is held and not unmapped.
    /// </summary>
    public nint Address => (nint)_mapping.Address;

    /// <summary>True when magic, version and epoch are what was announced.</summary>
    public bool HeaderIsIntact =>
        Field(PageFormat.MagicField) == PageFormat.Magic && (uint)Field(PageFormat.VersionField) == PageFormat.Version && Field(PageFormat.EpochField) == Epoch;

    /// <summary>The address of a slot in a stripe.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The slot or the stripe is outside the object.</exception>
    public SlotCell Cell(int slot, int stripe = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)slot, (uint)Geometry.Slots, nameof(slot));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)stripe, (uint)Geometry.Stripes, nameof(stripe));
        return new(_mapping, (double*)(_mapping.Address + Geometry.Offset(slot, stripe)));
    }

    /// <summary>A slot's value: the sum over its stripes.</summary>
    public double Sum(int slot)
    {
        var sum = Cell(slot).Value;
        for (var stripe = 1; stripe < Geometry.Stripes; stripe++)
            sum += Cell(slot, stripe).Value;
        return sum;
    }

    /// <summary>The control word; one aligned 8-byte load or store.</summary>
    public ControlWord Control
    {
        get => new(Volatile.Read(ref Field(PageFormat.ControlWordOffset)));
        set => Volatile.Write(ref Field(PageFormat.ControlWordOffset), value.Bits);
    }

    /// <summary>The control word's place, for who reads it often.</summary>
    public ControlCell ControlCell => new(_mapping, (ulong*)(_mapping.Address + PageFormat.ControlWordOffset));

    /// <summary>The layout generation in which the pod last changed; written by the agent.</summary>
    public ulong Generation
    {
        get => Volatile.Read(ref Field(PageFormat.GenerationField));
        set => Volatile.Write(ref Field(PageFormat.GenerationField), value);
    }

    /// <summary>Moves the heartbeat; written by the agent.</summary>
    public ulong Heartbeat
    {
        get => Volatile.Read(ref Field(PageFormat.HeartbeatField));
        set => Volatile.Write(ref Field(PageFormat.HeartbeatField), value);
    }

    /// <summary>Slots of a row that ends in a stamp, so that one RDMA READ confirms it; 0: rows without a stamp. Set before the first row.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The row and its stamp do not fit.</exception>
    public int RowSlots
    {
        get => _rowSlots;
        set
        {
            if (value != 0 && !Geometry.CanStamp(value))
                throw new ArgumentOutOfRangeException(nameof(value), $"a row of {value} slots and its stamp do not fit {Geometry.Capacity} bytes in {Geometry.Stripes} stripes");
            _rowSlots = value;
        }
    }

    /// <summary>
    /// Writes a batch row under the sequence lock, and its stamp where <see cref="RowSlots"/> asks for one. One writer at a time.
    /// </summary>
    /// <param name="values">One value per slot from slot 0 on, stripe 0; the object must have one stripe.</param>
    /// <param name="timeNs">When the row was sampled, CLOCK_MONOTONIC, ns.</param>
    /// <exception cref="ArgumentException">More values than slots, or more than one stripe.</exception>
    public void WriteRow(ReadOnlySpan<double> values, long timeNs)
    {
        if (values.Length > (_rowSlots > 0 ? _rowSlots : Geometry.Slots) || Geometry.Stripes != 1)
            throw new ArgumentException($"a row of {values.Length} values does not fit {(_rowSlots > 0 ? _rowSlots : Geometry.Slots)} slots in {Geometry.Stripes} stripes", nameof(values));
        ref var sequence = ref Field(PageFormat.RowSeqField);
        var before = sequence | 1; // a writer that died inside left it odd
        Volatile.Write(ref sequence, before);
        if (_rowSlots > 0)
            Field(Geometry.UsedBytes(_rowSlots) + PageFormat.StampSequence) = before + 1; // begun: the header says the same only when done
        Interlocked.MemoryBarrier(); // the stores below must not pass the sequences
        var slots = (double*)(_mapping.Address + PageFormat.SlotsOffset);
        for (var slot = 0; slot < values.Length; slot++)
            slots[slot] = values[slot];
        Field(PageFormat.RowTimeField) = (ulong)timeNs;
        if (_rowSlots > 0)
            Stamp(before + 1, (ulong)timeNs);
        Volatile.Write(ref sequence, before + 1);
    }

    private void Stamp(ulong sequence, ulong timeNs)
    {
        var stamp = Geometry.UsedBytes(_rowSlots);
        Field(stamp + PageFormat.StampTime) = timeNs;
        Field(stamp + PageFormat.StampCheck) = RowCheck.Of(sequence, timeNs, new(_mapping.Address + PageFormat.SlotsOffset, _rowSlots * sizeof(double)));
    }

    /// <summary>Closes the file. The mapping goes with the last cell, so a late update of a client's metric is harmless.</summary>
    public void Dispose() => File.Dispose();

    /// <summary>Closes the file and unmaps at once: for an agent, which has given out no cell. No other member may be used from then on.</summary>
    public void Unmap()
    {
        File.Dispose();
        _mapping.Dispose();
    }

    private ref ulong Field(int offset) => ref *(ulong*)(_mapping.Address + offset);
}
