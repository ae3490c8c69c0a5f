using System.Diagnostics;
using MicroView.Protocol;
using MicroView.Verbs;

namespace MicroView.Rdma.Suite;

/// <summary>MicroView.Verbs on a real device, over its loopback: one machine is enough.</summary>
internal static class BindingCases
{
    public static IReadOnlyList<(string Name, Action Run)> Table { get; } =
    [
        ("binding_reads_a_stamped_row", Reads_a_stamped_row),
        ("binding_writes_a_control_word", Writes_a_control_word),
        ("binding_wrong_key_names_the_request", A_wrong_key_names_the_request_and_breaks_both_ends),
        ("binding_deregistered_region_is_unreachable", A_deregistered_region_is_unreachable_and_a_handshake_recovers),
        ("binding_reads_past_the_end_are_refused", Reads_past_the_end_are_refused),
        ("binding_values_cannot_be_written", Values_cannot_be_written),
        ("binding_silent_peer_ends_in_retries_exceeded", A_silent_peer_ends_in_retries_exceeded),
        ("binding_runs_of_a_chain", Any_run_of_a_chain_is_posted_and_no_more),
        ("binding_full_send_queue_is_told", A_full_send_queue_is_told),
        ("binding_wait_sleeps_and_wakes", Wait_sleeps_and_wakes),
        ("binding_hot_path_allocates_nothing", The_hot_path_allocates_nothing),
        ("binding_disposing_in_any_order", Disposing_in_any_order_is_harmless),
        ("binding_unknown_device_lists_what_there_is", An_unknown_device_lists_what_there_is),
        ("binding_rows_never_tear", Stamped_rows_are_never_accepted_torn),
    ];

    private static void Reads_a_stamped_row()
    {
        using var loop = new Loopback();
        using var page = Stamped(64, out var reader);
        using var region = loop.RegisterValues(page);
        page.WriteRow(Row(64, 0.5), 77);
        loop.SetRead(0, region, reader.ImageBytes, signaled: true);
        loop.Post(0, 1);
        Check.Equal(new Completion(0, CompletionStatus.Success, loop.Asker.Number), loop.Take(1)[0], "completion");
        var values = new double[64];
        Check.Equal(RowStatus.Fresh, reader.Read(loop.Landing.Span(0, reader.ImageBytes), values, 0), "status");
        Check.True(values.AsSpan().SequenceEqual(Row(64, 0.5)), "every value is what was written");
        Check.Equal(77, reader.RowTimeNs, "row time");
    }

    private static void Writes_a_control_word()
    {
        using var loop = new Loopback();
        using var page = Stamped(8, out _);
        using var region = loop.RegisterControl(page);
        BitConverter.TryWriteBytes(loop.Landing.Span(0, 8), ControlWord.Create(0.25, 7, 9).Bits);
        loop.Chain.SetWrite(0, 5, loop.Landing.Address, loop.Landing.LocalKey, 8, region.Address, region.RemoteKey);
        loop.Chain.SetSignaled(0, true);
        loop.Post(0, 1);
        Check.Equal(CompletionStatus.Success, loop.Take(1)[0].Status, "completion");
        Check.Equal(((ushort)7, (ushort)9), (page.Control.Term, page.Control.Sequence), "term and sequence that the writer of the page sees");
        Check.True(Math.Abs(page.Control.Rate - 0.25) < 1e-9, "the rate");
    }

    private static void A_wrong_key_names_the_request_and_breaks_both_ends()
    {
        using var loop = new Loopback();
        using var page = Stamped(8, out _);
        using var region = loop.RegisterValues(page);
        for (var i = 0; i < 8; i++)
            loop.SetRead(i, region, 64, signaled: i == 7, keyOffset: i == 3 ? 1u : 0);
        loop.Post(0, 8);
        var ended = loop.Take(5);
        Check.Equal("3 RemoteAccess, 4 Flushed, 5 Flushed, 6 Flushed, 7 Flushed", string.Join(", ", ended.Select(one => $"{one.Id} {one.Status}")), "completions");
        Check.Equal(QueuePairState.Error, loop.Asker.Query(), "state of the asking end");
        Check.Equal(QueuePairState.Error, loop.Answerer.Query(), "state of the answering end");
    }

