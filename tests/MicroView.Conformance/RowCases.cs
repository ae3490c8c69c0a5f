using System.Diagnostics;
using MicroView.Protocol;

namespace MicroView.Conformance;

/// <summary>The row clock: each batch row counts once, whole, with its time.</summary>
internal static class RowCases
{
    private const int RowSequence = 32; // in the header
    private const long Now = 1_000_000_000;
    private static readonly TimeSpan s_enough = TimeSpan.FromSeconds(2), s_patience = TimeSpan.FromSeconds(60);

    public static IReadOnlyList<(string Name, Action<SourceScene> Run)> Table { get; } =
    [
        ("a_batch_row_is_fresh_once", A_batch_row_is_fresh_once),
        ("before_the_first_row_there_is_none", Before_the_first_row_there_is_none),
        ("live_stores_are_always_fresh", Live_stores_are_always_fresh),
        ("an_odd_sequence_is_torn_until_the_next_row", An_odd_sequence_is_torn_until_the_next_row),
        ("a_moving_row_is_never_accepted_torn", A_moving_row_is_never_accepted_torn),
        ("each_object_keeps_the_row_it_had", Each_object_keeps_the_row_it_had),
    ];

    private static void A_batch_row_is_fresh_once(SourceScene scene)
    {
        var pod = scene.Create(rowSlots: 3);
        var source = scene.Open(pod, 3);
        var row = new double[3];
        for (var round = 1; round <= 3; round++)
        {
            pod.Beat();
            pod.Page.WriteRow([round, 2, 3], 100 + round);
            Expect.Equal(RowStatus.Fresh, scene.Read(source, row, Now), $"status of row {round}");
            Expect.Equal(((double)round, 100L + round), (row[0], source.RowTimeNs), $"value and time of row {round}");
            row[0] = -1;
            for (var again = 0; again < 2; again++)
                Expect.Equal(RowStatus.Unchanged, scene.Read(source, row, Now), $"status of row {round} again");
            Expect.Equal(-1.0, row[0], "what a row that has not moved leaves alone");
            Expect.Equal(100L + round, source.RowTimeNs, "the time, which stays");
        }
    }

    private static void Before_the_first_row_there_is_none(SourceScene scene)
    {
        var pod = scene.Create(rowSlots: 3);
        var source = scene.Open(pod, 3);
        double[] row = [-1, -1, -1];
        Expect.Equal(RowStatus.Unchanged, scene.Read(source, row, Now), "status");
        Expect.Equal(RowStatus.Unchanged, scene.Read(source, row, Now), "status again");
        Expect.Bits([-1, -1, -1], row, "the row");
        pod.Page.WriteRow([1, 2, 3], 5);
        Expect.Equal(RowStatus.Fresh, scene.Read(source, row, Now), "status of the first row");
        Expect.Bits([1, 2, 3], row, "its values");
    }

    private static void Live_stores_are_always_fresh(SourceScene scene)
    {
        var pod = scene.Create();
        var source = scene.Open(pod, 1);
        var row = new double[1];
        for (var round = 0; round < 3; round++)
        {
            pod.Page.Cell(0).Store(round);
            Expect.Equal(RowStatus.Fresh, scene.Read(source, row, Now + round), "status");
            Expect.Equal(RowStatus.Fresh, scene.Read(source, row, Now + round), "status of the same value again");
            Expect.Equal(round, row[0], "value");
        }
    }

    private static void An_odd_sequence_is_torn_until_the_next_row(SourceScene scene)
    {
        var pod = scene.Create(rowSlots: 3);
        var source = scene.Open(pod, 3);
        var row = new double[3];
        pod.Page.WriteRow([1, 2, 3], 5);
        Expect.Equal(RowStatus.Fresh, scene.Read(source, row, Now), "status before");
        pod.Scribble(RowSequence, 3); // as a writer leaves it that died inside
        pod.Page.Cell(1).Store(99);
        for (var again = 0; again < 3; again++)
            Expect.Equal(RowStatus.Torn, scene.Read(source, row, Now), "status while it is odd");
        Expect.Equal(5, source.RowTimeNs, "time of the last row that counted");
        pod.Page.WriteRow([4, 5, 6], 7);
        Expect.Equal(RowStatus.Fresh, scene.Read(source, row, Now), "status of the next row");
        Expect.Bits([4, 5, 6], row, "its values");
        Expect.Equal(7, source.RowTimeNs, "its time");
    }

    /// <summary>A writer that never stops: whatever is accepted is of one round, and later than what was accepted before.</summary>
    private static void A_moving_row_is_never_accepted_torn(SourceScene scene)
    {
        const int slots = 6000; // long enough for a copy and a row to overlap
        var pod = scene.Create(new SlotGeometry(PageFormat.DefaultCapacity, 1), rowSlots: slots);
        var source = scene.Open(pod, slots);
        var stop = false;
        var writer = new Thread(() =>
        {
            var values = new double[slots];
            for (long round = 1; !Volatile.Read(ref stop); round++)
            {
                Array.Fill(values, round);
                pod.Page.WriteRow(values, round);
                Thread.SpinWait(round % 8 == 0 ? 2000 : 100); // a reader must come through now and then
            }
        });
        writer.Start();
        try
        {
            var row = new double[slots];
            var (last, fresh, started) = (0L, 0, Stopwatch.GetTimestamp());
            while (fresh < scene.ManyRows && (fresh == 0 || Stopwatch.GetElapsedTime(started) < s_enough) && Stopwatch.GetElapsedTime(started) < s_patience)
            {
                if (scene.Read(source, row, Now) != RowStatus.Fresh)
                    continue;
                fresh++;
                Expect.True(!row.AsSpan().ContainsAnyExcept(row[0]), $"a row is of one round: {row[0]} … {row[^1]}");
                Expect.Equal((long)row[0], source.RowTimeNs, "the row's time");
                Expect.True(source.RowTimeNs > last, $"row {source.RowTimeNs} comes after row {last}");
                last = source.RowTimeNs;
            }
            Expect.True(fresh > 0, "some rows were whole");
        }
        finally
        {
            Volatile.Write(ref stop, true);
            writer.Join();
        }
    }

    private static void Each_object_keeps_the_row_it_had(SourceScene scene)
    {
        var pod = scene.Create();
        var each = pod.Page.Geometry.Slots;
        pod.Pages.Add(PageObject.Create("second", pod.Page.Geometry));
        pod.Pages[1].RowSlots = 2;
        pod.Page.Cell(0).Store(1);
        pod.Pages[1].WriteRow([8, 9], 5);
        var source = scene.Open(pod, each + 2);
        foreach (var round in (int[])[1, 2])
        {
            pod.Page.Cell(0).Store(round);
            var row = new double[each + 2];
            Expect.Equal(RowStatus.Fresh, scene.Read(source, row, Now), "status");
            Expect.Bits([round, 8, 9], [row[0], row[each], row[each + 1]], "a value that moved beside a row that did not");
        }
    }
}
