using System.Buffers.Binary;
using CsCheck;

namespace MicroView.Collector.Tests;

public sealed class RecordingRingTests
{
    [Fact]
    public void Events_come_out_whole_in_order_and_only_when_committed() =>
        Gen.Select(Gen.Int[0, 300].Array[1, 60], Gen.Int[1, 5].Array[1, 60]).Sample((sizes, batches) =>
        {
            var ring = new RecordingRing(2048);
            var (wanted, got, next) = (new List<(int Number, int Length)>(), new List<(int Number, int Length)>(), 0);
            foreach (var (i, size) in sizes.Index())
            {
                if (TryStage(ring, next, size))
                    wanted.Add((next, size));
                next++;
                if (i % batches[i % batches.Length] == 0)
                {
                    ring.Commit();
                    Drain(ring, got);
                    Assert.Equal(wanted, got);
                }
                else
                {
                    Assert.Equal(got.Count, Count(ring, got)); // what is staged is not there yet
                }
            }
        });

    [Fact]
    public void A_full_ring_takes_nothing_and_goes_on_when_there_is_room()
    {
        var ring = new RecordingRing(1024);
        var staged = 0;
        while (TryStage(ring, staged, 100))
            staged++;
        Assert.Equal(1024 / RecordingFormat.SizeOf(104), staged);
        ring.Commit();
        Assert.False(TryStage(ring, 99, 100));
        Assert.False(TryStage(ring, 99, 2000));
        var got = new List<(int Number, int Length)>();
        Drain(ring, got);
        Assert.Equal(staged, got.Count);
        Assert.True(TryStage(ring, 99, 100));
        ring.Rollback();
        ring.Commit();
        Assert.Equal(staged, Count(ring, got));
    }

    [Fact]
    public async Task A_reader_beside_the_writer_sees_every_event_as_it_was_written()
    {
        const int events = 200_000;
        var ring = new RecordingRing(4096);
        var got = 0;
        var reader = Task.Run(() =>
        {
            while (got < events)
            {
                var span = ring.Peek(ring.Head);
                for (var at = 0; at < span.Length; got++)
                {
                    var payload = BinaryPrimitives.ReadInt32LittleEndian(span[at..]);
                    Assert.Equal(got, BinaryPrimitives.ReadInt32LittleEndian(span[(at + 16)..]));
                    Assert.False(span.Slice(at + 20, payload - 4).ContainsAnyExcept((byte)got));
                    at += RecordingFormat.SizeOf(payload);
                }
                if (span.IsEmpty)
                    Thread.Yield();
                else
                    ring.Release(span.Length);
            }
        }, TestContext.Current.CancellationToken);
        var random = new Random(1);
        for (var i = 0; i < events && !reader.IsCompleted;)
        {
            if (TryStage(ring, i, random.Next(200)))
                i++;
            else
                Thread.Yield();
            ring.Commit();
        }
        await reader.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
    }

    private static bool TryStage(RecordingRing ring, int number, int bytes)
    {
        var at = ring.Stage(RecordingFormat.SizeOf(4 + bytes));
        if (at.IsEmpty)
            return false;
        RecordingFormat.WriteEvent(at, RecordedKind.Image, 0, 0, 4 + bytes);
        BinaryPrimitives.WriteInt32LittleEndian(at[16..], number);
        at.Slice(20, bytes).Fill((byte)number);
        return true;
    }

    private static void Drain(RecordingRing ring, List<(int, int)> into)
    {
        while (ring.Peek(ring.Head) is { IsEmpty: false } span)
        {
            for (var at = 0; at < span.Length;)
            {
                var payload = BinaryPrimitives.ReadInt32LittleEndian(span[at..]);
                into.Add((BinaryPrimitives.ReadInt32LittleEndian(span[(at + 16)..]), payload - 4));
                at += RecordingFormat.SizeOf(payload);
            }
            ring.Release(span.Length);
        }
    }

    private static int Count(RecordingRing ring, List<(int, int)> into)
    {
        Drain(ring, into);
        return into.Count;
    }
}
