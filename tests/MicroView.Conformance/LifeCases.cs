using MicroView.Collector;
using MicroView.Protocol;

namespace MicroView.Conformance;

/// <summary>From a source's opening over its pod's growth to its end, and what reading costs.</summary>
internal static class LifeCases
{
    private const long Now = 1_000_000_000;

    public static IReadOnlyList<(string Name, Action<SourceScene> Run)> Table { get; } =
    [
        ("growth_within_an_object", Growth_within_an_object),
        ("growth_into_a_further_object", Growth_into_a_further_object),
        ("an_object_that_vanishes_is_unreadable", An_object_that_vanishes_is_unreadable),
        ("reading_allocates_nothing", Reading_allocates_nothing),
        ("a_source_that_was_disposed_is_unreadable", A_source_that_was_disposed_is_unreadable),
    ];

    private static void Growth_within_an_object(SourceScene scene)
    {
        var pod = scene.Create();
        pod.Page.Cell(0).Store(1);
        var source = scene.Open(pod, 1);
        Expect.Equal(RowStatus.Fresh, scene.Read(source, new double[1], Now), "status before");
        foreach (var slots in (int[])[2, 9, 100])
        {
            pod.Page.Cell(slots - 1).Store(slots);
            source = scene.Open(pod, slots, source);
            var row = new double[slots];
            Expect.Equal(RowStatus.Fresh, scene.Read(source, row, Now), $"status with {slots} slots");
            Expect.Bits([1, slots], [row[0], row[^1]], "first and last value");
        }
    }

    private static void Growth_into_a_further_object(SourceScene scene)
    {
        var pod = scene.Create();
        var each = pod.Page.Geometry.Slots;
        pod.Page.Cell(each - 1).Store(6);
        var source = scene.Open(pod, each);
        Expect.Equal(RowStatus.Fresh, scene.Read(source, new double[each], Now), "status before");
        pod.Pages.Add(PageObject.Create("further", pod.Page.Geometry));
        pod.Pages[1].Cell(1).Store(7);
        source = scene.Open(pod, each + 2, source);
        var row = new double[each + 2];
        Expect.Equal(RowStatus.Fresh, scene.Read(source, row, Now), "status after");
        Expect.Bits([6, 0, 7], row.AsSpan(each - 1), "values on both sides");
    }

    private static void An_object_that_vanishes_is_unreadable(SourceScene scene)
    {
        var (pod, other) = (scene.Create(mayVanish: true), scene.Create());
        pod.Page.Cell(0).Store(1);
        var (source, good) = (scene.Open(pod, 1), scene.Open(other, 1));
        var row = new double[1];
        Expect.Equal(RowStatus.Fresh, scene.Read(source, row, Now), "status before");
        scene.Vanish(pod);
        row[0] = -1;
        Expect.Equal(RowStatus.Unreadable, scene.Read(source, row, Now + 1), "status");
        Expect.Equal(RowStatus.Unreadable, scene.Look(source, Now + 2), "a look");
        Expect.Equal(-1.0, row[0], "what is left alone");
        Expect.Equal(RowStatus.Fresh, scene.Read(good, row, Now + 3), "status of another pod");
    }

    private static void Reading_allocates_nothing(SourceScene scene)
    {
        var (live, batch) = (scene.Create(SourceScene.Small(4)), scene.Create(rowSlots: 20));
        var (first, second) = (scene.Open(live, 20), scene.Open(batch, 20));
        var (row, values) = (new double[20], new double[20]);
        // Of several rounds one without any is enough: the runtime's own caches grow on whichever thread comes by, but a read that allocates does so in every round.
        var least = long.MaxValue;
        for (var round = 0; round < 6; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var pass = 0; pass < 20; pass++)
            {
                live.Page.Cell(3).Store(pass);
                batch.Page.WriteRow(values, round * 20 + pass + 1);
                if (scene.Read(first, row, Now) != RowStatus.Fresh || scene.Read(second, row, Now) != RowStatus.Fresh
                    || scene.Read(second, row, Now) != RowStatus.Unchanged || scene.Look(first, Now) != RowStatus.Fresh)
                    throw new NotConformingException("a read is not as it should be");
            }
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Expect.Equal(0, least, "bytes allocated by 80 reads");
    }

    private static void A_source_that_was_disposed_is_unreadable(SourceScene scene)
    {
        var pod = scene.Create();
        var source = scene.Open(pod, 2);
        double[] row = [-1, -1];
        Expect.Equal(RowStatus.Fresh, scene.Read(source, row, Now), "status before");
        source.Dispose();
        row[0] = -1;
        Expect.Equal(RowStatus.Unreadable, source.Read(row, Now), "status after");
        Expect.Equal(RowStatus.Unreadable, source.Look(Now), "a look");
        Expect.Equal(-1.0, row[0], "what is left alone");
        source.Dispose();
    }
}
