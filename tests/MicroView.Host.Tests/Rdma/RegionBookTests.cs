using MicroView.Protocol;

namespace MicroView.Host.Tests;

/// <summary>When memory is registered and when it is given up, against the generations that readers know.</summary>
public sealed class RegionBookTests : IDisposable
{
    private readonly TestRdma _device = new();
    private readonly LogKeeper _log = new();
    private readonly HostState _state;
    private readonly List<ServedPod> _pods = [];

    public RegionBookTests() => _state = _device.NewState(log: _log);

    public void Dispose()
    {
        _pods.ForEach(_state.Retirement.Retire);
        _state.Retirement.ReleaseAll();
        _log.Dispose();
        Assert.Empty(_device.Live); // whatever the test did
    }

    private ServedPod Admit(string id)
    {
        var page = PageObject.Create(id, TestClient.Geometry);
        Assert.Null(_state.Quota.TakePod(page.Geometry.Capacity, PodKind.Socket));
        var (pod, refusal) = new PodAdmission(_state).Admit(new(id, PodKind.Socket, 1), page, new(0, page.Geometry.Capacity, 1, page.Epoch));
        Assert.Null(refusal);
        _pods.Add(pod!);
        return pod!;
    }

    private int Describe(ServedPod pod, int count)
    {
        var first = _state.Book.SlotsOf(pod);
        Assert.Null(_state.Describe(pod, first, [.. Enumerable.Range(first, count).Select(i => new SlotDescriptor { Name = $"m{i}" })], [], out var slots));
        return slots;
    }

    private PodLayout Told(string id, ulong since = 0) => _state.Book.Since(since).Pods.Single(pod => pod.Pod == id);

    private void Acknowledge(string reader)
    {
        _state.Readers.Touch(reader, 0, _state.Book.Generation); // opens it, the first time
        _state.Readers.Touch(reader, _state.Book.Generation, _state.Book.Generation);
    }

    [Fact]
    public void Memory_is_registered_before_the_generation_that_tells_of_it_and_outside_of_the_layouts_lock()
    {
        var asked = 0;
        _device.BeforeRegister = _ =>
        {
            asked++;
            Assert.Empty(_state.Book.Snapshot());
            Assert.True(Task.Run(() => _state.Book.Generation).Wait(TimeSpan.FromSeconds(20)), "the layout's lock is held");
        };
        var pod = Admit("pod");
        Assert.Equal(2, asked);
        var before = _state.Book.Generation;
        _device.BeforeRegister = _ =>
        {
            asked++;
            Assert.Equal(before, _state.Book.Generation);
            Assert.Equal(0, _state.Book.SlotsOf(pod));
            Assert.True(Task.Run(() => _state.Book.Generation).Wait(TimeSpan.FromSeconds(20)), "the layout's lock is held");
        };
        Assert.Equal(1000, Describe(pod, 1000));
        Assert.Equal(3, asked);
        Assert.Equal(8192, Told("pod", before).Regions![0].Values.Size);
    }

    [Fact]
    public void What_growth_replaces_lives_until_every_reader_has_acknowledged_the_generation_after()
    {
        var pod = Admit("pod");
        Describe(pod, 10);
        Acknowledge("a");
        Acknowledge("b");
        var old = Told("pod").Regions![0].Values;
        var before = _state.Book.Generation;
        Describe(pod, 600);
        var grown = Told("pod", before).Regions![0].Values;
        Assert.True(grown.Size > old.Size);
        Assert.NotEqual(old.Key, grown.Key);
        Assert.Equal((1, 4096L), _state.Retirement.Regions);
        Assert.Equal((3, 4096L + 8192 + 4096), _state.Rdma!.Regions.Registered);
        _state.Readers.Touch("a", before, _state.Book.Generation); // of the layout that told of the old one
        Acknowledge("b");
        _state.Retirement.Release();
        Assert.True(_device.Live.ContainsKey(old.Key));
        Acknowledge("a");
        _state.Retirement.Release();
        Assert.False(_device.Live.ContainsKey(old.Key));
        Assert.True(_device.Live.ContainsKey(grown.Key));
        Assert.Equal((0, 0L), _state.Retirement.Regions);
    }

    [Fact]
    public void A_retired_pods_regions_wait_for_the_readers_and_go_before_its_memory()
    {
        var pod = Admit("pod");
        Acknowledge("a");
        _state.Retirement.Retire(pod);
        Assert.Equal(2, _device.Live.Count);
        _state.Retirement.Release();
        Assert.Equal(2, _device.Live.Count);
        Acknowledge("a");
        _state.Retirement.Release();
        Assert.Empty(_device.Live);
        Assert.Null(pod.Memory.Control); // closed
        Assert.Equal(0, _state.Quota.Bytes);
    }

    [Fact]
    public void The_queue_pairs_of_an_ended_lease_are_reset_before_anything_is_deregistered_whoever_releases()
    {
        var pod = Admit("pod");
        Describe(pod, 10);
        var dead = _state.Readers.Touch("http:dead", 0, _state.Book.Generation)!;
        Assert.Equal(1, _state.Rdma!.Queues.Connect([new(7, "::1")], new(dead.Name, dead)).Connected);
        var reader = _state.Readers.Open("other", _state.Book.Generation, () => { });
        Describe(pod, 600); // a region is replaced
        _state.Retirement.Retire(pod);
        Assert.DoesNotContain(_device.Journal, line => line.StartsWith("deregister", StringComparison.Ordinal));
        _state.Readers.End("http:dead");
        _state.Readers.Acknowledge(reader, _state.Book.Generation);
        _state.Retirement.Release(); // as the other reader's acknowledgement does
        var journal = _device.Journal.ToList();
        Assert.Equal(3, journal.Count(line => line.StartsWith("deregister", StringComparison.Ordinal)));
        Assert.InRange(journal.IndexOf("reset 0"), 0, journal.FindIndex(line => line.StartsWith("deregister", StringComparison.Ordinal)));
    }

