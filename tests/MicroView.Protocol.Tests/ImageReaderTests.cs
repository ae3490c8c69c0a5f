namespace MicroView.Protocol.Tests;

public sealed class ImageReaderTests
{
    private const long Second = 1_000_000_000, Limit = 900_000_000;
    private readonly double[] _values = new double[16];

    [Fact]
    public void A_whole_row_is_fresh_once()
    {
        var image = new HandMadeImage(9).Write(2, 77, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        var reader = Reader(9);
        Assert.Equal(RowStatus.Fresh, reader.Read(image.Bytes, _values, 0));
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 0], _values[..10]);
        Assert.Equal((77, 5ul, image.Bytes.Length), (reader.RowTimeNs, reader.Generation, reader.ImageBytes));
        _values[0] = -1;
        Assert.Equal((RowStatus.Unchanged, -1.0), (reader.Read(image.Bytes, _values, 0), _values[0]));
        Assert.Equal(RowStatus.Fresh, reader.Read(image.Write(4, 78, 10).Bytes, _values, 0));
        Assert.Equal((78, 10.0, 2.0), (reader.RowTimeNs, _values[0], _values[1]));
    }

    [Fact]
    public void A_stamped_object_without_a_row_yet_has_nothing_fresh()
    {
        var image = new HandMadeImage(3);
        var reader = Reader(3);
        Assert.Equal(RowStatus.Unchanged, reader.Read(image.Bytes, _values, 0));
        Assert.Equal(RowStatus.Fresh, reader.Read(image.Write(2, 1, 5).Bytes, _values, 0));
        image.Set(32, 0); // a writer does not go back
        Assert.Equal(RowStatus.Torn, reader.Read(image.Bytes, _values, 0));
    }

    [Theory]
    [InlineData(32, 3ul)] // the writer is inside
    [InlineData(32, 6ul)] // the header is of the next row
    [InlineData(40, 78ul)] // its time alone
    [InlineData(64 + 8, 1ul)] // a slot of another row
    [InlineData(64 + 64 + 8, 1ul)] // the last one
    [InlineData(192, 6ul)] // the stamp has begun the next row
    [InlineData(200, 78ul)]
    [InlineData(208, 0ul)]
    public void A_row_of_which_one_part_is_another_rows_is_torn_and_writes_no_value(int offset, ulong bits)
    {
        var image = new HandMadeImage(10).Write(4, 77, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
        Assert.Equal(192, image.Stamp);
        image.Set(offset, bits);
        Array.Fill(_values, -1);
        Assert.Equal(RowStatus.Torn, Reader(10).Read(image.Bytes, _values, 0));
        Assert.All(_values, value => Assert.Equal(-1, value));
    }

    [Fact]
    public void The_upper_half_of_the_check_must_be_zero()
    {
        var image = new HandMadeImage(1).Write(4, 77, 1);
        image.Bytes[image.Stamp + 20] = 1;
        Assert.Equal(RowStatus.Torn, Reader(1).Read(image.Bytes, _values, 0));
    }

    [Fact]
    public void A_row_that_the_layout_did_not_announce_is_torn_and_live_stores_are_fresh_each_time()
    {
        var image = new HandMadeImage(8).Write(2, 77, 1);
        var reader = Reader(0, slots: 8);
        Assert.Equal(RowStatus.Torn, reader.Read(image.Bytes, _values, 0));
        image.Set(32, 0);
        for (var read = 0; read < 2; read++)
            Assert.Equal((RowStatus.Fresh, 0L, 1.0), (reader.Read(image.Bytes, _values, 0), reader.RowTimeNs, _values[0]));
    }

    [Fact]
    public void A_row_may_be_longer_than_what_is_published()
    {
        var image = new HandMadeImage(16).Write(2, 77, 1, 2, 3, 4);
        var reader = Reader(16, slots: 3);
        Assert.Equal(RowStatus.Fresh, reader.Read(image.Bytes, _values, 0));
        Assert.Equal([1, 2, 3, 0], _values[..4]);
        Assert.Equal(image.Bytes.Length, reader.ImageBytes);
        image.Set(64 + 15 * 8, 1); // not published, but of the row
        image.Set(32, 4);
        image.Set(image.Stamp, 4);
        Assert.Equal(RowStatus.Torn, reader.Read(image.Bytes, _values, 0));
    }

    [Fact]
    public void A_heartbeat_that_stands_still_for_more_than_900_ms_is_stale_until_it_moves()
    {
        var image = new HandMadeImage(1).Write(2, 1, 5);
        var reader = Reader(1);
        Assert.Equal(RowStatus.Fresh, reader.Read(image.Bytes, _values, 100 * Second));
        Assert.Equal(RowStatus.Fresh, reader.Read(image.Write(4, 2, 6).Bytes, _values, 100 * Second + Limit));
        Assert.Equal(RowStatus.Stale, reader.Read(image.Write(6, 3, 7).Bytes, _values, 100 * Second + Limit + 1));
        Assert.Equal(RowStatus.Stale, reader.Look(image.Bytes, 102 * Second));
        Assert.Equal(6, _values[0]);
        image.Set(48, 2);
        Assert.Equal((RowStatus.Fresh, 7.0), (reader.Read(image.Bytes, _values, 103 * Second), _values[0]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(16)]
    public void A_header_of_another_object_is_quarantined(int field)
    {
        var image = new HandMadeImage(1).Write(2, 1, 5);
        image.Bytes[field + 1] ^= 0x10;
        var reader = Reader(1);
        Assert.Equal(RowStatus.Quarantined, reader.Read(image.Bytes, _values, 0));
        Assert.Equal(RowStatus.Quarantined, reader.Look(image.Bytes, 0));
        Assert.Equal(0ul, reader.Generation);
        image.Bytes[field + 1] ^= 0x10;
        Assert.Equal(RowStatus.Fresh, reader.Read(image.Bytes, _values, 0));
    }

    [Fact]
    public void An_image_that_is_too_short_is_unreadable_and_a_longer_one_is_not()
    {
        var image = new HandMadeImage(9).Write(2, 1, 5);
        var reader = Reader(9);
        for (var length = 0; length < image.Bytes.Length; length++)
            Assert.Equal(RowStatus.Unreadable, reader.Read(image.Bytes.AsSpan(0, length), _values, 0));
        Assert.Equal(RowStatus.Fresh, reader.Read([.. image.Bytes, 1, 2, 3], _values, 0));
        Assert.Equal(RowStatus.Unreadable, reader.Look(image.Bytes.AsSpan(0, 63), 0));
        Assert.Equal(RowStatus.Fresh, reader.Look(image.Bytes.AsSpan(0, 64), 0));
    }

    [Fact]
    public void A_look_takes_no_row()
    {
        var image = new HandMadeImage(1).Write(2, 1, 5);
        var reader = Reader(1);
        Assert.Equal((RowStatus.Fresh, 5ul), (reader.Look(image.Bytes, 0), reader.Generation));
        Assert.Equal(RowStatus.Fresh, reader.Read(image.Bytes, _values, 0));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        var geometry = new SlotGeometry(8192, 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ImageReader(geometry, 1, geometry.Slots)); // no line left for the stamp
        Assert.Throws<ArgumentOutOfRangeException>(() => new ImageReader(geometry, 1, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ImageReader(new(8192, 2), 1, 8)); // rows have one stripe
        var reader = new ImageReader(geometry, 1, 8);
        Assert.Throws<ArgumentOutOfRangeException>(() => reader.Slots = 9);
        Assert.Throws<ArgumentOutOfRangeException>(() => reader.Slots = -1);
        reader.Slots = 8;
        Assert.Throws<ArgumentOutOfRangeException>(() => reader.Read(new byte[8192], new double[7], 0));
    }

    [Fact]
    public void Reading_allocates_nothing()
    {
        var image = new HandMadeImage(9).Write(2, 1, 5);
        var reader = Reader(9);
        _ = reader.Read(image.Bytes, _values, 0);
        var fresh = 0;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (ulong i = 0; i < 1000; i++)
        {
            image.Set(48, i);
            fresh += reader.Read(image.Bytes, _values, 0) == RowStatus.Unchanged ? 1 : 0;
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(1000, fresh);
    }

    private static ImageReader Reader(int rowSlots, int? slots = null) =>
        new(new(8192, 1), HandMadeImage.Epoch, rowSlots) { Slots = slots ?? rowSlots };
}
