using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CsCheck;

namespace MicroView.Protocol.Tests;

/// <summary>What holds for images of every shape, and for what nobody made as an image.</summary>
public sealed class ImagePropertyTests
{
    private static readonly Gen<SlotGeometry> AnyGeometry =
        Gen.Select(Gen.Int[2, 6], Gen.Int[0, 3].Select(power => 1 << power)).Select((pages, stripes) => new SlotGeometry(pages * PageFormat.PageSize, stripes));

    [Fact]
    public void Live_slots_come_back_folded_out_of_an_image_as_out_of_the_object() =>
        Gen.Select(AnyGeometry, Gen.Double[0, 1], Gen.Int, Gen.Bool).Sample((geometry, share, seed, mapped) =>
        {
            var slots = (int)(geometry.Slots * share);
            using var page = PageObject.Create("live", geometry);
            var random = new Random(seed);
            for (var slot = 0; slot < slots; slot++)
                for (var stripe = 0; stripe < geometry.Stripes; stripe++)
                    page.Cell(slot, stripe).Store(random.Next());
            using var copier = Copier(page, mapped);
            copier.Slots = slots;
            var reader = new ImageReader(geometry, page.Epoch) { Slots = slots };
            var image = Copy(copier, reader.ImageBytes);
            var values = new double[slots];
            var direct = new double[slots];
            Assert.Equal(RowStatus.Fresh, reader.Read(image, values, 0));
            Assert.Equal(RowStatus.Fresh, copier.Read(direct, 0));
            Assert.Equal(direct, values);
            Assert.Equal(Enumerable.Range(0, slots).Select(page.Sum), values);
        }, iter: 150);

    [Fact]
    public void Stamped_rows_come_back_whole_whatever_their_length() =>
        Gen.Select(Gen.Int[2, 6], Gen.Double[0, 1], Gen.Double[0, 1], Gen.Double[0, 1], Gen.Int, Gen.Bool).Sample((pages, ofRow, published, written, seed, mapped) =>
        {
            using var page = PageObject.Create("rows", new(pages * PageFormat.PageSize, 1));
            page.RowSlots = 1 + (int)(ofRow * (page.Geometry.Slots - 9));
            using var copier = Copier(page, mapped);
            copier.HasRows = true;
            var reader = new ImageReader(page.Geometry, page.Epoch, page.RowSlots) { Slots = (int)(published * page.RowSlots) };
            copier.Slots = reader.Slots;
            var random = new Random(seed);
            double[] values = new double[reader.Slots], direct = new double[reader.Slots], expected = new double[page.RowSlots];
            Assert.Equal(RowStatus.Unchanged, reader.Read(Copy(copier, reader.ImageBytes), values, 0));
            for (var row = 1; row <= 3; row++)
            {
                var length = (int)(written * page.RowSlots); // a shorter row leaves the slots behind it as they are
                for (var slot = 0; slot < length; slot++)
                    expected[slot] = BitConverter.Int64BitsToDouble(random.NextInt64());
                page.WriteRow(expected.AsSpan(0, length), timeNs: row);
                var image = Copy(copier, reader.ImageBytes);
                Assert.Equal((RowStatus.Fresh, row), (reader.Read(image, values, 0), (int)reader.RowTimeNs));
                Assert.Equal(RowStatus.Fresh, copier.Read(direct, 0));
                Assert.Equal(Bits(expected.AsSpan(0, reader.Slots)), Bits(values));
                Assert.Equal(Bits(direct), Bits(values));
                Assert.Equal(RowStatus.Unchanged, reader.Read(image, values, 0));
            }
        }, iter: 150);

