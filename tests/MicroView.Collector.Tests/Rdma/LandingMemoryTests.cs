namespace MicroView.Collector.Tests;

public sealed class LandingMemoryTests : IDisposable
{
    private readonly TestDevice _device = new();

    public void Dispose() => _device.Dispose();

    /// <summary>Takes and returns in a random order: no two slices ever share a byte, and what is returned is one gap again.</summary>
    [Fact]
    public void Slices_never_overlap_and_returned_ones_are_used_again()
    {
        using var memory = new LandingMemory(_device);
        var random = new Random(7);
        var taken = new List<LandingSlice>();
        for (var step = 0; step < 20_000; step++)
        {
            if (taken.Count == 0 || random.Next(100) < 55)
            {
                var slice = memory.Take(random.Next(1, random.Next(10) == 0 ? 100_000 : 3_000));
                Assert.Equal(0, slice.Offset % 64);
                taken.Add(slice);
            }
            else
            {
                var at = random.Next(taken.Count);
                memory.Return(taken[at]);
                taken.RemoveAt(at);
            }
            if (taken.Count > 400)
            {
                taken.ForEach(memory.Return);
                taken.Clear();
                Assert.Equal(0, memory.Taken);
            }
            if (step % 500 != 0)
                continue;
            var byAddress = taken.OrderBy(slice => slice.Address).ToList();
            for (var i = 1; i < byAddress.Count; i++)
                Assert.True(byAddress[i - 1].Address + (ulong)byAddress[i - 1].Length <= byAddress[i].Address, "two slices overlap");
            Assert.Equal(taken.Sum(slice => (long)(slice.Length + 63) / 64 * 64), memory.Taken);
        }
        taken.ForEach(memory.Return);
        Assert.Equal((0, 1), (memory.Taken, _device.Blocks)); // an empty block is deregistered, but for the last
    }

    [Fact]
    public void A_slice_larger_than_a_block_gets_one_of_its_own()
    {
        using var memory = new LandingMemory(_device);
        var large = memory.Take(1 << 20);
        var small = memory.Take(8);
        Assert.NotSame(large.Block, small.Block);
        Assert.Equal((1L << 20) + 256 * 1024, memory.Registered);
    }

    [Fact]
    public void After_a_freeze_nothing_that_was_used_is_used_again()
    {
        using var memory = new LandingMemory(_device);
        var before = memory.Take(4096);
        memory.Freeze();
        memory.Return(before);
        for (var i = 0; i < 200; i++)
        {
            var slice = memory.Take(4096);
            Assert.False(ReferenceEquals(slice.Block, before.Block) && slice.Offset < before.Offset + before.Length, "a late READ could land in it");
        }
    }
}
