using System.Runtime.CompilerServices;
using System.Threading;

namespace MicroView.Protocol;

/// <summary>What a reader compares in an object's header, and when its heartbeat last moved. For one thread.</summary>
/// <param name="epoch">As the layout tells it.</param>
/// <param name="staleAfterNs">How long the heartbeat may stand still, ns.</param>
internal unsafe struct HeaderWatch(ulong epoch, long staleAfterNs)
{
    private ulong _heartbeat;
    private long _movedNs = long.MinValue;

    /// <summary>The generation at the last look.</summary>
    internal ulong Generation { get; private set; }

    /// <summary>Fresh when the row may be looked at, else what is wrong.</summary>
    /// <param name="header">At <see cref="PageFormat.HeaderOffset"/>.</param>
    /// <param name="nowNs">The reader's monotonic clock.</param>
    internal RowStatus Look(byte* header, long nowNs)
    {
        if (Load(header, PageFormat.MagicField) != PageFormat.Magic || Load(header, PageFormat.EpochField) != epoch
            || (uint)Load(header, PageFormat.VersionField) != PageFormat.Version)
            return RowStatus.Quarantined;
        Generation = Load(header, PageFormat.GenerationField);
        return Moves(Load(header, PageFormat.HeartbeatField), nowNs) ? RowStatus.Fresh : RowStatus.Stale;
    }

    /// <summary>One eight-byte load that orders nothing. An image may begin at any address, where an acquiring load is a fault on arm64.</summary>
    internal static ulong Load(byte* header, int field) => Unsafe.ReadUnaligned<ulong>(header + field - PageFormat.HeaderOffset);

    /// <summary>A load that no later one passes; of an object itself, which is aligned.</summary>
    internal static ulong LoadAcquire(byte* header, int field) => Volatile.Read(ref *(ulong*)(header + field - PageFormat.HeaderOffset));

    private bool Moves(ulong heartbeat, long nowNs)
    {
        if (heartbeat == _heartbeat && _movedNs != long.MinValue)
            return nowNs - _movedNs <= staleAfterNs;
        _heartbeat = heartbeat;
        _movedNs = nowNs;
        return true;
    }
}
