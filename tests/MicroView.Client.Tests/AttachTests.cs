using MicroView.Protocol;

namespace MicroView.Client.Tests;

public sealed class AttachTests : IDisposable
{
    private readonly string _path = TestAgent.NewPath();
    private readonly List<string> _log = [];

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    [Fact]
    public void An_agent_hears_of_pod_objects_and_descriptors()
    {
        using var agent = new TestAgent(_path);
        using var client = Client(new() { Pod = "orders-1", Service = "orders", Labels = new Dictionary<string, string> { ["zone"] = "a" } });
        client.Counter("requests_total", new MetricInfo { Unit = "requests", Help = "Requests.", Resolution = 2 }, ("method", "GET")).Add(3);
        client.Histogram("latency", new MetricInfo { Bounds = [0.1, 1] }).Record(0.5);
        TestAgent.Eventually(() => agent.Last?.SlotOf("latency", SlotRole.Sum) >= 0, "the histogram is announced");
        var pod = agent.Last!;
        Assert.Equal(("orders-1", "orders", "a"), (pod.Attach.Pod, pod.Attach.Service, pod.Attach.Labels!["zone"]));
        TestAgent.Eventually(() => client.AttachedPod == "orders-1", "the client knows that it is attached");
        var counter = pod.Descriptors[0];
        Assert.Equal((MetricType.Counter, SlotRole.Value, "requests", "Requests.", 2.0), (counter.Type, counter.Role, counter.Unit, counter.Help, counter.Resolution!.Value));
        Assert.Equal("GET", counter.Labels!["method"]);
        Assert.Equal([0.1, 1.0, null], pod.Descriptors[1..4].Select(each => each.Bound));
        Assert.All(pod.Descriptors[1..4], each => Assert.Equal(SlotRole.Bucket, each.Role));
        Assert.Equal([3.0, 0, 1, 0, 0.5], Enumerable.Range(0, 5).Select(pod.Value));
    }

    [Fact]
    public void Memory_is_written_before_there_is_an_agent()
    {
        using var client = Client();
        client.Counter("early").Add(7);
        using var agent = new TestAgent(_path);
        TestAgent.Eventually(() => agent.Last?.Value("early") == 7, "the early value is seen");
    }

