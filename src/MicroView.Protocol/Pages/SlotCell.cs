using System.Runtime.CompilerServices;
using System.Threading;

namespace MicroView.Protocol;

/// <summary>
/// The address of one slot in one stripe, with the mapping that keeps it valid: a cell may be used for as long as it is
/// held, whatever has been disposed meanwhile. No method allocates, locks or throws. The default value is not usable.
/// </summary>
public readonly unsafe struct SlotCell
{
    private readonly double* _address;
    private readonly Mapping _owner;

    internal SlotCell(Mapping owner, double* address)
    {
        _owner = owner;
        _address = address;
    }

    /// <summary>The value now. Thread-safe.</summary>
    public double Value
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var value = Volatile.Read(ref *_address);
            GC.KeepAlive(_owner);
            return value;
        }
    }

    /// <summary>Stores a value: one plain 8-byte store. Thread-safe; the last store wins.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(double value)
    {
        *_address = value;
        GC.KeepAlive(_owner);
    }

    /// <summary>Adds to the value by a load and a store: for one writer only.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddSingleWriter(double amount)
    {
        *_address += amount;
        GC.KeepAlive(_owner);
    }

    /// <summary>
    /// Tries once to add by compare-and-swap in the given stripe; false when another thread was there, and nothing was added. The cell must
    /// be of stripe 0 and the object must have that many stripes. Thread-safe.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryAdd(double amount, int stripe)
    {
        var address = (long*)(_address + stripe * PageFormat.SlotsPerLine);
        var seen = *address;
        var wanted = BitConverter.DoubleToInt64Bits(BitConverter.Int64BitsToDouble(seen) + amount);
        var added = Interlocked.CompareExchange(ref *address, wanted, seen) == seen;
        GC.KeepAlive(_owner);
        return added;
    }

    /// <summary>
    /// <see cref="TryAdd"/> for a counter: a negative or non-finite amount is not added, and the answer is true. The check stands behind the sum,
    /// off the way from one swap to the next.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryAddAmount(double amount, int stripe)
    {
        const ulong infinity = 0x7FF0_0000_0000_0000; // negative numbers, infinities and NaN are all at least that as unsigned bits
        var address = (long*)(_address + stripe * PageFormat.SlotsPerLine);
        var seen = *address;
        var wanted = BitConverter.DoubleToInt64Bits(BitConverter.Int64BitsToDouble(seen) + amount);
        var added = BitConverter.DoubleToUInt64Bits(amount) >= infinity || Interlocked.CompareExchange(ref *address, wanted, seen) == seen;
        GC.KeepAlive(_owner);
        return added;
    }

    /// <summary>The value in a stripe; the cell must be of stripe 0 and the object must have that many stripes. Thread-safe.</summary>
    public double ValueIn(int stripe)
    {
        var value = Volatile.Read(ref *(_address + stripe * PageFormat.SlotsPerLine));
        GC.KeepAlive(_owner);
        return value;
    }

    /// <summary>Adds to the value by compare-and-swap; no increment is lost. Thread-safe.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(double amount)
    {
        AddAt(_address, amount);
        GC.KeepAlive(_owner);
    }

    /// <summary>Adds without a lost increment in the given stripe; the cell must be of stripe 0 and the object must have that many stripes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(double amount, int stripe)
    {
        AddAt(_address + stripe * PageFormat.SlotsPerLine, amount);
        GC.KeepAlive(_owner);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddAt(double* address, double amount)
    {
        var seen = *(long*)address;
        while (true)
        {
            var wanted = BitConverter.DoubleToInt64Bits(BitConverter.Int64BitsToDouble(seen) + amount);
            var found = Interlocked.CompareExchange(ref *(long*)address, wanted, seen);
            if (found == seen)
                return;
            seen = found;
        }
    }
}