    [Fact]
    public void At_the_stop_every_queue_pair_is_reset_before_anything_is_deregistered()
    {
        var pod = Admit("pod");
        Acknowledge("http:nic");
        _state.Rdma!.Queues.Connect([new(7, "::1")], new("http:nic", _state.Readers.Touch("http:nic", 0, 1)));
        _state.Rdma!.Queues.Connect([new(7, "::1")], new("10.9.0.2", null));
        Describe(pod, 600);
        _state.Retirement.Retire(pod);
        _state.Retirement.ReleaseAll();
        Assert.Empty(_device.Live);
        var journal = _device.Journal.ToList();
        var first = journal.FindIndex(line => line.StartsWith("deregister", StringComparison.Ordinal));
        Assert.InRange(journal.IndexOf("reset 0"), 0, first);
        Assert.InRange(journal.IndexOf("reset 1"), 0, first);
    }

    [Fact]
    public void A_full_limit_of_locked_memory_costs_the_regions_and_not_the_admission_and_is_told_once()
    {
        _device.BeforeRegister = subject => throw TestRdma.NoLockedMemory(subject);
        for (var i = 0; i < 20; i++)
            Describe(Admit($"pod: {i}"), 3);
        Assert.All(_state.Book.Since(0).Pods, pod => Assert.Null(pod.Regions));
        Assert.Equal(20, _state.Book.Since(0).Pods.Count);
        Assert.Equal(1, _log.Count("cannot be read by RDMA"));
        Assert.Equal(1, _log.Count("locked memory is limited"));
        Assert.True(_state.Metrics.RegistrationsFailed.Value >= 20);
    }

    [Fact]
    public void What_was_refused_is_tried_again_a_few_at_a_time_and_published_when_it_succeeds()
    {
        var attempts = 0;
        _device.BeforeRegister = subject =>
        {
            attempts++;
            throw TestRdma.NoLockedMemory(subject);
        };
        for (var i = 0; i < 30; i++)
            Describe(Admit($"pod-{i}"), 3);
        attempts = 0;
        _state.Rdma!.Regions.TryAgain();
        Assert.InRange(attempts, 1, 10);
        _device.BeforeRegister = _ => { };
        var before = _state.Book.Generation;
        _state.Rdma!.Regions.TryAgain();
        var update = _state.Book.Since(before);
        Assert.Equal(30, update.Pods.Count); // a reader that knew them is told
        Assert.All(update.Pods, pod => Assert.NotNull(pod.Regions![0].Control));
        before = _state.Book.Generation;
        _state.Rdma!.Regions.TryAgain();
        Assert.Equal(before, _state.Book.Generation);
        _device.BeforeRegister = subject => throw TestRdma.NoLockedMemory(subject);
        Admit("another");
        Assert.Equal(2, _log.Count("cannot be read by RDMA")); // a new cause is told again
    }

    [Fact]
    public void Every_refused_pod_has_its_turn_though_others_are_refused_for_good()
    {
        _device.BeforeRegister = subject => throw TestRdma.NoLockedMemory(subject);
        for (var i = 0; i < 20; i++)
            Admit($"bad-{i}");
        Admit("good");
        _device.BeforeRegister = subject => { if (!subject.EndsWith("good", StringComparison.Ordinal)) throw TestRdma.NoLockedMemory(subject); };
        for (var round = 0; round < 5; round++)
            _state.Rdma!.Regions.TryAgain();
        Assert.NotNull(Told("good").Regions);
    }

    [Fact]
    public void A_growth_that_is_refused_leaves_the_old_region_and_a_later_one_is_told()
    {
        var pod = Admit("pod");
        Acknowledge("a");
        _device.BeforeRegister = subject => throw TestRdma.NoLockedMemory(subject);
        Assert.Equal(600, Describe(pod, 600)); // published all the same
        Assert.Equal(4096, Told("pod").Regions![0].Values.Size);
        _device.BeforeRegister = _ => { };
        var before = _state.Book.Generation;
        _state.Rdma!.Regions.TryAgain();
        Assert.Equal(8192, Told("pod", before).Regions![0].Values.Size);
        Assert.Equal(1, _state.Retirement.Regions.Count);
    }

    [Fact]
    public void A_describe_that_is_refused_registers_nothing()
    {
        var pod = Admit("pod");
        var count = _device.Registrations;
        var many = Enumerable.Range(0, 1500).Select(i => new SlotDescriptor { Name = $"m{i}" }).ToList();
        Assert.NotNull(_state.Describe(pod, 1000, many, [], out _)); // begins where nothing ends
        Assert.NotNull(_state.Describe(pod, 0, [.. Enumerable.Range(0, 5000).Select(i => new SlotDescriptor { Name = $"m{i}" })], [], out _));
        Assert.Equal(count, _device.Registrations);
    }

    [Fact]
    public void A_region_that_a_removed_pod_had_just_outgrown_waits_as_the_pod_does()
    {
        var pod = Admit("pod");
        Acknowledge("a");
        _device.BeforeRegister = subject => throw TestRdma.NoLockedMemory(subject);
        Describe(pod, 600);
        Acknowledge("a");
        _device.BeforeRegister = _ => _state.Retirement.Retire(pod); // between the registration and the generation
        _state.Rdma!.Regions.TryAgain();
        _device.BeforeRegister = _ => { };
        _state.Retirement.Release();
        Assert.Equal((1, 3), (_state.Retirement.Regions.Count, _device.Live.Count));
        Acknowledge("a");
        _state.Retirement.Release();
        Assert.Empty(_device.Live);
    }
}
