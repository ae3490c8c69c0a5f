using System.Buffers.Binary;
using System.Globalization;
using System.Text.RegularExpressions;
using CsCheck;

namespace MicroView.Protocol.Tests;

public sealed partial class PageFormatTests
{
    [Fact]
    public void The_header_fields_stand_where_the_document_says()
    {
        var header = Document().Split("## Row stamps")[0];
        var written = HeaderRow().Matches(header).ToDictionary(row => row.Groups[2].Value, row => int.Parse(row.Groups[1].Value, CultureInfo.InvariantCulture));
        var coded = new Dictionary<string, int>
        {
            ["magic"] = PageFormat.MagicField, ["version"] = PageFormat.VersionField, ["epoch"] = PageFormat.EpochField,
            ["generation"] = PageFormat.GenerationField, ["row_seq"] = PageFormat.RowSeqField, ["row_time_ns"] = PageFormat.RowTimeField,
            ["heartbeat"] = PageFormat.HeartbeatField,
        };
        foreach (var (field, offset) in coded)
            Assert.Equal(written[field], offset - PageFormat.HeaderOffset);
        Assert.Equal(12, written["reserved"]);
    }

    [Fact]
    public void The_regions_are_those_of_the_document()
    {
        Assert.Equal((0, 4096, 64, 4160), (PageFormat.ControlWordOffset, PageFormat.HeaderOffset, PageFormat.HeaderSize, PageFormat.SlotsOffset));
        Assert.Equal((4096, 8, 64, 64 * 1024, 16, 8), (PageFormat.PageSize, PageFormat.SlotsPerLine, PageFormat.LineSize, PageFormat.DefaultCapacity, PageFormat.MaxObjects, PageFormat.MaxStripes));
        Assert.Contains("| 0 … 4095 | page 0", Document(), StringComparison.Ordinal);
        Assert.Contains("| 4096 … 4159 | the **header**", Document(), StringComparison.Ordinal);
        Assert.Contains("| 4160 … capacity | **slots**", Document(), StringComparison.Ordinal);
    }

    /// <summary>Byte for byte, past the code that wrote them.</summary>
    [Fact]
    public void A_created_object_has_these_bytes()
    {
        using var page = PageObject.Create("bytes", new(PageFormat.DefaultCapacity, 4));
        page.Generation = 0x1122;
        page.Heartbeat = 0x3344;
        page.Control = ControlWord.Create(1, 0xABCD, 0x1234);
        page.Cell(9, 3).Store(2.5);
        var bytes = new byte[PageFormat.DefaultCapacity];
        Assert.Equal(bytes.Length, MemoryFile.ReadAt(page.File, bytes, 0));
        Assert.Equal("MVPAGES\0"u8, bytes.AsSpan(4096, 8));
        Assert.Equal(1u, BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4104)));
        Assert.Equal(0u, BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4108)));
        Assert.Equal(page.Epoch, BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(4112)));
        Assert.NotEqual(0ul, page.Epoch);
        Assert.Equal(0x1122ul, BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(4120)));
        Assert.Equal(0x3344ul, BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(4144)));
        Assert.Equal(0x1234_ABCD_FFFF_FFFFul, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        Assert.Equal(2.5, BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan(4160 + (1 * 4 + 3) * 64 + 1 * 8)));
        bytes.AsSpan(4096, 64).Clear();
        bytes.AsSpan(0, 8).Clear();
        bytes.AsSpan(4160 + (1 * 4 + 3) * 64 + 8, 8).Clear();
        Assert.False(bytes.AsSpan().ContainsAnyExcept((byte)0), "nothing else is written");
    }

    [Fact]
    public void A_batch_row_moves_the_sequence_by_two_and_stamps_its_time()
    {
        using var page = PageObject.Create("row", new(8192, 1));
        for (ulong row = 1; row <= 3; row++)
        {
            page.WriteRow([1, 2, 3], timeNs: 77);
            var fields = new byte[16];
            Assert.Equal(16, MemoryFile.ReadAt(page.File, fields, 4096 + 32));
            Assert.Equal(row * 2, BinaryPrimitives.ReadUInt64LittleEndian(fields));
            Assert.Equal(77ul, BinaryPrimitives.ReadUInt64LittleEndian(fields.AsSpan(8)));
        }
        Assert.Throws<ArgumentException>(() => page.WriteRow(new double[page.Geometry.Slots + 1], 0));
    }

    /// <summary>Byte for byte; the check was computed by an independent CRC-32C.</summary>
    [Fact]
    public void A_stamped_row_ends_in_these_bytes()
    {
        using var page = PageObject.Create("stamp", new(8192, 1));
        page.RowSlots = 9;
        page.WriteRow([1, 2, 3, 4, 5, 6, 7, 8, 9], timeNs: 77);
        var stamp = new byte[64];
        Assert.Equal(64, MemoryFile.ReadAt(page.File, stamp, 4160 + 2 * 64));
        Assert.Equal(2ul, BinaryPrimitives.ReadUInt64LittleEndian(stamp));
        Assert.Equal(77ul, BinaryPrimitives.ReadUInt64LittleEndian(stamp.AsSpan(8)));
        Assert.Equal(0xa6491a25ul, BinaryPrimitives.ReadUInt64LittleEndian(stamp.AsSpan(16)));
        Assert.False(stamp.AsSpan(24).ContainsAnyExcept((byte)0));
        Assert.Throws<ArgumentException>(() => page.WriteRow(new double[10], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => page.RowSlots = page.Geometry.Slots); // no line left for the stamp
    }

    [Theory]
    [InlineData(0.0, 0u)]
    [InlineData(1.0, uint.MaxValue)]
    [InlineData(-1.0, 0u)]
    [InlineData(7.0, uint.MaxValue)]
    [InlineData(double.NaN, 0u)]
    [InlineData(0.5, 0x8000_0000u)]
    public void The_control_words_rate_is_clamped_and_rounded(double rate, uint bits)
    {
        Assert.Equal(bits, (uint)ControlWord.Create(rate, 0, 0).Bits);
        if (bits is 0 or uint.MaxValue)
            Assert.Equal(bits == 0 ? 0 : 1, ControlWord.Create(rate, 0, 0).Rate); // exactly: these mean never and always
    }

    [Fact]
    public void A_control_word_gives_back_what_was_put_in() =>
        Gen.Select(Gen.Double[0, 1], Gen.UShort, Gen.UShort).Sample((rate, term, sequence) =>
        {
            var word = ControlWord.Create(rate, term, sequence);
            Assert.Equal(rate, word.Rate, 1e-9);
            Assert.Equal((term, sequence), (word.Term, word.Sequence));
        });

    internal static string Document()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "MicroView.slnx")))
                return File.ReadAllText(Path.Combine(folder.FullName, "docs", "page-format.md"));
        throw new InvalidOperationException("the tests run outside the repository");
    }

    [GeneratedRegex(@"^\| \+(\d+) \| (magic|version|epoch|generation|row_seq|row_time_ns|heartbeat|reserved(?=, u32))", RegexOptions.Multiline)]
    private static partial Regex HeaderRow();
}
