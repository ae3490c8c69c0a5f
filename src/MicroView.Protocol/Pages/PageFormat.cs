namespace MicroView.Protocol;

/// <summary>The constants of docs/page-format.md, version 1. All offsets and sizes are in bytes.</summary>
public static class PageFormat
{
    /// <summary>The unit of an object's capacity, of reading and of registering.</summary>
    public const int PageSize = 4096;

    /// <summary>Where the control word stands: the start of the control page.</summary>
    public const int ControlWordOffset = 0;

    /// <summary>Where the header stands: the page after the control page.</summary>
    public const int HeaderOffset = PageSize;

    /// <summary>Size of the header: one cache line.</summary>
    public const int HeaderSize = 64;

    /// <summary>Where slot 0 of stripe 0 stands.</summary>
    public const int SlotsOffset = HeaderOffset + HeaderSize;

    /// <summary>Slots in a line: one cache line of doubles.</summary>
    public const int SlotsPerLine = 8;

    /// <summary>Size of a line.</summary>
    public const int LineSize = 64;

    /// <summary>The header's first eight bytes, "MVPAGES\0".</summary>
    public const ulong Magic = 0x0053_4547_4150_564D;

    /// <summary>The format's version.</summary>
    public const uint Version = 1;

    /// <summary>Capacity of a client's object unless it asks for another.</summary>
    public const int DefaultCapacity = 64 * 1024;

    /// <summary>Capacity of a REST pod's segment: that client maps it once and can never move to a larger one.</summary>
    public const int RestCapacity = 1024 * 1024;

    /// <summary>The largest capacity an agent admits: bounds what one peer can make a reader map.</summary>
    public const int MaxCapacity = 64 * 1024 * 1024;

    /// <summary>Objects that one pod may attach.</summary>
    public const int MaxObjects = 16;

    /// <summary>The largest number of stripes.</summary>
    public const int MaxStripes = 8;

    /// <summary>How often the agent moves the heartbeat unless the layout tells otherwise: each time costs it a wake-up, and one may come half a second late.</summary>
    public static readonly TimeSpan HeartbeatPeriod = TimeSpan.FromMilliseconds(400);

    /// <summary>The same where nobody reads by RDMA: a reader on this machine learns from its connection's end, at once, that the agent is gone.</summary>
    public static readonly TimeSpan LocalHeartbeatPeriod = TimeSpan.FromSeconds(3);

    /// <summary>How long a heartbeat may stand still before the pod is stale: not quite a second, so that who looks once a second knows at the second look.</summary>
    public static readonly TimeSpan HeartbeatTimeout = TimeoutOf(HeartbeatPeriod);

    private const int LeastPeriodMs = 100, MostPeriodMs = 10_000;

    /// <summary>How long a heartbeat of a period may stand still.</summary>
    public static TimeSpan TimeoutOf(TimeSpan period) => period * 9 / 4;

    /// <summary>The same in ns, for a period that a layout tells (<see cref="ObjectLayout.HeartbeatMs"/>): 0 is <see cref="HeartbeatPeriod"/>, and what nobody would mean is brought within bounds.</summary>
    public static long StaleAfterNs(int periodMs) =>
        TimeoutOf(periodMs == 0 ? HeartbeatPeriod : TimeSpan.FromMilliseconds(Math.Min(Math.Max(periodMs, LeastPeriodMs), MostPeriodMs))).Ticks * 100;

    /// <summary>The row sequence in an image, which begins at <see cref="HeaderOffset"/>.</summary>
    public static ulong RowSequenceOf(ReadOnlySpan<byte> image) => System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(image[(RowSeqField - HeaderOffset)..]);

    internal const int MagicField = HeaderOffset, VersionField = HeaderOffset + 8, EpochField = HeaderOffset + 16;
    internal const int GenerationField = HeaderOffset + 24, RowSeqField = HeaderOffset + 32, RowTimeField = HeaderOffset + 40;
    internal const int HeartbeatField = HeaderOffset + 48;
    internal const int StampSequence = 0, StampTime = 8, StampCheck = 16; // in the stamp's line
}
