namespace MicroView.Protocol.Tests;

public sealed class ObjectReaderTests : IDisposable
{
    private const int Slots = 20;
    private const long Second = 1_000_000_000, Limit = 900_000_000;
    private readonly PageObject _batch = PageObject.Create("batch", new(8192, 1));
    private readonly PageObject _live = PageObject.Create("live", new(8192, 4));
    private readonly double[] _values = new double[Slots];

    public void Dispose()
    {
        _batch.Dispose();
        _live.Dispose();
    }

    [Fact]
    public void A_live_row_is_fresh_each_time_and_folds_its_stripes()
    {
        using var reader = Reader(_live);
        for (var slot = 0; slot < Slots; slot++)
            for (var stripe = 0; stripe < 4; stripe++)
                _live.Cell(slot, stripe).Store(slot * Math.Pow(10, stripe));
        for (var read = 0; read < 2; read++)
        {
            Assert.Equal(RowStatus.Fresh, reader.Read(_values, 0));
            Assert.Equal(Enumerable.Range(0, Slots).Select(slot => slot * 1111.0), _values);
        }
        Assert.False(reader.IsBatch);
    }

    [Fact]
    public void Every_length_of_prefix_writes_its_slots_and_no_more()
    {
        foreach (var page in new[] { _batch, _live })
        {
            using var reader = Reader(page);
            for (var slot = 0; slot < Slots; slot++)
                page.Cell(slot).Store(slot + 1);
            for (var slots = 0; slots <= Slots; slots++)
            {
                reader.Slots = slots;
                Array.Fill(_values, -1);
                Assert.Equal(RowStatus.Fresh, reader.Read(_values, 0));
                Assert.Equal(Enumerable.Range(0, Slots).Select(slot => slot < slots ? slot + 1.0 : -1), _values);
            }
            Assert.Throws<ArgumentOutOfRangeException>(() => reader.Slots = page.Geometry.Slots + 1);
            Assert.Throws<ArgumentOutOfRangeException>(() => reader.Slots = -1);
        }
    }

    [Fact]
    public void A_batch_row_is_fresh_once()
    {
        using var reader = Reader(_batch);
        _batch.WriteRow([1, 2, 3], timeNs: 5);
        Assert.Equal((RowStatus.Fresh, 5L, true), (reader.Read(_values, 0), reader.RowTimeNs, reader.IsBatch));
        _values[0] = -1;
        Assert.Equal((RowStatus.Unchanged, -1.0), (reader.Read(_values, 0), _values[0]));
        _batch.WriteRow([4], timeNs: 6);
        Assert.Equal((RowStatus.Fresh, 6L), (reader.Read(_values, 0), reader.RowTimeNs));
        Assert.Equal([4.0, 2, 3], _values[..3]);
    }

    [Fact]
    public void A_row_whose_writer_stands_inside_is_torn_until_it_leaves()
    {
        using var reader = Reader(_batch);
        _batch.WriteRow([1], timeNs: 5);
        Write(_batch, PageFormat.RowSeqField, 3);
        Assert.Equal(RowStatus.Torn, reader.Read(_values, 0));
        Write(_batch, PageFormat.RowSeqField, 4);
        Assert.Equal(RowStatus.Fresh, reader.Read(_values, 0));
    }

    [Fact]
    public void A_heartbeat_that_stands_still_for_more_than_900_ms_is_stale_until_it_moves()
    {
        using var reader = Reader(_live);
        _live.Heartbeat = 1;
        Assert.Equal(RowStatus.Fresh, reader.Read(_values, 100 * Second));
        Assert.Equal(RowStatus.Fresh, reader.Read(_values, 100 * Second + Limit));
        Assert.Equal(RowStatus.Stale, reader.Read(_values, 100 * Second + Limit + 1));
        Assert.Equal(RowStatus.Stale, reader.Read(_values, 500 * Second));
        _live.Heartbeat = 2;
        Assert.Equal(RowStatus.Fresh, reader.Read(_values, 500 * Second));
        Assert.Equal(RowStatus.Fresh, reader.Read(_values, 500 * Second + Limit));
    }

    [Theory]
    [InlineData(PageFormat.MagicField)]
    [InlineData(PageFormat.VersionField)]
    [InlineData(PageFormat.EpochField)]
    public void A_scribbled_header_quarantines_until_it_is_right_again(int field)
    {
        using var reader = Reader(_live);
        var right = Read(_live, field);
        Write(_live, field, right ^ 0x10);
        Assert.Equal(RowStatus.Quarantined, reader.Read(_values, 0));
        Write(_live, field, right);
        Assert.Equal(RowStatus.Fresh, reader.Read(_values, 0));
    }

