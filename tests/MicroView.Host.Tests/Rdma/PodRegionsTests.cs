using CsCheck;
using MicroView.Protocol;
using MicroView.Verbs;

namespace MicroView.Host.Tests;

/// <summary>What is registered of a pod, and what the layout tells of it.</summary>
public sealed class PodRegionsTests : IDisposable
{
    private static readonly SlotGeometry s_geometry = new(16 * 4096, 1);

    private readonly TestRdma _device = new();
    private readonly PageObject _first = PageObject.Create("first", s_geometry), _second = PageObject.Create("second", s_geometry);
    private readonly SealedMemory _memory;
    private readonly PodRegions _regions;

    public PodRegionsTests()
    {
        _memory = new(_first);
        _memory.Add(_second);
        _regions = new(_device, "pod");
    }

    public void Dispose()
    {
        _regions.Close();
        _memory.Close();
    }

    private static ObjectLayout Layout(int index, int rowSlots = 0) => new(index, s_geometry.Capacity, 1, 1) { RowSlots = rowSlots };

    private bool Cover(int slots, List<IRegion> replaced, params ObjectLayout[] objects) => _regions.Cover(_memory, objects, slots, replaced, out _);

    [Fact]
    public void Values_are_read_only_from_byte_4096_on_and_the_control_page_is_written()
    {
        Assert.True(Cover(1, [], Layout(0)));
        var told = Assert.Single(_regions.Published!);
        var values = _device.Live[told.Values.Key];
        Assert.Equal(((ulong)_first.Address + 4096, 4096L, RegionAccess.RemoteRead), (values.Address, values.Length, values.Access));
        Assert.Equal((values.Address, values.Length), (told.Values.Address, told.Values.Size));
        var control = _device.Live[told.Control!.Key];
        Assert.Equal(((ulong)_first.Address, 4096L, RegionAccess.RemoteWrite | RegionAccess.LocalWrite), (control.Address, control.Length, control.Access));
        Assert.All(_device.Live.Values, region => Assert.Same(_first, region.Owner));
        Assert.Equal((2, 8192L), _regions.Registered);
    }

    [Fact]
    public void A_region_covers_the_used_prefix_and_the_stamp_in_a_power_of_two_of_pages_up_to_the_capacity() =>
        Gen.Select(Gen.Int[2, 64], Gen.Int[0, 40_000], Gen.Int[0, 40_000]).Sample((pages, asked, askedRow) =>
        {
            var geometry = new SlotGeometry(pages * 4096, 1);
            var slots = Math.Min(asked, geometry.Slots);
            var row = geometry.CanStamp(askedRow) ? askedRow : 0;
            var bytes = PodRegions.BytesFor(geometry, slots, row);
            Assert.True(4096 + bytes >= geometry.UsedBytes(slots));
            Assert.True(row == 0 || 4096 + bytes >= geometry.StampedBytes(row));
            Assert.True(4096 + bytes <= geometry.Capacity);
            Assert.True(System.Numerics.BitOperations.IsPow2(bytes / 4096) || 4096 + bytes == geometry.Capacity);
            Assert.Equal(0, bytes % 4096);
            Assert.True(bytes < 2 * Math.Max(geometry.UsedBytes(slots), row > 0 ? geometry.StampedBytes(row) : 0)); // and not wastefully more
        });

    [Fact]
    public void Growth_is_rare_and_hands_over_what_it_replaces()
    {
        var replaced = new List<IRegion>();
        var grown = 0;
        for (var slots = 1; slots <= s_geometry.Slots; slots++)
            grown += Cover(slots, replaced, Layout(0)) ? 1 : 0;
        Assert.Equal(5, grown); // 1, 2, 4, 8 and 15 pages
        Assert.Equal([4096, 8192, 16384, 32768], replaced.Select(region => region.Length));
        Assert.All(replaced, region => Assert.True(_device.Live.ContainsKey(region.RemoteKey), "it is not its business to deregister it"));
        Assert.Equal(15 * 4096, _regions.Published![0].Values.Size);
        replaced.ForEach(region => region.Dispose());
    }

    [Fact]
    public void A_batch_row_is_covered_whole_before_its_slots_are_published()
    {
        Assert.True(Cover(0, [], Layout(0, rowSlots: 1000)));
        Assert.InRange(_regions.Published![0].Values.Size, s_geometry.StampedBytes(1000) - 4096, long.MaxValue);
        Assert.False(Cover(1000, [], Layout(0, rowSlots: 1000)));
    }

