using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>What an event of a recording is; docs/recording.md.</summary>
internal enum RecordedKind : byte
{
    /// <summary>In a recorder's ring alone: the rest of the ring is not used.</summary>
    Skip = 0,

    Layout = 1,
    Pass = 2,
    Image = 3,
    Missing = 4,
    End = 5,
}

/// <summary>The constants and checks of docs/recording.md, version 1.</summary>
internal static class RecordingFormat
{
    public const uint Version = 1;
    public const int HeaderSize = 64;
    public const int EventSize = 16;

    /// <summary>Payload of an image before its bytes, of a pass, of a missing pod, of the end, and the time before a layout's JSON.</summary>
    public const int ImagePrefix = 8, PassPayload = 16, MissingPayload = 4, EndPayload = 16, LayoutPrefix = 8;

    /// <summary>Headers were looked at, no row was taken; of a pass.</summary>
    public const byte LooksFlag = 1;

    /// <summary>The sequence was looked at twice; of an image.</summary>
    public const byte ConfirmedFlag = 1;

    public const int MaxLayout = 256 << 20;
    public const int MaxImage = ImagePrefix + PageFormat.MaxCapacity;
    public const int MaxLmaps = 256;

    /// <summary>Times are far from where sums of them would overflow.</summary>
    public const long MaxTimeNs = 1L << 61;

    private const int CheckedHeader = 60;
    private const long DayNs = 86_400_000_000_000;

    public static ReadOnlySpan<byte> Magic => "MVRECORD"u8;

    /// <summary>Bytes of an event with so much payload.</summary>
    public static int SizeOf(int payload) => EventSize + (payload + 7 & ~7);

    /// <summary>The largest payload of a kind; -1: there is no such kind.</summary>
    public static int MaxPayload(RecordedKind kind) => kind switch
    {
        RecordedKind.Layout => MaxLayout,
        RecordedKind.Pass => PassPayload,
        RecordedKind.Image => MaxImage,
        RecordedKind.Missing => MissingPayload,
        RecordedKind.End => EndPayload,
        _ => -1,
    };

    /// <summary>Writes an event's header but for its checks, which <see cref="Seal"/> adds.</summary>
    public static void WriteEvent(Span<byte> at, RecordedKind kind, byte flags, uint id, int payload)
    {
        BinaryPrimitives.WriteInt32LittleEndian(at, payload);
        (at[4], at[5]) = ((byte)kind, flags);
        BinaryPrimitives.WriteUInt32LittleEndian(at[8..], id);
    }

    /// <summary>Fills the checks of a written event, and its padding.</summary>
    public static void Seal(Span<byte> written)
    {
        var payload = BinaryPrimitives.ReadInt32LittleEndian(written);
        written[(EventSize + payload)..SizeOf(payload)].Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(written[6..], HeadCheck(written));
        BinaryPrimitives.WriteUInt32LittleEndian(written[12..], Check(written.Slice(EventSize, payload)));
    }

    public static ushort HeadCheck(ReadOnlySpan<byte> head) =>
        (ushort)~BitOperations.Crc32C(BitOperations.Crc32C(BitOperations.Crc32C(uint.MaxValue, BinaryPrimitives.ReadUInt32LittleEndian(head)),
            BinaryPrimitives.ReadUInt16LittleEndian(head[4..])), BinaryPrimitives.ReadUInt32LittleEndian(head[8..]));

    public static uint Check(ReadOnlySpan<byte> bytes)
    {
        var check = uint.MaxValue;
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(bytes))
            check = BitOperations.Crc32C(check, word);
        foreach (var one in bytes[(bytes.Length & ~7)..])
            check = BitOperations.Crc32C(check, one);
        return ~check;
    }

    public static byte[] Write(RecordingHeader header)
    {
        var bytes = new byte[HeaderSize];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), header.Lmaps);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), header.MonotonicNs);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), header.UnixNs);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(32), header.IntervalNs);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(40), header.TickNs);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(CheckedHeader), Check(bytes.AsSpan(0, CheckedHeader)));
        return bytes;
    }

    /// <summary>The header, or what is wrong with it.</summary>
    public static string? TryRead(ReadOnlySpan<byte> bytes, out RecordingHeader header)
    {
        header = default;
        if (bytes.Length < HeaderSize || !bytes.StartsWith(Magic))
            return "it does not begin as a recording does";
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) is var version && version != Version)
            return $"it is of version {version}, and this build reads version {Version}";
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[CheckedHeader..]) != Check(bytes[..CheckedHeader]))
            return "its header is damaged";
        header = new(BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[40..]));
        var valid = header.Lmaps is >= 1 and <= MaxLmaps && IsTime(header.MonotonicNs) && IsTime(header.UnixNs) && header.IntervalNs is >= 0 and <= DayNs && header.TickNs is >= 0 and <= DayNs;
        return valid ? null : "its header holds impossible figures";
    }

    public static bool IsTime(long ns) => ns is >= 0 and <= MaxTimeNs;
}

/// <summary>A recording's first bytes.</summary>
/// <param name="Lmaps">LMAPs of the run.</param>
/// <param name="MonotonicNs">Its clock when it began.</param>
/// <param name="UnixNs">Unix time at that moment.</param>
/// <param name="IntervalNs">From one scrape to the next.</param>
/// <param name="TickNs">Tick of the run.</param>
internal readonly record struct RecordingHeader(int Lmaps, long MonotonicNs, long UnixNs, long IntervalNs, long TickNs);