    private static void A_deregistered_region_is_unreachable_and_a_handshake_recovers()
    {
        using var loop = new Loopback();
        using var page = Stamped(8, out _);
        using var other = loop.RegisterValues(page);
        var region = loop.RegisterValues(page);
        loop.SetRead(0, region, 64, signaled: true);
        loop.Post(0, 1);
        Check.Equal(CompletionStatus.Success, loop.Take(1)[0].Status, "while it is registered");
        region.Dispose();
        loop.Post(0, 1);
        Check.Equal(CompletionStatus.RemoteAccess, loop.Take(1)[0].Status, "after");
        loop.Connect();
        loop.SetRead(0, other, 64, signaled: true);
        loop.Post(0, 1);
        Check.Equal(CompletionStatus.Success, loop.Take(1)[0].Status, "another region, after the handshake");
    }

    private static void Reads_past_the_end_are_refused()
    {
        using var loop = new Loopback();
        using var page = Stamped(8, out _);
        using var region = loop.Domain.Register(page.Address + 4096, 4096, RegionAccess.RemoteRead, page, "one page");
        foreach (var (offset, bytes) in ((long, int)[])[(4096 - 64, 65), (-1, 8), (4096, 1)])
        {
            loop.Connect();
            loop.Chain.SetRead(0, 0, loop.Landing.Address, loop.Landing.LocalKey, bytes, region.Address + (ulong)offset, region.RemoteKey);
            loop.Chain.SetSignaled(0, true);
            loop.Post(0, 1);
            Check.Equal(CompletionStatus.RemoteAccess, loop.Take(1)[0].Status, $"{bytes} bytes at {offset} of a page");
        }
    }

    private static void Values_cannot_be_written()
    {
        using var loop = new Loopback();
        using var page = Stamped(8, out _);
        using var region = loop.RegisterValues(page);
        loop.Chain.SetWrite(0, 0, loop.Landing.Address, loop.Landing.LocalKey, 8, region.Address, region.RemoteKey);
        loop.Chain.SetSignaled(0, true);
        loop.Post(0, 1);
        Check.Equal(CompletionStatus.RemoteAccess, loop.Take(1)[0].Status, "a WRITE to values");
        Check.True(page.HeaderIsIntact, "the header is intact");
    }

    private static void A_silent_peer_ends_in_retries_exceeded()
    {
        using var loop = new Loopback();
        using var page = Stamped(8, out _);
        using var region = loop.RegisterValues(page);
        loop.Answerer.Reset();
        loop.SetRead(0, region, 64, signaled: true);
        loop.Post(0, 1);
        Check.Equal(CompletionStatus.RetriesExceeded, loop.Take(1)[0].Status, "completion");
    }

    private static void Any_run_of_a_chain_is_posted_and_no_more()
    {
        using var loop = new Loopback();
        using var page = Stamped(8, out _);
        using var region = loop.RegisterValues(page);
        for (var i = 0; i < 16; i++)
            loop.SetRead(i, region, 64, signaled: true);
        foreach (var (first, count) in ((int, int)[])[(0, 16), (5, 3), (15, 1), (0, 1), (7, 9)])
        {
            loop.Post(first, count);
            var ended = loop.Take(count);
            Check.Equal(string.Join(",", Enumerable.Range(first, count)), string.Join(",", ended.Select(one => one.Id)), $"completions of {count} from {first}");
            Check.True(ended.All(one => one.Status == CompletionStatus.Success), "all succeed");
        }
        Check.Equal(0, loop.Completions.Poll(new Completion[1]), "completions left over");
    }

    private static void A_full_send_queue_is_told()
    {
        using var loop = new Loopback(depth: 16);
        using var page = Stamped(8, out _);
        using var region = loop.RegisterValues(page);
        var many = loop.Chain.Capacity;
        for (var i = 0; i < many; i++)
            loop.SetRead(i, region, 2048, signaled: i == 0);
        var errno = loop.Asker.Post(loop.Chain, 0, many, out var posted);
        Check.True(errno != 0 && posted >= loop.Asker.SendDepth && posted < many, $"{posted} of {many} are taken by a queue of {loop.Asker.SendDepth} (errno {errno})");
        Check.Equal(0ul, loop.Take(1)[0].Id, "the one that is signaled");
    }

