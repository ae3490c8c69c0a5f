using System.Buffers.Binary;
using MicroView.Protocol;
using static MicroView.Collector.Tests.TestBook;

namespace MicroView.Collector.Tests;

/// <summary>Files that are cut off, damaged, or made to harm: what is whole is used, the rest is one line with its place.</summary>
public sealed class DamagedRecordingTests : IDisposable
{
    private readonly RecordedScene _scene = new(lmaps: 2);
    private readonly byte[] _whole;
    private readonly long[] _events;
    private readonly string _path;

    public DamagedRecordingTests()
    {
        var (live, batch) = (_scene.Join("live", Gauge("a"), Counter("c_total")), _scene.JoinBatch("batch", Gauge("x")));
        for (var pass = 1; pass <= 6; pass++)
        {
            live.Set(0, pass);
            if (pass % 2 == 0)
                batch.Object.WriteRow([pass], _scene.NowNs);
            _scene.Pass();
        }
        _scene.Leave(batch);
        _scene.Pass();
        _scene.Finish();
        _whole = File.ReadAllBytes(_scene.Path);
        var events = new List<long>();
        using var reader = RecordingReader.Open(_scene.Path);
        while (reader.Next())
            events.Add(reader.Offset);
        _events = [.. events];
        _path = _scene.FileIn("other");
    }

    public void Dispose() => _scene.Dispose();

    [Fact]
    public void A_file_that_is_cut_off_anywhere_is_used_up_to_its_last_whole_event()
    {
        for (var length = RecordingFormat.HeaderSize; length < _whole.Length; length++)
        {
            File.WriteAllBytes(_path, _whole[..length]);
            using var reader = RecordingReader.Open(_path);
            var read = 0;
            while (reader.Next())
                read++;
            var whole = _events.Count(at => at + SizeAt(at) <= length);
            Assert.Equal(whole, read);
            Assert.Equal(_events.Contains(length) ? null : (long?)_events[whole], reader.CutOffAt);
        }
    }

    [Fact]
    public async Task A_replay_of_a_cut_file_says_so_and_leaves_half_a_pass_out()
    {
        var lastPass = _events.Last(at => KindAt(at) == RecordedKind.Pass);
        var passes = _events.Count(at => KindAt(at) == RecordedKind.Pass);
        File.WriteAllBytes(_path, _whole[..(int)(lastPass + SizeAt(lastPass) + 4)]);
        var replayed = await Replayed.RunAsync(_path);
        Assert.Null(replayed.Damage);
        Assert.Equal(passes - 1, replayed.Summary!.Passes);
        Assert.Equal(lastPass + SizeAt(lastPass), replayed.Summary.CutOffAt);
        // Cut between two events it is not whole either: it has no end.
        File.WriteAllBytes(_path, _whole[..(int)_events[^1]]);
        Assert.Equal(_events[^1], (await Replayed.RunAsync(_path)).Summary!.CutOffAt);
        // Zeros are what a power cut leaves of what was to be written.
        File.WriteAllBytes(_path, [.. _whole.AsSpan(0, (int)_events[5]), .. new byte[5000]]);
        Assert.Equal(_events[5], (await Replayed.RunAsync(_path)).Summary!.CutOffAt);
    }

