using CsCheck;

namespace MicroView.Protocol.Tests;

public sealed class SlotGeometryTests
{
    private static readonly Gen<SlotGeometry> Any =
        Gen.Select(Gen.Int[2, 64], Gen.Int[0, 3].Select(power => 1 << power)).Select((pages, stripes) => new SlotGeometry(pages * PageFormat.PageSize, stripes));

    [Fact]
    public void No_two_cells_overlap_and_all_lie_inside() => Any.Sample(geometry =>
    {
        var seen = new HashSet<int>();
        for (var slot = 0; slot < geometry.Slots; slot++)
            for (var stripe = 0; stripe < geometry.Stripes; stripe++)
            {
                var offset = geometry.Offset(slot, stripe);
                Assert.True(seen.Add(offset), $"slot {slot} of stripe {stripe} stands on another");
                Assert.Equal(0, offset % sizeof(double));
                Assert.InRange(offset, PageFormat.SlotsOffset, geometry.Capacity - sizeof(double));
            }
    }, iter: 60);

    [Fact]
    public void Stripes_of_a_slot_stand_on_different_cache_lines() => Any.Sample(geometry =>
        Assert.All(Enumerable.Range(1, geometry.Stripes - 1), stripe =>
            Assert.Equal(stripe * SlotGeometry.StripeStride, geometry.Offset(5, stripe) - geometry.Offset(5))));

    [Fact]
    public void The_used_prefix_covers_exactly_the_lines_of_its_slots() => Gen.Select(Any, Gen.Double[0, 1]).Sample((geometry, share) =>
    {
        var slots = (int)(geometry.Slots * share);
        var used = geometry.UsedBytes(slots);
        for (var slot = 0; slot < slots; slot++)
            Assert.True(geometry.Offset(slot, geometry.Stripes - 1) + sizeof(double) <= used);
        Assert.InRange(used, PageFormat.SlotsOffset, geometry.Capacity);
        Assert.True(slots == 0 || geometry.Offset((slots - 1) / 8 * 8, geometry.Stripes - 1) + PageFormat.LineSize == used, "no line too many");
    }, iter: 200);

    [Fact]
    public void One_more_line_would_not_fit() => Any.Sample(geometry =>
        Assert.True(geometry.UsedBytes(geometry.Slots + 1) > geometry.Capacity));

    [Theory]
    [InlineData(8192, 3)]
    [InlineData(8192, 0)]
    [InlineData(8192, -8)]
    [InlineData(8192, 16)]
    [InlineData(4096, 1)]
    [InlineData(0, 1)]
    [InlineData(-8192, 1)]
    [InlineData(8193, 1)]
    [InlineData(int.MinValue, 1)]
    [InlineData(PageFormat.MaxCapacity + PageFormat.PageSize, 1)]
    public void What_the_format_does_not_allow_is_refused_with_a_reason(int capacity, int stripes)
    {
        Assert.False(SlotGeometry.IsValid(capacity, stripes, out var problem));
        Assert.Contains((stripes is 1 ? capacity : stripes).ToString(System.Globalization.CultureInfo.InvariantCulture), problem, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new SlotGeometry(capacity, stripes));
    }

    [Fact]
    public void A_cell_outside_the_object_is_refused()
    {
        using var page = PageObject.Create("cells", new(8192, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => page.Cell(page.Geometry.Slots));
        Assert.Throws<ArgumentOutOfRangeException>(() => page.Cell(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => page.Cell(0, 2));
    }

    [Fact]
    public void A_slots_sum_folds_its_stripes_and_touches_no_neighbour()
    {
        using var page = PageObject.Create("sum", new(8192, 4));
        for (var stripe = 0; stripe < 4; stripe++)
            page.Cell(7).Add(stripe + 1, stripe);
        Assert.True(page.Cell(7).TryAdd(0.5, 2));
        page.Cell(7).AddSingleWriter(0.25);
        Assert.Equal(10.75, page.Sum(7));
        Assert.Equal(3.5, page.Cell(7).ValueIn(2));
        Assert.Equal(0, page.Sum(6) + page.Sum(8));
    }

    [Fact]
    public void A_cell_outlives_its_object()
    {
        var cell = Forget();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        cell.Store(4);
        Assert.Equal(4, cell.Value);

        static SlotCell Forget()
        {
            using var page = PageObject.Create("gone", new(8192, 1));
            return page.Cell(0);
        }
    }

    [Fact]
    public void A_private_object_works_without_a_file()
    {
        using var page = PageObject.CreatePrivate(new(8192, 2));
        page.Cell(page.Geometry.Slots - 1, 1).Store(1);
        Assert.Equal(1, page.Sum(page.Geometry.Slots - 1));
        Assert.False(MemoryFile.IsTrustworthy(page.File, 8192, out _));
    }
}
