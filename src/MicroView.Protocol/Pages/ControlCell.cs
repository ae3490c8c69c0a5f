using System.Runtime.CompilerServices;
using System.Threading;

namespace MicroView.Protocol;

/// <summary>
/// Where an object's control word stands, with the mapping that keeps it valid: for who reads it often. Thread-safe; reads without allocating, locking or throwing. The
/// default value is not usable.
/// </summary>
public readonly unsafe struct ControlCell
{
    private readonly ulong* _address;
    private readonly Mapping _owner;

    internal ControlCell(Mapping owner, ulong* address)
    {
        _owner = owner;
        _address = address;
    }

    /// <summary>The word now: one aligned 8-byte load.</summary>
    public ControlWord Value
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var bits = Volatile.Read(ref *_address);
            GC.KeepAlive(_owner);
            return new(bits);
        }
    }
}
