using MicroView.Protocol;

namespace MicroView.Conformance;

/// <summary>The header is compared, never obeyed; a heartbeat that stands still makes a pod stale.</summary>
internal static class HeaderCases
{
    private const int Magic = 0, Version = 8, Epoch = 16, Reserved = 56; // in the header
    private const long Second = 1_000_000_000, Limit = 900_000_000, Now = 100 * Second;

    public static IReadOnlyList<(string Name, Action<SourceScene> Run)> Table { get; } =
    [
        ("a_damaged_header_quarantines", A_damaged_header_quarantines),
        ("an_object_of_another_epoch_is_quarantined", An_object_of_another_epoch_is_quarantined),
        ("a_moved_generation_is_noticed", A_moved_generation_is_noticed),
        ("a_heartbeat_that_stands_still_is_stale", A_heartbeat_that_stands_still_is_stale),
        ("a_look_finds_what_a_read_would", A_look_finds_what_a_read_would),
        ("one_pod_in_trouble_is_alone_in_it", One_pod_in_trouble_is_alone_in_it),
    ];

    private static void A_damaged_header_quarantines(SourceScene scene)
    {
        var pod = scene.Create();
        pod.Page.Cell(0).Store(4);
        var source = scene.Open(pod, 1);
        var row = new double[1];
        foreach (var (field, right) in ((int, ulong)[])[(Magic, PageFormat.Magic), (Version, PageFormat.Version), (Epoch, pod.Page.Epoch)])
        {
            Expect.Equal(RowStatus.Fresh, scene.Read(source, row, Now), $"status before field {field} is damaged");
            row[0] = -1;
            pod.Scribble(field, right ^ 0x10);
            Expect.Equal(RowStatus.Quarantined, scene.Read(source, row, Now), $"status with field {field} damaged");
            Expect.Equal(RowStatus.Quarantined, scene.Look(source, Now), $"a look with field {field} damaged");
            Expect.Equal(-1.0, row[0], "what is left alone");
            pod.Scribble(field, right);
        }
        pod.Scribble(Reserved, ulong.MaxValue);
        Expect.Equal(RowStatus.Fresh, scene.Read(source, row, Now), "status with a reserved field set, which nobody obeys");
        Expect.Equal(4.0, row[0], "value");
    }

    private static void An_object_of_another_epoch_is_quarantined(SourceScene scene)
    {
        var pod = scene.Create();
        pod.Scribble(Epoch, pod.Page.Epoch + 2);
        Expect.Equal(RowStatus.Quarantined, scene.Read(scene.Open(pod, 1), new double[1], Now), "status of the first read");
    }

    private static void A_moved_generation_is_noticed(SourceScene scene)
    {
        var pod = scene.Create();
        pod.Page.Generation = 41;
        var source = scene.Open(pod, 1);
        _ = scene.Read(source, new double[1], Now);
        Expect.Equal(41ul, source.Generation, "generation");
        pod.Page.Generation = ulong.MaxValue;
        Expect.Equal(RowStatus.Fresh, scene.Read(source, new double[1], Now), "status with a moved generation, which is news and no fault");
        Expect.Equal(ulong.MaxValue, source.Generation, "generation after a read");
        pod.Page.Generation = 43;
        _ = scene.Look(source, Now);
        Expect.Equal(43ul, source.Generation, "generation after a look");
    }

    private static void A_heartbeat_that_stands_still_is_stale(SourceScene scene)
    {
        foreach (var (rowSlots, now) in ((int, long)[])[(0, Now), (2, 2 * Now)]) // time never goes back
        {
            var pod = scene.Create(rowSlots: rowSlots);
            pod.Beat();
            if (rowSlots > 0)
                pod.Page.WriteRow([1, 2], 5);
            var source = scene.Open(pod, 2);
            double[] row = [0, -1];
            var well = rowSlots > 0 ? RowStatus.Unchanged : RowStatus.Fresh;
            Expect.Equal(RowStatus.Fresh, scene.Read(source, row, now), "status at first");
            Expect.Equal(well, scene.Read(source, row, now + Limit), "status after 900 ms to the nanosecond");
            row[1] = -1;
            Expect.Equal(RowStatus.Stale, scene.Read(source, row, now + Limit + 1), "status a nanosecond later");
            Expect.Equal(RowStatus.Stale, scene.Read(source, row, now + 50 * Second), "status much later");
            Expect.Equal(-1.0, row[1], "what is left alone");
            pod.Beat();
            Expect.Equal(well, scene.Read(source, row, now + 51 * Second), "status when it moves again");
            Expect.Equal(RowStatus.Stale, scene.Read(source, row, now + 51 * Second + Limit + 1), "status when it stands still again");
        }
    }

    private static void A_look_finds_what_a_read_would(SourceScene scene)
    {
        var pod = scene.Create(rowSlots: 2);
        pod.Beat();
        pod.Page.WriteRow([1, 2], 5);
        var source = scene.Open(pod, 2);
        Expect.Equal(RowStatus.Fresh, scene.Look(source, Now), "a look");
        Expect.Equal(RowStatus.Fresh, scene.Look(source, Now + Limit), "a look after 900 ms");
        Expect.Equal(RowStatus.Stale, scene.Look(source, Now + Limit + 1), "a look later");
        pod.Beat();
        Expect.Equal(RowStatus.Fresh, scene.Look(source, Now + 3 * Second), "a look when it moves again");
        var row = new double[2];
        Expect.Equal(RowStatus.Fresh, scene.Read(source, row, Now + 3 * Second), "the row, which no look has taken");
        Expect.Bits([1, 2], row, "its values");
        Expect.Equal(RowStatus.Fresh, scene.Look(source, Now + 3 * Second), "a look at a row that was read");
        Expect.Equal(RowStatus.Unchanged, scene.Read(source, row, Now + 3 * Second), "that row");
    }

    private static void One_pod_in_trouble_is_alone_in_it(SourceScene scene)
    {
        var (good, bad) = (scene.Create(), scene.Create());
        var (source, other) = (scene.Open(good, 1), scene.Open(bad, 1));
        bad.Scribble(Magic, 0xDEAD);
        for (var pass = 0; pass < 3; pass++)
        {
            good.Page.Cell(0).Store(pass);
            var row = new double[1];
            Expect.Equal(RowStatus.Quarantined, scene.Read(other, row, Now), "status of the one");
            Expect.Equal(RowStatus.Fresh, scene.Read(source, row, Now), "status of the other");
            Expect.Equal(pass, row[0], "value of the other");
        }
    }
}
