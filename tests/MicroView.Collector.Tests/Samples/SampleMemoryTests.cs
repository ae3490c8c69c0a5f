using static MicroView.Collector.Tests.SampleScene;

namespace MicroView.Collector.Tests;

public sealed class SampleMemoryTests
{
    [Fact]
    public void An_lmap_that_fills_recorders_allocates_nothing()
    {
        using var scene = new SampleScene();
        var pod = scene.Join("p", 64);
        scene.Run(1000);
        Assert.NotNull(pod.Flight);
        var (now, head) = (scene.Clock.NowNs, pod.Flight.Ring.Head);
        scene.Lmap.ScrapeOnce(now += 2_000_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 400; i++) // the heartbeat may stand still for a second
            scene.Lmap.ScrapeOnce(now += 2_000_000);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(head + 401, pod.Flight.Ring.Head);
    }

    [Fact]
    public void Recorders_of_many_pods_stay_within_their_bound_and_it_is_told_what_that_costs()
    {
        const long limit = 1 << 20;
        using var scene = new SampleScene(Standard with { RecorderBytes = limit, Recorder = TimeSpan.FromSeconds(20) });
        List<MonitoredPod> pods = [scene.Join("first", 64)];
        scene.Run(3000);
        Assert.Equal(1, scene.Memory.Share);
        for (var i = 0; i < 40; i++)
        {
            pods.Add(scene.Join($"p{i:d2}", 64));
            scene.Run(100);
            Assert.InRange(scene.Memory.Allocated, 1, limit);
        }
        scene.Run(5000);
        Assert.InRange(scene.Memory.Allocated, limit / 8, limit);
        Assert.Equal(scene.Memory.Allocated, pods.Sum(pod => pod.Flight!.Ring.Bytes));
        Assert.True(scene.Memory.Share < 1);
        Assert.Contains(scene.Log.Lines, line => line.Contains("--flight-recorder-memory", StringComparison.Ordinal));
        scene.Run(10_000);
        Alarm(pods[5], true);
        scene.Run(200);
        // Fewer rows than were asked for are in the recorder, the newest; and each at full resolution.
        var times = scene.Times("m0,pod=p04");
        var window = times.Reverse().TakeWhile((time, i) => i == 0 || times[times.Length - i] - time == 100).Count();
        Assert.InRange(window, 10, 150);
        for (var i = 0; i < 40; i++)
            scene.Leave($"p{i:d2}");
        scene.Run(5000);
        Assert.Equal(1, scene.Memory.Share);
        Assert.Contains(scene.Log.Lines, line => line.Contains("all of their time again", StringComparison.Ordinal));
    }

    [Fact]
    public void A_queue_that_nobody_empties_drops_the_oldest_and_counts_every_sample()
    {
        var statistics = new SampleStatistics();
        using var queue = new SampleQueue(1 << 16, statistics);
        var document = new Export.ExpositionDocument();
        var series = Export.PushedSeries.Of(document.Add([], [new() { Name = "g", Type = Export.MetricType.Gauge }], 1, new Nothing()));
        var batches = new RowBatches(queue, statistics, isOfRows: true);
        batches.Become(series);
        for (var i = 1; i <= 10_000; i++)
            Assert.True(batches.Add(i, [i]));
        batches.Flush();
        Assert.InRange(queue.Bytes, 1 << 15, 1 << 16);
        var left = new List<long>();
        while (queue.Take() is { } batch)
        {
            left.AddRange(batch.TimesMs);
            batch.Dispose();
        }
        Assert.Equal(10_000, left.Count + statistics.Dropped(DropReason.QueueFull));
        Assert.Equal([.. Enumerable.Range(10_001 - left.Count, left.Count).Select(i => (long)i)], left);
        Assert.Equal(0, queue.Bytes);
        Assert.True(queue.Overflows > 0);
    }

    [Fact]
    public void A_row_that_would_not_be_later_is_dropped_and_counted()
    {
        var statistics = new SampleStatistics();
        using var queue = new SampleQueue(1 << 20, statistics);
        var document = new Export.ExpositionDocument();
        var batches = new RowBatches(queue, statistics, isOfRows: true);
        batches.Become(Export.PushedSeries.Of(document.Add([], [new() { Name = "g", Type = Export.MetricType.Gauge }], 1, new Nothing())));
        Assert.True(batches.Add(5, [1]));
        Assert.False(batches.Add(5, [2]));
        Assert.False(batches.Add(4, [2]));
        Assert.True(batches.Add(6, [3]));
        Assert.Equal(2, statistics.Dropped(DropReason.Clock));
    }

    private sealed class Nothing : Export.IRowSource
    {
        public bool TryRead(Span<double> row) => false;
    }
}
