using System.Buffers.Binary;
using System.IO.Hashing;
using CsCheck;

namespace MicroView.Analysis.Tests;

public sealed class SketchBytesTests
{
    private static readonly Gen<(int D, int L, int K, int Rows, int Seed)> Sketches =
        Gen.Select(Gen.Int[1, 40], Gen.Int[2, 12], Gen.Int[0, 12], Gen.Int[0, 80], Gen.Int[0, 1_000_000]);

    [Fact]
    public void A_sketch_comes_back_bit_for_bit_and_goes_on_as_the_one_that_was_written() =>
        Sketches.Sample(s =>
        {
            var sketch = Sketch(s.D, s.L, Math.Min(s.K, s.L), s.Rows, s.Seed);
            if (s.Seed % 3 == 0)
                sketch.Refresh();
            var bytes = SketchBytes.Write(sketch);
            var read = SketchBytes.Read(bytes);
            Assert.Equal(bytes, SketchBytes.Write(read));
            Assert.Equal(60 + 8 * s.D * (sketch.Count + sketch.Rank), bytes.Length);
            foreach (var row in FrequentDirectionsTests.Rows(s.D, 30, s.D, s.Seed + 1))
            {
                var padded = FrequentDirectionsTests.Padded(row);
                Assert.Equal(sketch.ProjectedSquare(padded), read.ProjectedSquare(padded));
                sketch.Append(row);
                read.Append(row);
            }
            sketch.Refresh();
            read.Refresh();
            Assert.Equal(SketchBytes.Write(sketch), SketchBytes.Write(read));
        }, iter: 100);

    [Fact]
    public void Every_flipped_bit_and_every_cut_is_noticed()
    {
        var bytes = SketchBytes.Write(Sketch(5, 3, 2, 20, 1));
        for (var bit = 0; bit < 8 * bytes.Length; bit++)
        {
            var hostile = (byte[])bytes.Clone();
            hostile[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<InvalidDataException>(() => SketchBytes.Read(hostile));
        }
        for (var length = 0; length < bytes.Length; length++)
            Assert.Throws<InvalidDataException>(() => SketchBytes.Read(bytes.AsSpan(0, length)));
        Assert.Throws<InvalidDataException>(() => SketchBytes.Read([.. bytes, 0]));
    }

    /// <summary>The checksum of a forged header is right, so that what is behind it gets looked at.</summary>
    [Fact]
    public void A_forged_header_is_either_a_sketch_or_refused_and_never_costs_memory() =>
        Gen.Select(Gen.Int[8, 47], Gen.Byte.Array[1, 8], Gen.Int[0, 3]).Sample((at, forged, seed) =>
        {
            var bytes = SketchBytes.Write(Sketch(6, 3, 3, 4 + 5 * seed, seed));
            forged.AsSpan(0, Math.Min(forged.Length, 48 - at)).CopyTo(bytes.AsSpan(at));
            Seal(bytes);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                var sketch = SketchBytes.Read(bytes);
                sketch.Refresh();
                Assert.True(double.IsFinite(sketch.ProjectedSquare(new double[RowMatrix.Padded(sketch.Dimension)])));
            }
            catch (InvalidDataException error)
            {
                Assert.DoesNotContain('\n', error.Message);
            }
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200 << 20);
        }, iter: 2000);

    [Theory]
    [InlineData(8, 2, "version 2")]
    [InlineData(12, 0, "impossible")]
    [InlineData(12, 0x7fffffff, "too large")]
    [InlineData(16, 0x7fffffff, "too large")]
    [InlineData(20, 99, "directions")]
    [InlineData(40, 6, "rows in the buffer")]
    public void What_is_wrong_is_said(int at, int value, string expected)
    {
        var bytes = SketchBytes.Write(Sketch(6, 3, 3, 4, 1));
        if (at == 8)
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), (ushort)value);
        else
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), value);
        Seal(bytes);
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => SketchBytes.Read(bytes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_bytes_and_values_that_are_not_finite_are_refused()
    {
        Assert.Contains("not a sketch", Assert.Throws<InvalidDataException>(() => SketchBytes.Read(new byte[100])).Message, StringComparison.Ordinal);
        Assert.Contains("not a sketch", Assert.Throws<InvalidDataException>(() => SketchBytes.Read([])).Message, StringComparison.Ordinal);
        var bytes = SketchBytes.Write(Sketch(6, 3, 3, 4, 1));
        BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(56), double.NaN);
        Seal(bytes);
        Assert.Contains("NaN", Assert.Throws<InvalidDataException>(() => SketchBytes.Read(bytes)).Message, StringComparison.Ordinal);
    }

    private static FrequentDirections Sketch(int d, int l, int k, int rows, int seed) =>
        SketchMergeTests.SketchOf(d, l, FrequentDirectionsTests.Rows(d, rows, Math.Max(1, d / 2), seed, noise: 0.1), k);

    private static void Seal(Span<byte> bytes) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[^4..], Crc32.HashToUInt32(bytes[..^4]));
}
