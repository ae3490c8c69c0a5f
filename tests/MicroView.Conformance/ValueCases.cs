using MicroView.Protocol;

namespace MicroView.Conformance;

/// <summary>Values arrive as they were stored, in their places, and nothing else is touched.</summary>
internal static class ValueCases
{
    private const long Now = 1_000_000_000;

    private static readonly double[] s_hard =
    [
        0.0, -0.0, double.NaN, BitConverter.UInt64BitsToDouble(0x7FF0_0000_DEAD_BEEF), BitConverter.UInt64BitsToDouble(0xFFF8_0000_0000_0001),
        double.PositiveInfinity, double.NegativeInfinity, double.Epsilon, -double.Epsilon, BitConverter.UInt64BitsToDouble(0x000F_FFFF_FFFF_FFFF),
        double.MaxValue, double.MinValue, 1 / 3.0, double.BitIncrement(1), 9007199254740993, 1e-300,
    ];

    public static IReadOnlyList<(string Name, Action<SourceScene> Run)> Table { get; } =
    [
        ("live_values_are_exact_to_the_bit", Live_values_are_exact_to_the_bit),
        ("batch_values_are_exact_to_the_bit", Batch_values_are_exact_to_the_bit),
        ("stripes_are_folded", Stripes_are_folded),
        ("a_prefix_is_read_and_no_more", A_prefix_is_read_and_no_more),
        ("objects_are_one_row", Objects_are_one_row),
        ("a_large_object_is_read_whole", A_large_object_is_read_whole),
    ];

    private static void Live_values_are_exact_to_the_bit(SourceScene scene)
    {
        var pod = scene.Create();
        for (var slot = 0; slot < s_hard.Length; slot++)
            pod.Page.Cell(slot).Store(s_hard[slot]);
        var source = scene.Open(pod, s_hard.Length);
        var row = new double[s_hard.Length];
        Expect.Equal(RowStatus.Fresh, scene.Read(source, row, Now), "status");
        Expect.Bits(s_hard, row, "values");
        Expect.Equal(0, source.RowTimeNs, "time of a live row, which the reader times");
    }

    private static void Batch_values_are_exact_to_the_bit(SourceScene scene)
    {
        var pod = scene.Create(rowSlots: s_hard.Length);
        pod.Page.WriteRow(s_hard, 77);
        var source = scene.Open(pod, s_hard.Length);
        var row = new double[s_hard.Length];
        Expect.Equal(RowStatus.Fresh, scene.Read(source, row, Now), "status");
        Expect.Bits(s_hard, row, "values");
        Expect.Equal(77, source.RowTimeNs, "time of the row");
    }

    private static void Stripes_are_folded(SourceScene scene)
    {
        foreach (var stripes in (int[])[1, 2, 4, 8])
        {
            var pod = scene.Create(SourceScene.Small(stripes));
            var slots = Math.Min(19, pod.Page.Geometry.Slots);
            var expected = new double[slots];
            for (var slot = 0; slot < slots; slot++)
                for (var stripe = 0; stripe < stripes; stripe++)
                {
                    pod.Page.Cell(slot, stripe).Store(slot + 100 * stripe);
                    expected[slot] += slot + 100 * stripe;
                }
            var row = new double[slots];
            Expect.Equal(RowStatus.Fresh, scene.Read(scene.Open(pod, slots), row, Now), $"status with {stripes} stripes");
            Expect.Bits(expected, row, $"sums over {stripes} stripes");
        }
    }

    private static void A_prefix_is_read_and_no_more(SourceScene scene)
    {
        var pod = scene.Create();
        for (var slot = 0; slot < 64; slot++)
            pod.Page.Cell(slot).Store(slot + 1);
        foreach (var slots in (int[])[1, 7, 8, 9, 40])
        {
            var source = scene.Open(pod, slots);
            Expect.Equal(slots, source.Slots, "slots of the source");
            var row = new double[64];
            Array.Fill(row, -5);
            Expect.Equal(RowStatus.Fresh, scene.Read(source, row, Now), $"status of {slots} slots");
            for (var slot = 0; slot < row.Length; slot++)
                Expect.Equal(slot < slots ? slot + 1 : -5.0, row[slot], $"slot {slot} where {slots} are read");
        }
    }

    private static void Objects_are_one_row(SourceScene scene)
    {
        var pod = scene.Create();
        var each = pod.Page.Geometry.Slots;
        pod.Pages.Add(PageObject.Create("second", pod.Page.Geometry));
        pod.Pages.Add(PageObject.Create("third", pod.Page.Geometry));
        var expected = new double[2 * each + 3];
        for (var slot = 0; slot < expected.Length; slot++)
        {
            expected[slot] = slot * 0.5;
            pod.Pages[slot / each].Cell(slot % each).Store(expected[slot]);
        }
        var source = scene.Open(pod, expected.Length);
        var row = new double[expected.Length];
        Expect.Equal(RowStatus.Fresh, scene.Read(source, row, Now), "status");
        Expect.Bits(expected, row, "values over three objects");
        pod.Scribble(0, 0xDEAD, page: 1);
        Expect.Equal(RowStatus.Quarantined, scene.Read(source, row, Now), "one object in trouble decides for the pod");
    }

    private static void A_large_object_is_read_whole(SourceScene scene)
    {
        var pod = scene.Create(new SlotGeometry(256 * 1024, 1));
        var slots = pod.Page.Geometry.Slots;
        var expected = new double[slots];
        for (var slot = 0; slot < slots; slot++)
            pod.Page.Cell(slot).Store(expected[slot] = slot * 1.25);
        var row = new double[slots];
        Expect.Equal(RowStatus.Fresh, scene.Read(scene.Open(pod, slots), row, Now), "status");
        Expect.Bits(expected, row, $"all {slots} values");
    }
}
