using Microsoft.Extensions.Logging.Abstractions;
using MicroView.Analysis;
using MicroView.Protocol;
using MicroView.Verbs;
using static MicroView.Collector.Tests.DirectPods;

namespace MicroView.Collector.Tests;

/// <summary>Passes of an LMAP whose pods are read by RDMA: what is posted, what each pod gets, and what an error costs whom.</summary>
public sealed class PassTests : IDisposable
{
    private static readonly AnalyzerOptions s_off = new() { Detector = new DetectorOptions { Model = "none" } };
    private readonly TestDevice _device = new();
    private readonly List<PageObject> _pages = [];
    private readonly List<MonitoredPod> _pods = [];
    private VerbsTransport? _transport;
    private Lmap? _lmap;
    private long _now = Millisecond;

    private VerbsTransport Transport => _transport ??= new(_device, 1, spin: true, sharesClock: false, NullLogger.Instance);

    private Lmap Lmap => _lmap ??= new(0, new LmapOptions(TickNs: 0), Transport, NullLogger.Instance);

    private LmapQueue Queue => Transport.Queues[0];

    private TestQueue Pair => _device.Queues[0];

    public void Dispose()
    {
        foreach (var pod in _pods)
            pod.Source.Dispose();
        _transport?.Dispose();
        _pages.ForEach(page => page.Dispose());
    }

    private MonitoredPod Add(string name, int slots = 8, int capacity = 64 * 1024)
    {
        var page = PageObject.Create(name, new SlotGeometry(capacity, 1));
        page.Generation = 1;
        _pages.Add(page);
        var layout = new PodLayout
        {
            Pod = name, Generation = 1, Slots = slots, Descriptors = [.. Enumerable.Range(0, slots).Select(i => TestBook.Gauge($"m{i}"))],
            Objects = [new(0, capacity, 1, page.Epoch)], Regions = [_device.Register(0, page)],
        };
        var schema = PodSchema.Compile(layout.Descriptors, []);
        var pod = new MonitoredPod(layout, schema, Transport.Open(layout, slots, null, []), s_off);
        _pods.Add(pod);
        return pod;
    }

    /// <summary>As the keeper does it.</summary>
    private void Connect()
    {
        Queue.BeginConnecting();
        Pair.Connect(null!, null!);
        Queue.HandOver();
    }

    private void Begin()
    {
        Lmap.SetPods(_pods);
        Connect();
    }

    private RowStatus[] Scrape(long laterNs = Millisecond)
    {
        _now += laterNs;
        for (var i = 0; i < _pages.Count; i++)
        {
            _pages[i].Heartbeat++;
            _pages[i].Cell(0).Store(_now + i);
        }
        Lmap.ScrapeOnce(_now);
        return [.. _pods.Select(pod => pod.Status)];
    }

    private double ValueOf(MonitoredPod pod)
    {
        var row = new double[8];
        Assert.True(pod.Row.TryCopy(row, out _));
        return row[0];
    }

    [Fact]
    public void All_pods_are_read_by_one_doorbell_and_one_completion_in_sixteen()
    {
        for (var i = 0; i < 40; i++)
            Add($"p{i}");
        Begin();
        Assert.All(Scrape(), status => Assert.Equal(RowStatus.Fresh, status));
        Assert.Equal([40], Pair.Posts);
        Assert.Equal([15ul, 31ul, 39ul], Pair.Signaled);
        for (var i = 0; i < 40; i++)
            Assert.Equal(_now + i, ValueOf(_pods[i]));
        Assert.Equal(40, Queue.Statistics.Reads);
    }

    [Fact]
    public void A_chain_longer_than_the_queue_goes_in_runs_and_every_pod_is_read_in_the_same_pass()
    {
        _device.Depth = 32;
        for (var i = 0; i < 200; i++)
            Add($"p{i}");
        Begin();
        for (var scrape = 0; scrape < 3; scrape++)
            Assert.All(Scrape(), status => Assert.Equal(RowStatus.Fresh, status));
        Assert.True(Pair.Posts.Count >= 3 * 200 / 32); // that no more than 32 are in flight, the queue itself asserts
        Assert.Equal(600, Pair.Posts.Sum());
        Assert.Equal(_now + 199, ValueOf(_pods[199]));
    }