    [Fact]
    public void The_generation_is_reported_and_nothing_else_in_the_header_is_obeyed()
    {
        using var reader = Reader(_live);
        foreach (var field in new[] { 12, 40, 56 })
            Write(_live, PageFormat.HeaderOffset + field & ~7, Read(_live, PageFormat.HeaderOffset + field & ~7) | 0xFFFF_FFFF_0000_0000);
        _live.Generation = ulong.MaxValue;
        Assert.Equal(RowStatus.Fresh, reader.Read(_values, 0));
        Assert.Equal(ulong.MaxValue, reader.Generation);
    }

    [Fact]
    public void A_truncated_segment_is_unreadable_and_kills_nobody()
    {
        var name = $"microview-test-{Guid.NewGuid():N}";
        using var segment = NamedSegment.Create(name, 16 * 4096);
        try
        {
            using var writer = segment.OpenWriter();
            MemoryFile.WriteAt(writer, PageFormat.MagicField, PageFormat.Magic);
            MemoryFile.WriteAt(writer, PageFormat.VersionField, PageFormat.Version);
            MemoryFile.WriteAt(writer, PageFormat.EpochField, 7);
            MemoryFile.WriteAt(writer, PageFormat.SlotsOffset + 8, BitConverter.DoubleToUInt64Bits(1.5));
            using var reader = ObjectReader.Positional(MemoryFile.ReopenReadOnly(segment.File), new(16 * 4096, 1), 7);
            reader.Slots = Slots;
            Assert.Equal((RowStatus.Fresh, 1.5), (reader.Read(_values, 0), _values[1]));
            foreach (var size in new[] { 4096 + 64 + 64, 4096 + 10, 100, 0 })
            {
                Assert.Equal(0, Libc.ftruncate((int)writer.DangerousGetHandle(), size));
                Assert.Equal(RowStatus.Unreadable, reader.Read(_values, 0));
            }
            Assert.Equal(0, segment.Size);
            Assert.Throws<InvalidDataException>(() => ObjectReader.Map(MemoryFile.ReopenReadOnly(segment.File), new(16 * 4096, 1), 7));
        }
        finally
        {
            segment.Unlink();
        }
    }

    [Theory]
    [InlineData(0, 900)]
    [InlineData(400, 900)]
    [InlineData(3000, 6750)]
    [InlineData(1, 225)]
    [InlineData(-5, 225)]
    [InlineData(int.MaxValue, 22_500)]
    public void A_heartbeat_may_stand_still_for_a_little_more_than_two_of_the_periods_that_the_layout_tells(int periodMs, int limitMs)
    {
        var limit = limitMs * 1_000_000L;
        using var mapped = ObjectReader.Map(MemoryFile.ReopenReadOnly(_live.File), _live.Geometry, _live.Epoch, periodMs);
        using var copied = ObjectReader.Positional(MemoryFile.ReopenReadOnly(_live.File), _live.Geometry, _live.Epoch, periodMs);
        foreach (var reader in new[] { mapped, copied })
        {
            reader.Slots = Slots;
            Assert.Equal(RowStatus.Fresh, reader.Read(_values, 1));
            Assert.Equal(RowStatus.Fresh, reader.Read(_values, 1 + limit));
            Assert.Equal(RowStatus.Stale, reader.Read(_values, 2 + limit));
        }
        var image = new byte[mapped.UsedBytes];
        Assert.True(mapped.TryCopy(image));
        var images = new ImageReader(_live.Geometry, _live.Epoch, heartbeatMs: periodMs) { Slots = Slots };
        Assert.Equal(RowStatus.Fresh, images.Read(image, _values, 1));
        Assert.Equal(RowStatus.Fresh, images.Read(image, _values, 1 + limit));
        Assert.Equal(RowStatus.Stale, images.Read(image, _values, 2 + limit));
    }

    [Fact]
    public void Reading_allocates_nothing()
    {
        using var mapped = Reader(_live);
        using var copied = ObjectReader.Positional(MemoryFile.ReopenReadOnly(_live.File), _live.Geometry, _live.Epoch);
        copied.Slots = Slots;
        _ = (mapped.Read(_values, 0), copied.Read(_values, 0));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            _ = (mapped.Read(_values, 0), copied.Read(_values, 0));
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static ObjectReader Reader(PageObject page)
    {
        var reader = ObjectReader.Map(MemoryFile.ReopenReadOnly(page.File), page.Geometry, page.Epoch);
        reader.Slots = Slots;
        return reader;
    }

    private static void Write(PageObject page, int field, ulong bits) => Assert.True(MemoryFile.WriteAt(page.File, field, bits));

    private static ulong Read(PageObject page, int field)
    {
        var bytes = new byte[8];
        Assert.Equal(8, MemoryFile.ReadAt(page.File, bytes, field));
        return BitConverter.ToUInt64(bytes);
    }
}