    [Fact]
    public void Slots_are_spread_over_objects_as_the_page_format_says()
    {
        Assert.True(Cover(s_geometry.Slots + 1, [], Layout(0), Layout(1)));
        Assert.Equal([15 * 4096L, 4096L], _regions.Published!.Select(region => region.Values.Size));
        Assert.Equal((ulong)_second.Address + 4096, _regions.Published![1].Values.Address);
        Assert.Null(_regions.Published![1].Control);
        Assert.Equal(["pod/0", "pod/1", "pod/control"], _regions.Describe("pod").Select(region => region.Name));
    }

    [Fact]
    public void A_pod_without_a_control_page_can_be_read()
    {
        _device.BeforeRegister = subject => { if (subject.StartsWith("the control", StringComparison.Ordinal)) throw TestRdma.NoLockedMemory(subject); };
        Assert.True(_regions.Cover(_memory, [Layout(0)], 1, [], out var refused));
        Assert.NotNull(refused);
        Assert.Null(_regions.Published![0].Control);
        _device.BeforeRegister = _ => { };
        Assert.True(_regions.Cover(_memory, [Layout(0)], 1, [], out refused));
        Assert.Null(refused);
        Assert.NotNull(_regions.Published![0].Control);
    }

    [Fact]
    public void Without_values_nothing_is_told_and_nothing_is_kept()
    {
        _device.BeforeRegister = subject => throw TestRdma.NoLockedMemory(subject);
        Assert.False(_regions.Cover(_memory, [Layout(0)], 1, [], out var refused));
        Assert.NotNull(refused);
        Assert.Null(_regions.Published);
        Assert.Empty(_device.Live);
    }

    [Fact]
    public void What_grew_before_a_refusal_is_told_and_what_it_replaced_handed_over()
    {
        Cover(s_geometry.Slots, [], Layout(0), Layout(1));
        Cover(s_geometry.Slots, [], Layout(0), Layout(1));
        var before = _regions.Published![0].Values.Key;
        Assert.Equal(15 * 4096, _regions.Published![0].Values.Size);
        var regions = new PodRegions(_device, "other");
        var replaced = new List<IRegion>();
        regions.Cover(_memory, [Layout(0), Layout(1)], 1, replaced, out _);
        _device.BeforeRegister = subject => { if (subject.StartsWith("object 1", StringComparison.Ordinal)) throw TestRdma.NoLockedMemory(subject); };
        Assert.True(regions.Cover(_memory, [Layout(0), Layout(1)], s_geometry.Slots + 1000, replaced, out var refused));
        Assert.NotNull(refused);
        Assert.Equal([15 * 4096L, 4096L], regions.Published!.Select(region => region.Values.Size));
        Assert.Equal(4096, Assert.Single(replaced).Length);
        replaced[0].Dispose();
        regions.Close();
        Assert.True(_device.Live.ContainsKey(before));
    }

    [Fact]
    public void After_the_close_nothing_is_registered_any_more()
    {
        Cover(1, [], Layout(0));
        _regions.Close();
        Assert.Empty(_device.Live);
        Assert.Null(_regions.Published);
        Assert.False(Cover(s_geometry.Slots, [], Layout(0)));
        Assert.Empty(_device.Live);
    }

    [Fact]
    public async Task Memory_is_not_unmapped_under_a_registration_and_a_heartbeat_does_not_wait_for_one()
    {
        using var inside = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        var beats = new Heartbeats();
        _memory.Follow(beats);
        _device.BeforeRegister = _ =>
        {
            inside.Set();
            go.Wait(TestContext.Current.CancellationToken);
        };
        var covering = Task.Run(() => Cover(1, [], Layout(0)), TestContext.Current.CancellationToken);
        inside.Wait(TestContext.Current.CancellationToken);
        beats.Beat(4711); // would never return
        Assert.Equal(4711ul, _first.Heartbeat);
        var closing = Task.Run(_regions.Close, TestContext.Current.CancellationToken);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.False(closing.IsCompleted);
        go.Set();
        Assert.True(await covering);
        await closing;
        Assert.Empty(_device.Live);
    }
}