    [Fact]
    public void A_large_object_is_read_in_parts_of_64_KiB()
    {
        var pod = Add("large", 20_000, 256 * 1024);
        _pages[0].Cell(19_999).Store(77);
        Begin();
        Assert.Equal([RowStatus.Fresh], Scrape());
        Assert.Equal([3], Pair.Posts); // 64 + 160,000 bytes
        var row = new double[20_000];
        Assert.True(pod.Row.TryCopy(row, out _));
        Assert.Equal((_now, 77.0), (row[0], row[19_999]));
    }

    [Fact]
    public void A_refused_READ_is_told_of_its_pod_and_the_others_are_read_after_a_handshake()
    {
        for (var i = 0; i < 5; i++)
            Add($"p{i}");
        Begin();
        Scrape();
        var (key, taken) = (_pods[2].Layout.Regions![0].Values.Key, _device.Regions[_pods[2].Layout.Regions![0].Values.Key]);
        _device.Regions.TryRemove(key, out _);
        Assert.Equal([RowStatus.Fresh, RowStatus.Fresh, RowStatus.Unreadable, RowStatus.Stale, RowStatus.Stale], Scrape());
        Assert.Equal((QueueState.Down, "p2", CompletionStatus.RemoteAccess), (Queue.State, Queue.Failure!.Source!.Pod, Queue.Failure.Status!.Value));
        Assert.Equal([RowStatus.Stale, RowStatus.Stale, RowStatus.Unreadable, RowStatus.Stale, RowStatus.Stale], Scrape()); // not connected: nothing is posted
        Connect();
        Assert.Equal([RowStatus.Fresh, RowStatus.Fresh, RowStatus.Unreadable, RowStatus.Fresh, RowStatus.Fresh], Scrape());
        Assert.Equal((1, 1L), (Queue.Statistics.FaultedPods, Queue.Statistics.Reconnects));
        var posts = Pair.Posts.Count;
        Scrape(500 * Millisecond);
        Assert.Equal([4], Pair.Posts[posts..]); // left out for its back-off
        _device.Regions[key] = taken;
        Assert.All(Scrape(600 * Millisecond), status => Assert.Equal(RowStatus.Fresh, status));
        Assert.Equal(0, Queue.Statistics.FaultedPods);
    }

    [Fact]
    public void A_pod_that_is_still_refused_costs_the_others_ever_fewer_scrapes()
    {
        for (var i = 0; i < 3; i++)
            Add($"p{i}");
        Begin();
        _device.Regions.TryRemove(_pods[0].Layout.Regions![0].Values.Key, out _);
        var (scrapes, lost) = (0, 0);
        for (var time = 0; time < 60_000; time += 100)
        {
            var status = Scrape(100 * Millisecond);
            scrapes++;
            if (status[1] != RowStatus.Fresh)
                lost++;
            if (Queue.State == QueueState.Down)
                Connect();
        }
        Assert.Equal(RowStatus.Unreadable, _pods[0].Status);
        Assert.InRange(lost, 1, 1); // in the first pass it stood before them; from then on it is tried last
        Assert.InRange(Queue.Statistics.Reconnects, 3, 7); // at 0, 1, 3, 7, 15, 31 s
        Assert.Equal(600, scrapes);
    }

    [Fact]
    public void An_error_of_the_connection_is_no_pods_fault()
    {
        Add("a");
        Add("b");
        Begin();
        Scrape();
        Pair.NextStatus = CompletionStatus.RetriesExceeded;
        Assert.Equal([RowStatus.Stale, RowStatus.Stale], Scrape());
        Assert.Null(Queue.Failure!.Source);
        Assert.Contains("retries exceeded", Queue.Failure.Reason, StringComparison.Ordinal);
        Connect();
        Assert.Equal([RowStatus.Fresh, RowStatus.Fresh], Scrape());
        Assert.Equal(0, Queue.Statistics.FaultedPods);
    }

    [Fact]
    public void A_queue_pair_forced_into_an_error_flushes_its_requests_and_comes_back_by_a_handshake()
    {
        Add("a");
        Begin();
        Scrape();
        Pair.Fail();
        Assert.Equal([RowStatus.Stale], Scrape());
        Assert.Equal((QueueState.Down, CompletionStatus.Flushed), (Queue.State, Queue.Failure!.Status!.Value));
        Assert.Equal(QueuePairState.Reset, Pair.State);
        Connect();
        Assert.Equal([RowStatus.Fresh], Scrape());
        Assert.Equal(_now, ValueOf(_pods[0]));
    }

    [Fact]
    public void A_refused_post_says_call_queue_pair_and_errno()
    {
        Add("a");
        Begin();
        Pair.PostErrno = 22;
        Assert.Equal([RowStatus.Stale], Scrape());
        Assert.Equal("ibv_post_send failed on queue pair 17 of test0: errno 22", Queue.Failure!.Reason);
        Pair.PostErrno = 0;
        Connect();
        Assert.Equal([RowStatus.Fresh], Scrape());
    }