    private static void Wait_sleeps_and_wakes()
    {
        using var loop = new Loopback();
        using var page = Stamped(8, out _);
        using var region = loop.RegisterValues(page);
        var started = Stopwatch.GetTimestamp();
        Check.True(!loop.Completions.Wait(TimeSpan.FromMilliseconds(50)), "nothing comes of nothing");
        Check.True(Stopwatch.GetElapsedTime(started) >= TimeSpan.FromMilliseconds(45), "it waits");
        loop.SetRead(0, region, 64, signaled: true);
        for (var round = 0; round < 500; round++)
        {
            loop.Post(0, 1);
            Check.True(loop.Completions.Wait(TimeSpan.FromSeconds(20)), $"no wakeup is lost (round {round})");
            Check.Equal(1, loop.Completions.Poll(new Completion[4]), "completions");
        }
    }

    private static void The_hot_path_allocates_nothing()
    {
        using var loop = new Loopback();
        using var page = Stamped(64, out var reader);
        using var region = loop.RegisterValues(page);
        var done = new Completion[8];
        var values = new double[64];
        var row = Row(64, 1);
        for (var round = 0; round < 100; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            page.WriteRow(row, round);
            for (var i = 0; i < 8; i++)
                loop.SetRead(i, region, reader.ImageBytes, signaled: i == 7);
            _ = loop.Asker.Post(loop.Chain, 0, 8, out _);
            while (loop.Completions.Poll(done) == 0)
                loop.Completions.Wait(TimeSpan.FromSeconds(1));
            _ = reader.Read(loop.Landing.Span(7 * 2048, reader.ImageBytes), values, 0);
            if (round > 0)
                Check.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before, "bytes allocated by a scrape");
        }
    }

    private static void Disposing_in_any_order_is_harmless()
    {
        for (var round = 0; round < 20; round++)
        {
            var loop = new Loopback();
            using var page = Stamped(8, out _);
            var region = loop.RegisterValues(page);
            loop.SetRead(0, region, 64, signaled: true);
            loop.Post(0, 1);
            if (round % 2 == 0)
                loop.Take(1);
            loop.Dispose();
            region.Dispose();
            loop.Dispose();
            Check.Throws<ObjectDisposedException>(() => loop.Asker.Query(), "a queue pair after its end");
            Check.Throws<ObjectDisposedException>(() => loop.Landing.Span(0, 8), "memory after its end");
        }
    }

    private static void An_unknown_device_lists_what_there_is()
    {
        var there = VerbsDevice.List().Select(device => device.Name).ToArray();
        Check.True(there.Length > 0, "there is a device");
        Check.Contains(there[0], Check.Throws<VerbsException>(() => VerbsDevice.Open("none_such"), "opening it").Message, "the message");
    }

    /// <summary>A writer that never stops, and READs of its rows: whatever is accepted is of one round.</summary>
    private static void Stamped_rows_are_never_accepted_torn()
    {
        using var loop = new Loopback();
        using var page = Stamped(256, out var reader);
        using var region = loop.RegisterValues(page);
        var stop = false;
        var writer = new Thread(() =>
        {
            var row = new double[256];
            for (long round = 1; !Volatile.Read(ref stop); round++)
            {
                Array.Fill(row, round);
                page.WriteRow(row, round);
                if (round % 64 == 0)
                    Thread.Yield();
            }
        });
        writer.Start();
        var values = new double[256];
        var seen = new int[6];
        for (var read = 0; read < 1000; read++)
        {
            loop.SetRead(0, region, reader.ImageBytes, signaled: true);
            loop.Post(0, 1);
            loop.Take(1);
            var status = reader.Read(loop.Landing.Span(0, reader.ImageBytes), values, 0);
            seen[(int)status]++;
            if (status == RowStatus.Fresh)
                Check.True(!values.AsSpan().ContainsAnyExcept(values[0]), $"an accepted row is of one round: {values[0]} … {values[255]}");
        }
        Volatile.Write(ref stop, true);
        writer.Join();
        Check.True(seen[(int)RowStatus.Fresh] > 0, $"some rows are whole (fresh {seen[0]}, unchanged {seen[1]}, torn {seen[2]})");
    }

    private static PageObject Stamped(int slots, out ImageReader reader)
    {
        var page = PageObject.Create("suite", new(PageFormat.DefaultCapacity, 1));
        page.RowSlots = slots;
        reader = new ImageReader(page.Geometry, page.Epoch, slots) { Slots = slots };
        return page;
    }

    private static double[] Row(int slots, double from) => [.. Enumerable.Range(0, slots).Select(slot => slot + from)];
}
