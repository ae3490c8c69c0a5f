using MicroView.Protocol;

namespace MicroView.Collector.Tests;

/// <summary>What of a pod can be read by RDMA, from what its layout tells.</summary>
public sealed class ReadableObjectsTests
{
    private const int Capacity = 16 * 1024, PerObject = (Capacity - PageFormat.SlotsOffset) / 8; // of one stripe

    private static PodLayout Layout(int objects, params long[] regionSizes) => new()
    {
        Pod = "p",
        Objects = [.. Enumerable.Range(0, objects).Select(i => new ObjectLayout(i, Capacity, 1, 5))],
        Regions = [.. regionSizes.Select((size, i) => new ObjectRegion(i, new((ulong)(i + 1) << 20, (uint)i, size)))],
    };

    [Fact]
    public void Everything_that_is_registered_is_read()
    {
        var readable = ReadableObjects.Of(Layout(2, Capacity - 4096, 4096), PerObject + 10);
        Assert.Equal((2, PerObject + 10, null), (readable.Readers.Count, readable.Slots, readable.Problem));
    }

    [Fact]
    public void A_region_that_is_too_small_for_all_slots_gives_those_that_are_whole_in_it()
    {
        var readable = ReadableObjects.Of(Layout(1, 4096), 600);
        Assert.Equal((4096 - 64) / 8, readable.Slots);
        Assert.Contains($"{600 - (4096 - 64) / 8} of its 600 slots are not registered", readable.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void What_lies_behind_a_gap_is_not_read()
    {
        var readable = ReadableObjects.Of(Layout(3, Capacity - 4096), 3 * PerObject);
        Assert.Equal((1, PerObject, 1), (readable.Readers.Count, readable.Slots, readable.Regions.Count));
        Assert.NotNull(readable.Problem);
    }

    [Fact]
    public void Without_any_region_there_is_a_reader_and_nothing_to_read()
    {
        var readable = ReadableObjects.Of(Layout(1), 8);
        Assert.Equal((1, 0, 0), (readable.Readers.Count, readable.Slots, readable.Regions.Count));
        Assert.Contains("memlock", readable.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4096, 0)] // the stamp of 500 slots lies behind the first page
    [InlineData(8192, 500)]
    public void A_stamped_row_is_read_whole_or_not_at_all(long size, int expected)
    {
        var layout = Layout(1, size) with { Objects = [new ObjectLayout(0, Capacity, 1, 5) { RowSlots = 500 }] };
        Assert.Equal(expected, ReadableObjects.Of(layout, 500).Slots);
    }

    [Theory]
    [InlineData(5000, 1, 0)]
    [InlineData(Capacity, 3, 0)]
    [InlineData(Capacity, 1, 100_000)]
    public void A_layout_that_contradicts_the_page_format_is_refused(int capacity, int stripes, int rowSlots)
    {
        var layout = Layout(1, 4096) with { Objects = [new ObjectLayout(0, capacity, stripes, 5) { RowSlots = rowSlots }] };
        Assert.Throws<InvalidDataException>(() => ReadableObjects.Of(layout, 8));
    }
}