    [Fact]
    public void A_device_that_says_nothing_is_given_up_after_a_second()
    {
        Add("a");
        Begin();
        Pair.IsSilent = true;
        Assert.Equal([RowStatus.Stale], Scrape());
        Assert.Equal((1L, QueueState.Down), (Queue.Statistics.Timeouts, Queue.State));
        Pair.IsSilent = false;
        Connect();
        Assert.Equal([RowStatus.Fresh], Scrape()); // and what it says late of the connection before counts for nothing
    }

    [Fact]
    public void Values_that_were_read_before_an_error_never_pass_for_those_of_a_later_pass()
    {
        Add("a");
        Begin();
        Scrape();
        var (value, time) = (ValueOf(_pods[0]), _pods[0].FreshTimeNs);
        Pair.NextStatus = CompletionStatus.RetriesExceeded;
        Scrape();
        for (var i = 0; i < 5; i++)
            Assert.Equal([RowStatus.Stale], Scrape());
        Assert.Equal((value, time), (ValueOf(_pods[0]), _pods[0].FreshTimeNs));
        Assert.False(_pods[0].IsReadable);
    }

    [Fact]
    public void A_recalled_queue_pair_comes_back_before_the_next_pass()
    {
        Add("a");
        Begin();
        Scrape();
        Queue.Recall();
        Assert.Equal(QueueState.Ready, Queue.State); // its LMAP's until then
        Assert.Equal([RowStatus.Stale], Scrape());
        Assert.Equal((QueueState.Down, null), (Queue.State, Queue.Failure));
    }

    [Fact]
    public void A_control_word_goes_behind_the_READs_and_again_when_it_is_due()
    {
        Add("a");
        Add("b");
        Begin();
        _pods[1].Rate.Set(0.25, term: 7);
        Scrape();
        Assert.Equal([3], Pair.Posts);
        Assert.Equal((ushort)7, _pages[1].Control.Term);
        Assert.Equal(0.25, _pages[1].Control.Rate, 6);
        Assert.Equal(0ul, _pages[0].Control.Bits);
        var sequence = _pages[1].Control.Sequence;
        Scrape(100 * Millisecond);
        Assert.Equal(sequence, _pages[1].Control.Sequence);
        Scrape(400 * Millisecond);
        Assert.NotEqual(sequence, _pages[1].Control.Sequence); // or the agent would put the base rate back
        _pods[1].Rate.Clear();
        Scrape(1000 * Millisecond);
        Assert.Equal(2, Queue.Statistics.Words);
    }

    [Fact]
    public void A_refused_control_word_takes_no_values_away()
    {
        Add("a");
        Begin();
        Scrape();
        _device.Regions.TryRemove(_pods[0].Layout.Regions![0].Control!.Key, out _);
        _pods[0].Rate.Set(1, term: 3);
        Assert.Equal([RowStatus.Fresh], Scrape()); // its READ stood before the WRITE
        Assert.Equal((QueueState.Down, true), (Queue.State, Queue.Failure!.IsWord));
        Connect();
        for (var i = 0; i < 5; i++)
            Assert.Equal([RowStatus.Fresh], Scrape(100 * Millisecond)); // the word waits for its back-off
        Assert.Equal(1, Queue.Statistics.Reconnects);
    }

    [Fact]
    public void A_pass_allocates_nothing()
    {
        for (var i = 0; i < 20; i++)
            Add($"p{i}");
        Begin();
        for (var i = 0; i < 3; i++)
            Scrape();
        Pair.Posts.Capacity = Pair.Signaled.Capacity = 10_000;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            Lmap.ScrapeOnce(_now += Millisecond);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void When_a_device_refuses_even_the_reset_no_landing_memory_is_used_again()
    {
        var pod = Add("a");
        Begin();
        Scrape();
        Pair.NextStatus = CompletionStatus.RetriesExceeded;
        Pair.RefusesReset = true;
        Scrape();
        Assert.Contains("to RESET", Queue.Failure!.Reason, StringComparison.Ordinal);
        var slice = ((VerbsSource)pod.Source).Parts[0].Landing;
        pod.Source.Dispose();
        var next = Add("b");
        Assert.NotEqual(slice.Address, ((VerbsSource)next.Source).Parts[0].Landing.Address); // a late READ may still land there
    }
}
