using MicroView.Protocol;
using Microsoft.Win32.SafeHandles;

namespace MicroView.Collector.Tests;

/// <summary>A pod of the test's agent, over real sealed memory.</summary>
public sealed class TestPod(string pod, int stripes, int capacity)
{
    public string Pod { get; } = pod;
    public string? Service { get; init; }
    public string? Container { get; init; }
    public SortedDictionary<string, string>? Labels { get; init; }
    public PodKind Kind { get; init; }
    public List<PageObject> Objects { get; } = [PageObject.Create(pod, new SlotGeometry(capacity, stripes))];
    public List<SlotDescriptor> Descriptors { get; } = [];
    public List<int> Retired { get; } = [];
    public List<(ulong Generation, int Slots)> History { get; } = [];
    public ulong Generation { get; set; }
    public bool Hidden { get; set; }

    /// <summary>A file to hand out instead of object 0's: for what cannot be sealed.</summary>
    public SafeFileHandle? File { get; init; }

    public PageObject Object => Objects[0];

    public void Set(int slot, double value) => Object.Cell(slot).Store(value);
}

/// <summary>What an agent of the tests knows: pods over real memory, and a layout by generation. Its beats move their heartbeats.</summary>
public abstract class TestBook : IAsyncDisposable
{
    private readonly Dictionary<string, TestPod> _pods;
    private readonly List<(ulong Generation, string Pod)> _removed = [];
    private readonly Task _beating;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _generation;
    private ulong _acknowledged;

    protected TestBook(IEnumerable<TestPod>? pods, ulong generation = 1)
    {
        First = _generation = generation;
        _pods = (pods ?? []).ToDictionary(pod => pod.Pod);
        foreach (var pod in _pods.Values)
            Touch(pod);
        _beating = Task.Run(BeatAsync);
    }

    public bool Beats { get; set; } = true;
    public ulong Acknowledged => Volatile.Read(ref _acknowledged);
    public ulong Generation { get { lock (Gate) return _generation; } }

    /// <summary>What is older was another agent's.</summary>
    protected ulong First { get; }

    protected Lock Gate { get; } = new();
    protected CancellationTokenSource Stop { get; } = new();

    public static SlotDescriptor Gauge(string name, double? resolution = null) => new() { Name = name, Type = MetricType.Gauge, Resolution = resolution };

    public static SlotDescriptor Counter(string name) => new() { Name = name, Type = MetricType.Counter };

    public TestPod Join(string pod, params SlotDescriptor[] descriptors) => Join(new TestPod(pod, 1, 64 * 1024), descriptors);

    public TestPod Join(TestPod pod, params SlotDescriptor[] descriptors) => Change(() =>
    {
        pod.Descriptors.AddRange(descriptors);
        _pods.Add(pod.Pod, pod);
        return pod;
    });

    public void Describe(TestPod pod, params SlotDescriptor[] descriptors) => Change(() =>
    {
        pod.Descriptors.AddRange(descriptors);
        return pod;
    });

    public void Extend(TestPod pod) => Change(() =>
    {
        pod.Objects.Add(PageObject.Create(pod.Pod, pod.Object.Geometry));
        return pod;
    });

    public void Retire(TestPod pod, params int[] slots) => Change(() =>
    {
        foreach (var slot in slots)
            pod.Set(slot, double.NaN);
        pod.Retired.AddRange(slots);
        return pod;
    });

    public void Leave(TestPod pod)
    {
        lock (Gate)
        {
            _pods.Remove(pod.Pod);
            _generation++;
            _removed.Add((_generation, pod.Pod));
            Signal();
        }
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Stop.CancelAsync();
        await _beating;
    }

    /// <summary>Waits for a generation past one, or for the time, or for the end.</summary>
    protected async Task WaitPastAsync(ulong since, int timeoutMs)
    {
        Task changed;
        lock (Gate)
            changed = _generation > since ? Task.CompletedTask : _changed.Task;
        await Task.WhenAny(changed, Task.Delay(timeoutMs, Stop.Token));
    }

    protected void Acknowledge(ulong generation) => Volatile.Write(ref _acknowledged, generation);

    protected TestPod PodOf(string pod) => _pods[pod];

    protected bool Knows(string pod)
    {
        lock (Gate)
            return _pods.ContainsKey(pod);
    }

    protected virtual PodLayout Adorn(TestPod pod, PodLayout layout) => layout;

    protected TestPod Change(Func<TestPod> change)
    {
        lock (Gate)
        {
            var pod = change();
            _generation++;
            Touch(pod);
            Signal();
            return pod;
        }
    }

    private void Touch(TestPod pod)
    {
        pod.Generation = _generation;
        pod.History.Add((_generation, pod.Descriptors.Count));
        foreach (var page in pod.Objects)
            (page.Generation, page.Heartbeat) = (_generation, page.Heartbeat + 1);
    }

    private void Signal()
    {
        _changed.TrySetResult();
        _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private async Task BeatAsync()
    {
        while (!Stop.IsCancellationRequested)
        {
            lock (Gate)
                foreach (var page in _pods.Values.Where(_ => Beats).SelectMany(pod => pod.Objects))
                    page.Heartbeat++;
            await Task.Delay(50);
        }
    }

    protected LayoutUpdate Compose(ulong since)
    {
        var full = since == 0;
        return new LayoutUpdate
        {
            Generation = _generation,
            Full = full,
            Pods = [.. _pods.Values.Where(pod => !pod.Hidden && pod.Generation > since).Select(pod => Adorn(pod, Compose(pod, since)))],
            Removed = full ? [] : [.. _removed.Where(entry => entry.Generation > since && !_pods.ContainsKey(entry.Pod)).Select(entry => entry.Pod)],
        };
    }

    private static PodLayout Compose(TestPod pod, ulong since)
    {
        var first = pod.History.LastOrDefault(entry => entry.Generation <= since).Slots;
        return new PodLayout
        {
            Pod = pod.Pod, Service = pod.Service, Container = pod.Container, Labels = pod.Labels, Kind = pod.Kind,
            Generation = pod.Generation, Slots = pod.Descriptors.Count, FirstSlot = first,
            Descriptors = [.. pod.Descriptors.Skip(first)], Retired = [.. pod.Retired],
            Objects = [.. pod.Objects.Select((page, index) => new ObjectLayout(index, page.Geometry.Capacity, page.Geometry.Stripes, page.Epoch) { RowSlots = page.RowSlots })],
        };
    }
}