    [Fact]
    public void An_agent_killed_and_started_again_misses_not_one_increment()
    {
        using var client = Client();
        var counter = client.Counter("work");
        var stop = false;
        var done = new long[3];
        var threads = Enumerable.Range(0, done.Length).Select(index => new Thread(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                counter.Increment();
                done[index]++;
            }
        })).ToList();
        threads.ForEach(each => each.Start());
        ulong epoch = 0;
        for (var life = 0; life < 3; life++)
        {
            using var agent = new TestAgent(_path);
            TestAgent.Eventually(() => agent.Last?.Value("work") > 0, "the agent sees the counter");
            Assert.True(life == 0 || epoch == agent.Last!.Epochs[0], "the same file comes back");
            epoch = agent.Last!.Epochs[0];
        }
        Volatile.Write(ref stop, true);
        threads.ForEach(each => each.Join());
        using var last = new TestAgent(_path);
        TestAgent.Eventually(() => last.Last?.Value("work") == done.Sum(), "every increment is there");
        Assert.Equal(done.Sum(), counter.Value);
    }

    [Fact]
    public void Announcements_are_batched_and_within_a_frame()
    {
        using var client = Client(new() { Capacity = 1 << 20 });
        for (var i = 0; i < 9000; i++)
            client.Gauge($"gauge_{i}", ("label", new string('\u00e9', i % 200))).Set(i);
        using var agent = new TestAgent(_path);
        TestAgent.Eventually(() => agent.Last?.Descriptors.Count == 9000, "all are announced");
        Assert.InRange(agent.Last!.Describes, 3, 40);
        Assert.Equal(8999, agent.Last.Value("gauge_8999"));
    }

    [Fact]
    public void A_pod_that_outgrows_its_object_attaches_further_ones_and_pads_histograms()
    {
        using var agent = new TestAgent(_path);
        using var client = Client(new() { Capacity = 8192, Stripes = 4 });
        var perObject = client.Slots.Geometry.Slots;
        Assert.Equal(120, perObject);
        for (var i = 0; i < perObject - 4; i++)
            client.Gauge($"g{i}").Set(i);
        client.Histogram("h", new MetricInfo { Bounds = [1, 2, 3, 4] }).Record(2.5); // 6 slots: 4 are left
        TestAgent.Eventually(() => agent.Last?.SlotOf("h", SlotRole.Sum) >= 0, "the histogram is announced");
        var pod = agent.Last!;
        Assert.Equal(2, pod.Objects.Count);
        Assert.Equal(perObject, pod.SlotOf("h", SlotRole.Bucket));
        Assert.All(pod.Descriptors[(perObject - 4)..perObject], each => Assert.Equal(SlotRole.Hidden, each.Role));
        Assert.Equal(2.5, pod.Value(pod.SlotOf("h", SlotRole.Sum)));
    }

    [Fact]
    public void Beyond_sixteen_objects_metrics_are_inert_and_counted()
    {
        using var client = Client(new() { Capacity = 8192, Stripes = 8 });
        var room = client.Slots.Geometry.Slots * PageFormat.MaxObjects;
        for (var i = 0; i < room; i++)
            Assert.False(client.Gauge($"g{i}").IsInert);
        var beyond = client.Gauge("one_too_many");
        beyond.Set(1);
        Assert.True(beyond.IsInert);
        Assert.Equal(1, client.InertMetrics);
        Assert.Contains(_log, line => line.Contains("no room for 'one_too_many'", StringComparison.Ordinal));
    }

    [Fact]
    public void A_removed_metric_holds_NaN_is_retired_and_never_announced_again()
    {
        using var client = Client();
        var gauge = client.Gauge("short_lived");
        var counter = client.Counter("short_count");
        client.Gauge("stays").Set(1);
        int slot;
        using (var agent = new TestAgent(_path))
        {
            TestAgent.Eventually(() => agent.Last?.Value("stays") == 1, "announced");
            slot = agent.Last!.SlotOf("short_lived");
            gauge.Dispose();
            counter.Dispose();
            gauge.Set(5);
            counter.Increment();
            TestAgent.Eventually(() => agent.Last!.Retired.Count == 2, "retired");
            Assert.Equal([slot, slot + 1], agent.Last!.Retired);
            Assert.True(double.IsNaN(agent.Last.Value(slot)) && double.IsNaN(agent.Last.Value(slot + 1)));
        }
        Assert.NotSame(gauge, client.Gauge("short_lived"));
        using var second = new TestAgent(_path);
        TestAgent.Eventually(() => second.Last?.SlotOf("short_lived") >= 0, "the new one is announced");
        Assert.Equal(3, second.Last!.SlotOf("short_lived"));
        Assert.Equal(SlotRole.Hidden, second.Last.Descriptors[slot].Role);
        Assert.Empty(second.Last.Retired);
    }

    [Fact]
    public void A_name_is_retired_before_it_is_announced_again()
    {
        using var client = Client();
        using var agent = new TestAgent(_path);
        var kinds = new List<string>();
        agent.Behave = (_, message) =>
        {
            lock (kinds)
                kinds.Add(message is DescribeRequest describe ? "describe " + describe.Descriptors[^1].Name : message.GetType().Name);
            return Task.FromResult(false);
        };
        var gauge = client.Gauge("again");
        TestAgent.Eventually(() => agent.Last?.SlotOf("again") == 0, "announced");
        for (var round = 1; round <= 20; round++)
        {
            gauge.Dispose();
            gauge = client.Gauge("again");
            TestAgent.Eventually(() => agent.Last?.Descriptors.Count == round + 1 && agent.Last.Retired.Count == round, "retired and announced");
        }
        var told = kinds.Where(kind => kind is "describe again" or nameof(RetireRequest)).ToList();
        Assert.Equal(Enumerable.Range(0, 41).Select(i => i % 2 == 0 ? "describe again" : nameof(RetireRequest)), told);
    }

    [Fact]
    public void Many_histograms_are_each_announced_whole()
    {
        using var agent = new TestAgent(_path);
        var all = new TaskCompletionSource();
        var torn = 0;
        agent.Behave = async (_, message) =>
        {
            if (message is not DescribeRequest describe)
                return false;
            await all.Task; // so that the histograms come in full batches
            if (describe.FirstSlot > 0 && (describe.Descriptors[0].Bound != 1 || describe.Descriptors[^1].Role != SlotRole.Sum))
                torn++;
            return false;
        };
        using var client = Client(new() { Stripes = 1 });
        client.Gauge("first").Set(1);
        TestAgent.Eventually(() => client.IsAttached, "attached");
        Thread.Sleep(50);
        for (var i = 0; i < 600; i++)
            Assert.False(client.Histogram($"h{i}", new MetricInfo { Bounds = [1, 2, 3, 4, 5, 6, 7, 8] }).IsInert);
        all.SetResult();
        TestAgent.Eventually(() => agent.Last?.SlotOf("h599", SlotRole.Sum) >= 0, "all are announced");
        Assert.True(agent.Last!.Describes > 2);
        Assert.Equal(0, torn);
    }

    [Theory]
    [InlineData(typeof(AttachObjectRequest))]
    [InlineData(typeof(DescribeRequest))]
    public void What_is_published_stays_when_the_agent_has_no_room_for_more(Type refused)
    {
        using var client = Client(new() { Capacity = 8192, Stripes = 1 });
        client.Gauge("first").Set(1);
        using var agent = new TestAgent(_path);
        TestAgent.Eventually(() => agent.Last?.Value("first") == 1, "announced");
        var refusals = 0;
        var isFull = true;
        agent.Behave = async (channel, message) =>
        {
            if (message.GetType() != refused || !Volatile.Read(ref isFull))
                return false;
            refusals++;
            await channel.SendAsync(new ErrorReply(ErrorCodes.Full, "no room"));
            return true;
        };
        for (var i = 0; i < client.Slots.Geometry.Slots; i++)
            client.Gauge($"g{i}").Set(2);
        TestAgent.Eventually(() => refusals >= 3, "it asks again");
        Assert.Equal((1, "first"), (agent.Connections, agent.Last!.Descriptors[0].Name));
        Volatile.Write(ref isFull, false);
        TestAgent.Eventually(() => agent.Last.Value($"g{client.Slots.Geometry.Slots - 1}") == 2, "the rest, when there is room");
        Assert.Equal(1, agent.Connections);
    }

    [Fact]
    public void A_detaching_client_says_so()
    {
        using var agent = new TestAgent(_path);
        var said = false;
        agent.Behave = (_, message) =>
        {
            said |= message is DetachRequest;
            return Task.FromResult(false);
        };
        var client = Client();
        TestAgent.Eventually(() => client.IsAttached, "attached");
        client.Dispose();
        Assert.True(said);
        Assert.False(client.IsAttached);
    }

    [Fact]
    public void The_sampling_rate_is_what_the_agent_stored()
    {
        using var agent = new TestAgent(_path);
        using var client = Client();
        Assert.Equal(0, client.SamplingRate);
        TestAgent.Eventually(() => agent.Last is not null, "attached");
        agent.Last!.Objects[0].Control = ControlWord.Create(0.25, 1, 1);
        Assert.Equal(0.25, client.SamplingRate, 1e-9);
    }

    private MicroViewClient Client(MicroViewClientOptions? options = null) => new(new()
    {
        SocketPath = _path, RetryMs = 20, Pod = options?.Pod ?? "pod", Service = options?.Service ?? "service", Labels = options?.Labels,
        Capacity = options?.Capacity ?? PageFormat.DefaultCapacity, Stripes = options?.Stripes ?? 0,
        Log = line =>
        {
            lock (_log)
                _log.Add(line);
        },
    });
}
