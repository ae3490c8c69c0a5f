using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace MicroView.Analysis;

/// <summary>
/// A sketch as bytes, little-endian, version 1: magic "MVSKETCH"; u16 version; u16 flags (bit 0: rows were appended since the directions
/// were computed); u32 d, ℓ, k; f64 least variance; i64 rows seen; u32 rows of the buffer, directions; u64 reserved, 0; the rows, d f64
/// each; the directions, d f64 each; u32 CRC-32 of all before it. Bit-exact: what is read back goes on as the sketch that was written.
/// Thread-safe. Source: a format of ours.
/// </summary>
public static class SketchBytes
{
    private const int HeaderLength = 56;
    private const int ChecksumLength = sizeof(uint);
    private const ushort Version = 1;
    private const ushort StaleFlag = 1;

    // A header of 56 bytes must not make its reader allocate gigabytes: 2ℓ·d is the buffer, here at most 64 MiB of it.
    private const long LargestBuffer = 1 << 23;

    private static ReadOnlySpan<byte> Magic => "MVSKETCH"u8;

    /// <summary>The bytes of <paramref name="sketch"/>: 60 + 8·d·(rows of the buffer + directions).</summary>
    public static byte[] Write(FrequentDirections sketch)
    {
        ArgumentNullException.ThrowIfNull(sketch);
        var bytes = new byte[Length(sketch.Dimension, sketch.Count, sketch.Rank)];
        var span = bytes.AsSpan();
        Magic.CopyTo(span);
        BinaryPrimitives.WriteUInt16LittleEndian(span[8..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(span[10..], sketch.IsStale ? StaleFlag : (ushort)0);
        BinaryPrimitives.WriteInt32LittleEndian(span[12..], sketch.Dimension);
        BinaryPrimitives.WriteInt32LittleEndian(span[16..], sketch.SketchRows);
        BinaryPrimitives.WriteInt32LittleEndian(span[20..], sketch.Components);
        BinaryPrimitives.WriteDoubleLittleEndian(span[24..], sketch.LeastVariance);
        BinaryPrimitives.WriteInt64LittleEndian(span[32..], sketch.Seen);
        BinaryPrimitives.WriteInt32LittleEndian(span[40..], sketch.Count);
        BinaryPrimitives.WriteInt32LittleEndian(span[44..], sketch.Rank);
        var at = HeaderLength;
        for (var i = 0; i < sketch.Count; i++)
            foreach (var value in sketch.Row(i))
                Put(span, ref at, value);
        for (var i = 0; i < sketch.Rank; i++)
            for (var j = 0; j < sketch.Dimension; j++)
                Put(span, ref at, sketch.Direction(i, j));
        BinaryPrimitives.WriteUInt32LittleEndian(span[at..], Crc32.HashToUInt32(span[..at]));
        return bytes;
    }

    /// <summary>The sketch that <paramref name="bytes"/> hold, whoever wrote them.</summary>
    /// <exception cref="InvalidDataException">They are not a sketch of this version, or damaged; one line says what is wrong.</exception>
    public static FrequentDirections Read(ReadOnlySpan<byte> bytes)
    {
        Check(bytes.Length >= HeaderLength + ChecksumLength && bytes[..8].SequenceEqual(Magic), "these bytes are not a sketch");
        var version = BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]);
        Check(version == Version, $"the sketch is of version {version}, only version {Version} can be read");
        var flags = BinaryPrimitives.ReadUInt16LittleEndian(bytes[10..]);
        Check((flags & ~StaleFlag) == 0, $"the sketch has unknown flags, 0x{flags:x}");
        long dimension = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]);
        long sketchRows = BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]);
        long components = BinaryPrimitives.ReadUInt32LittleEndian(bytes[20..]);
        var leastVariance = BinaryPrimitives.ReadDoubleLittleEndian(bytes[24..]);
        var seen = BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]);
        long count = BinaryPrimitives.ReadUInt32LittleEndian(bytes[40..]);
        long rank = BinaryPrimitives.ReadUInt32LittleEndian(bytes[44..]);
        Check(dimension is >= 1 and <= LargestBuffer && sketchRows is >= 2 and <= LargestBuffer && 2 * sketchRows * RowMatrix.Padded((int)dimension) <= LargestBuffer,
            $"a sketch of d = {dimension} and ℓ = {sketchRows} is impossible or too large");
        Check(components <= sketchRows && rank <= components, $"{rank} of {components} directions do not go with ℓ = {sketchRows}");
        Check(count < 2 * sketchRows && count <= seen, $"{count} rows in the buffer do not go with ℓ = {sketchRows} and {seen} rows seen");
        Check(BinaryPrimitives.ReadUInt64LittleEndian(bytes[48..]) == 0, "the sketch has reserved bytes that are not 0");
        Check(flags == 0 || count > 0, "the sketch has directions to compute, but no row");
        Check(leastVariance is >= 0 and <= double.MaxValue, $"the least variance {leastVariance} is not possible");
        Check(bytes.Length == Length(dimension, count, rank), $"the sketch has {bytes.Length} bytes, {Length(dimension, count, rank)} are announced");
        var body = bytes[..^ChecksumLength];
        Check(Crc32.HashToUInt32(body) == BinaryPrimitives.ReadUInt32LittleEndian(bytes[^ChecksumLength..]), "the sketch is damaged: its checksum is wrong");
        var values = Doubles(body[HeaderLength..]);
        foreach (var value in values)
            if (!double.IsFinite(value))
                throw new InvalidDataException($"the sketch holds {value}");
        var sketch = new FrequentDirections((int)dimension, (int)sketchRows, (int)components, leastVariance);
        var split = (int)(count * dimension);
        sketch.Restore(values.AsSpan(0, split), values.AsSpan(split), seen, flags != 0);
        return sketch;
    }

    private static long Length(long dimension, long count, long rank) => HeaderLength + sizeof(double) * dimension * (count + rank) + ChecksumLength;

    private static void Put(Span<byte> span, ref int at, double value)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(span[at..], value);
        at += sizeof(double);
    }

    private static double[] Doubles(ReadOnlySpan<byte> bytes)
    {
        var bits = MemoryMarshal.Cast<byte, long>(bytes);
        var values = new double[bits.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = BitConverter.Int64BitsToDouble(BitConverter.IsLittleEndian ? bits[i] : BinaryPrimitives.ReverseEndianness(bits[i]));
        return values;
    }

    private static void Check(bool holds, string problem)
    {
        if (!holds)
            throw new InvalidDataException(problem);
    }
}
