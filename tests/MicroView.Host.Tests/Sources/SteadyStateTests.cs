namespace MicroView.Host.Tests;

public sealed class SteadyStateTests
{
    [Fact]
    public void Nothing_is_allocated_while_the_same_pods_go_on()
    {
        using var node = CgroupPodTests.Version2("/system.slice/a.service");
        for (var id = 100; id < 140; id++)
        {
            node.Process(id, $"app{id % 20}");
            node.Write($"proc/{id}/io", "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 6\ncancelled_write_bytes: 0\n");
        }
        var sampler = node.With(o => o with { Busiest = 10, HeldFiles = 60, SlowInterval = TimeSpan.FromMilliseconds(500) }); // some held, some not
        for (var i = 0; i < 100; i++)
            sampler.Tick();
        node.Pods.KeepsRows = false;
        var rows = node.Pods.Living.Sum(p => p.Count);
        // Code that a busy machine has not optimised yet allocates what the same code later keeps on the stack.
        var allocated = long.MaxValue;
        for (var attempt = 0; attempt < 20 && allocated > 0; attempt++)
        {
            if (attempt > 0)
                Thread.Sleep(200);
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 200; i++)
                sampler.Tick();
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.Equal(0, allocated);
        Assert.Equal(21, node.Pods.Living.Length);
        Assert.True(node.Pods.Living.Sum(p => p.Count) - rows >= 200 * (10 + 11 / 5));
    }

    [Fact]
    public void Held_files_stay_within_their_budget_and_are_all_given_back()
    {
        using (var node = new NodeFixture())
        {
            for (var id = 100; id < 200; id++)
                node.Process(id, $"app{id}");
            var sampler = node.With(o => o with { HeldFiles = 50 });
            sampler.Tick();
            sampler.Tick();
            var held = Directory.GetFiles("/proc/self/fd", "*").Count(file => new FileInfo(file).LinkTarget?.StartsWith(node.Options.ProcRoot, StringComparison.Ordinal) == true);
            Assert.InRange(held, 20, 50);
            Assert.Equal(100, node.Pods.Living.Length);
            sampler.Close();
            Assert.DoesNotContain(Directory.GetFiles("/proc/self/fd"), file => new FileInfo(file).LinkTarget?.StartsWith(node.Options.ProcRoot, StringComparison.Ordinal) == true);
        }
    }
}