    [Fact]
    public async Task A_flipped_bit_is_told_with_its_place_and_what_is_before_it_is_used()
    {
        var random = new Random(4);
        for (var round = 0; round < 150; round++)
        {
            var at = random.Next(RecordingFormat.HeaderSize, _whole.Length);
            var bytes = (byte[])_whole.Clone();
            bytes[at] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(_path, bytes);
            var owner = _events.Last(start => start <= at);
            var replayed = await Replayed.RunAsync(_path);
            if (at - owner - RecordingFormat.EventSize >= PayloadAt(owner))
                Assert.Null(replayed.Damage); // padding means nothing
            else
                Assert.Contains($"{_path}: byte {owner}: ", replayed.Damage?.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Something_else_than_a_recording_is_refused_in_one_line()
    {
        var header = RecordingFormat.Write(new RecordingHeader(1, 0, 0, 0, 0));
        (byte[] Bytes, string Why)[] files =
        [
            ([], "does not begin as a recording does"), (_whole[..40], "does not begin as a recording does"), (new byte[4096], "does not begin as a recording does"),
            ("time_ns,pod,score\n"u8.ToArray(), "does not begin as a recording does"),
            ([.. _whole.AsSpan(0, 8), 2, .. _whole.AsSpan(9)], "is of version 2"), ([.. _whole.AsSpan(0, 20), 9, .. _whole.AsSpan(21)], "header is damaged"),
            (RecordingFormat.Write(new RecordingHeader(257, 0, 0, 0, 0)), "impossible"), (RecordingFormat.Write(new RecordingHeader(1, long.MaxValue, 0, 0, 0)), "impossible"),
            (RecordingFormat.Write(new RecordingHeader(1, 0, 0, -1, 0)), "impossible"),
        ];
        foreach (var (bytes, why) in files)
        {
            File.WriteAllBytes(_path, bytes);
            var error = await Assert.ThrowsAsync<CollectorStartException>(() => Replayed.RunAsync(_path));
            Assert.Contains(why, error.Message, StringComparison.Ordinal);
            Assert.Contains(_path, error.Message, StringComparison.Ordinal);
        }
        File.WriteAllBytes(_path, header);
        Assert.Equal(0, (await Replayed.RunAsync(_path)).Summary!.Passes);
        foreach (var path in (string[])["/nowhere/run", Path.GetTempPath(), "/dev/null"])
            Assert.Contains("--recording: ", (await Assert.ThrowsAsync<CollectorStartException>(() => Replayed.RunAsync(path))).Message, StringComparison.Ordinal);
    }

    /// <summary>Checksums prove nothing to who makes them: any content must be borne.</summary>
    [Fact]
    public async Task Content_that_was_made_to_harm_ends_in_a_line_at_worst()
    {
        var random = new Random(11);
        var damaged = 0;
        for (var round = 0; round < 300; round++)
        {
            var bytes = (byte[])_whole.Clone();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                var at = _events[random.Next(_events.Length)];
                var payload = bytes.AsSpan((int)at + RecordingFormat.EventSize, PayloadAt(at));
                if (random.Next(3) == 0)
                    bytes[at + random.Next(3) switch { 0 => 4, 1 => 5, _ => 8 }] = (byte)random.Next(256);
                else if (!payload.IsEmpty)
                    payload[random.Next(payload.Length)] = (byte)random.Next(256);
                RecordingFormat.Seal(bytes.AsSpan((int)at));
            }
            File.WriteAllBytes(_path, bytes);
            var replayed = await Replayed.RunAsync(_path);
            damaged += replayed.Damage is null ? 0 : 1;
            Assert.True(replayed.Damage is null || replayed.Damage.Message.StartsWith($"{_path}: byte ", StringComparison.Ordinal), replayed.Damage?.Message);
            Assert.DoesNotContain('\n', replayed.Damage?.Message ?? "");
        }
        Assert.InRange(damaged, 50, 299);
    }

    [Theory]
    [InlineData(int.MaxValue, 3, "at most")]
    [InlineData(-1, 3, "at most")]
    [InlineData(300 << 20, 1, "at most")]
    [InlineData(17, 2, "at most")]
    [InlineData(8, 77, "does not know")]
    [InlineData(8, 0, "does not know")]
    public void A_length_is_believed_only_as_far_as_the_kind_and_the_file_go(int length, byte kind, string why)
    {
        var forged = new byte[RecordingFormat.EventSize + 64];
        RecordingFormat.WriteEvent(forged, (RecordedKind)kind, 0, 0, length);
        BinaryPrimitives.WriteUInt16LittleEndian(forged.AsSpan(6), RecordingFormat.HeadCheck(forged));
        File.WriteAllBytes(_path, [.. _whole.AsSpan(0, (int)_events[^1]), .. forged]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        using var reader = RecordingReader.Open(_path);
        var error = Assert.Throws<RecordingException>(() =>
        {
            while (reader.Next())
            {
            }
        });
        Assert.Contains($"byte {_events[^1]}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 4 << 20);
    }

    [Fact]
    public void A_length_that_the_file_has_no_room_for_allocates_nothing()
    {
        var forged = new byte[RecordingFormat.EventSize + 64];
        RecordingFormat.WriteEvent(forged, RecordedKind.Layout, 0, 0, 250 << 20);
        BinaryPrimitives.WriteUInt16LittleEndian(forged.AsSpan(6), RecordingFormat.HeadCheck(forged));
        File.WriteAllBytes(_path, [.. _whole.AsSpan(0, (int)_events[^1]), .. forged]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        using var reader = RecordingReader.Open(_path);
        while (reader.Next())
        {
        }
        Assert.Equal(_events[^1], reader.CutOffAt);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 4 << 20);
    }

    /// <summary>An announcement of the largest pod there may be costs nothing before images of that size come.</summary>
    [Fact]
    public void Memory_is_made_of_images_that_came_and_not_of_what_was_announced()
    {
        var objects = Enumerable.Range(0, PageFormat.MaxObjects).Select(i => new ObjectLayout(i, PageFormat.MaxCapacity, 1, 7)).ToArray();
        var layout = new PodLayout { Pod = "huge", Slots = 65_536, Objects = objects };
        var transport = new RecordingTransport();
        transport.Announce([new RecordedSource("huge", 1, 65_536, PageFormat.MaxObjects, true)]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        using var source = (RecordingSource)transport.Open(layout, 65_536, null, []);
        transport.BeginPass();
        Assert.NotNull(source.Take(0, new byte[100], false));
        Assert.Null(source.Take(0, new byte[PageFormat.HeaderSize], false));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 2 << 20);
    }

    private int PayloadAt(long at) => BinaryPrimitives.ReadInt32LittleEndian(_whole.AsSpan((int)at));

    private int SizeAt(long at) => RecordingFormat.SizeOf(PayloadAt(at));

    private RecordedKind KindAt(long at) => (RecordedKind)_whole[at + 4];
}
