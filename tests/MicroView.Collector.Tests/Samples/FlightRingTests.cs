namespace MicroView.Collector.Tests;

public sealed class FlightRingTests
{
    private const int Behind = 3;

    [Fact]
    public void The_newest_rows_are_kept_in_order_and_older_ones_are_gone()
    {
        var ring = new FlightRing(2, 4);
        for (var i = 0; i < 10; i++)
            Write(ring, i, i % 3 == 0);
        var row = new double[2];
        Assert.Equal((10, 6), (ring.Head, ring.Oldest));
        for (var position = 6; position < 10; position++)
        {
            Assert.True(ring.TryTime(position, out var time, out var alarm) && ring.TryRow(position, row));
            Assert.Equal((position, position % 3 == 0, position, position), (time, alarm, row[0], row[1]));
        }
        Assert.False(ring.TryTime(5, out _, out _));
        Assert.False(ring.TryRow(5, row));
        _ = ring.Begin(); // the oldest row's place is being written
        Assert.False(ring.TryRow(6, row));
        Assert.Equal((10, 7), (ring.Head, ring.Oldest));
    }

    [Theory]
    [InlineData(5, 3)]
    [InlineData(5, 8)]
    [InlineData(9, 8)]
    public void A_ring_that_takes_over_goes_on_at_the_same_positions(int slots, int capacity)
    {
        var former = new FlightRing(5, 6);
        for (var i = 0; i < 20; i++)
            Write(former, i);
        var ring = new FlightRing(slots, capacity);
        ring.TakeOver(former, Behind);
        Write(ring, 20);
        Assert.Equal(21, ring.Head);
        Assert.Equal(capacity == 3 ? 18 : 14, ring.Oldest);
        var row = new double[slots];
        for (var position = ring.Oldest; position < 21; position++)
        {
            Assert.True(ring.TryRow(position, row) && ring.TryTime(position, out var time, out _) && time == position);
            var isNew = position == 20;
            Assert.Equal([.. Enumerable.Range(0, slots).Select(slot => isNew || slot < 2 || slot >= slots - Behind ? position : double.NaN)], row);
        }
        Assert.False(ring.TryRow(ring.Oldest - 1, row));
    }

    /// <summary>The contract of the ring: whatever the reader is overtaken by, what it is told is whole is one row, and rows come in order.</summary>
    [Theory]
    [InlineData(4, 16)]
    [InlineData(64, 67)]
    [InlineData(1024, 3)]
    public async Task A_reader_beside_a_writer_at_full_speed_never_sees_half_of_a_row(int capacity, int slots)
    {
        var ring = new FlightRing(slots, capacity);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        var writing = Task.Factory.StartNew(() =>
        {
            for (var i = 0L; !stop.IsCancellationRequested; i++)
            {
                Write(ring, i, (i & 4) != 0);
                if ((i & 0x7fff) == 0)
                    Thread.Sleep(1); // or on a machine with other work the smallest ring would never be found whole
            }
        }, TaskCreationOptions.LongRunning);
        var (row, whole, torn) = (new double[slots], 0L, 0L);
        for (var position = 0L; !stop.IsCancellationRequested;)
        {
            var head = ring.Head;
            position = Math.Max(position, ring.Oldest);
            for (; position < head; position++)
            {
                if (!ring.TryTime(position, out var time, out var alarm) || !ring.TryRow(position, row))
                {
                    torn++;
                    continue;
                }
                Assert.Equal((position, (position & 4) != 0), (time, alarm));
                Assert.Equal(-1, row.AsSpan().IndexOfAnyExcept(position));
                whole++;
            }
        }
        await writing;
        Assert.True(whole > 50, $"{whole} whole, {torn} overtaken");
    }

    [Fact]
    public async Task A_ring_is_exchanged_beside_its_reader_without_a_row_lost_or_twice()
    {
        var current = new FlightRing(4, 1 << 12);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        var written = 0L;
        var writing = Task.Factory.StartNew(() =>
        {
            for (var i = 0L; !stop.IsCancellationRequested; i++)
            {
                if (i % 1000 == 999)
                {
                    var larger = new FlightRing(4 + (int)(i / 1000 % 5), 1 << 12);
                    larger.TakeOver(Volatile.Read(ref current), Behind);
                    Volatile.Write(ref current, larger);
                }
                Write(Volatile.Read(ref current), i);
                Volatile.Write(ref written, i + 1);
                if (i % 100 == 0)
                    Thread.Sleep(1);
            }
        }, TaskCreationOptions.LongRunning);
        var position = 0L;
        var row = new double[16];
        while (!stop.IsCancellationRequested)
        {
            var ring = Volatile.Read(ref current);
            for (var head = ring.Head; position < head; position++)
            {
                Assert.True(ring.TryRow(position, row) && ring.TryTime(position, out var time, out _) && time == position);
                Assert.Equal((double)position, row[0]);
            }
            Thread.Yield();
        }
        await writing;
        Assert.True(position > 1000 && position <= written);
    }

    private static void Write(FlightRing ring, long i, bool alarm = false)
    {
        ring.Begin().Fill(i);
        ring.Publish(i, alarm);
    }
}