    /// <summary>The check covers sequence, time and slots; the rest of the header is compared or means nothing.</summary>
    [Fact]
    public void One_wrong_bit_is_never_a_fresh_row_of_other_values() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int, Gen.Double[0, 1]).Sample((rowSlots, seed, place) =>
        {
            var random = new Random(seed);
            var image = new HandMadeImage(rowSlots).Write(6, 77, [.. Enumerable.Range(0, rowSlots).Select(_ => random.NextDouble())]);
            var expected = new double[rowSlots];
            Assert.Equal(RowStatus.Fresh, Reader(rowSlots).Read(image.Bytes, expected, 0));
            var bit = (int)(place * (image.Bytes.Length * 8 - 1));
            image.Bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            var values = new double[rowSlots];
            var status = Reader(rowSlots).Read(image.Bytes, values, 0);
            Assert.Equal(StatusWithWrong(bit / 8, image), status);
            if (status == RowStatus.Fresh)
                Assert.Equal(expected, values);
        }, iter: 3000);

    /// <summary>The image ends where the file does: one byte further is a SIGBUS, which ends the process.</summary>
    [Fact]
    public void Bytes_that_nobody_made_as_an_image_never_throw_and_nothing_beyond_them_is_read()
    {
        var name = $"microview-test-{Guid.NewGuid():N}";
        using var segment = NamedSegment.Create(name, 2 * PageFormat.PageSize);
        try
        {
            segment.WithMapping(3 * PageFormat.PageSize, memory =>
            {
                var file = MemoryMarshal.CreateSpan(ref Unsafe.AddByteOffset(ref Unsafe.NullRef<byte>(), memory), 2 * PageFormat.PageSize);
                ReadHostile(file);
                return 0;
            });
        }
        finally
        {
            segment.Unlink();
        }
    }

    private static void ReadHostile(Span<byte> memory)
    {
        var random = new Random(11);
        var seen = new HashSet<RowStatus>();
        for (var round = 0; round < 20_000; round++)
        {
            var stamped = random.Next(2) == 0;
            var rowSlots = 1 + random.Next(400);
            var reader = new ImageReader(new(8192, stamped ? 1 : 1 << random.Next(4)), HandMadeImage.Epoch, stamped ? rowSlots : 0);
            reader.Slots = random.Next(1 + Math.Min(rowSlots, reader.Geometry.Slots));
            var length = random.Next(3) == 0 ? random.Next(reader.ImageBytes + 200) : reader.ImageBytes;
            var image = memory[^length..]; // ends at the end of the file, begins at any address
            random.NextBytes(image);
            if (length >= 64 && random.Next(4) != 0)
                Disguise(image, random);
            var values = new double[reader.Slots + 2];
            values[^2] = values[^1] = -7;
            var status = reader.Read(image, values, 0);
            Assert.Equal((-7, -7), (values[^2], values[^1]));
            Assert.Equal(length < reader.ImageBytes, status == RowStatus.Unreadable);
            Assert.False(stamped && status == RowStatus.Fresh, "a row without a right check");
            seen.Add(status);
            seen.Add(reader.Look(image, 2_000_000_000));
        }
        Assert.Equal(Enum.GetValues<RowStatus>().Except([RowStatus.Unchanged]), seen.Order().Except([RowStatus.Unchanged]));
    }

    /// <summary>Random bytes seldom pass for a header.</summary>
    private static void Disguise(Span<byte> image, Random random)
    {
        new HandMadeImage(1).Bytes.AsSpan(0, 32).CopyTo(image);
        if (random.Next(3) == 0)
            image.Slice(32, 8).Clear(); // live stores
        else
            image[32] &= 0xFE;
    }

    private static RowStatus StatusWithWrong(int place, HandMadeImage image)
    {
        if (place is < 12 or (>= 16 and < 24))
            return RowStatus.Quarantined;
        if (place is (>= 32 and < 48) || (place >= 64 && place < 64 + image.RowSlots * 8) || (place >= image.Stamp && place < image.Stamp + 24))
            return RowStatus.Torn;
        return RowStatus.Fresh; // reserved, generation, heartbeat, and what stands behind the row in its last line
    }

    private static ImageReader Reader(int rowSlots) => new(new(8192, 1), HandMadeImage.Epoch, rowSlots) { Slots = rowSlots };

    private static ObjectReader Copier(PageObject page, bool mapped)
    {
        var file = MemoryFile.ReopenReadOnly(page.File);
        return mapped ? ObjectReader.Map(file, page.Geometry, page.Epoch) : ObjectReader.Positional(file, page.Geometry, page.Epoch);
    }

    private static byte[] Copy(ObjectReader copier, int bytes)
    {
        var image = new byte[bytes];
        Assert.True(copier.TryCopy(image));
        return image;
    }

    private static ulong[] Bits(ReadOnlySpan<double> values) => MemoryMarshal.Cast<double, ulong>(values).ToArray();
}
