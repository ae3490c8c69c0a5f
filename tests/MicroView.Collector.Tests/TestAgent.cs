using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using MicroView.Protocol;

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

/// <summary>An agent that speaks the reader's side of the control plane over a real socket, as docs/control-plane.md says.</summary>
public sealed class TestAgent : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, TestPod> _pods;
    private readonly List<(ulong Generation, string Pod)> _removed = [];
    private readonly List<Task> _sessions = [];
    private readonly List<ControlChannel> _channels = [];
    private readonly Socket _listener;
    private readonly Task _accepting, _beating;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _generation = 1;
    private ulong _acknowledged;

    public TestAgent(string? path = null, IEnumerable<TestPod>? pods = null)
    {
        Path = path ?? System.IO.Path.Combine(Directory.CreateTempSubdirectory("mv-agent").FullName, "agent.sock");
        _pods = (pods ?? []).ToDictionary(pod => pod.Pod);
        foreach (var pod in _pods.Values)
            Touch(pod);
        System.IO.File.Delete(Path);
        _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _listener.Bind(new UnixDomainSocketEndPoint(Path));
        _listener.Listen();
        _accepting = Task.Run(AcceptAsync);
        _beating = Task.Run(BeatAsync);
    }

    public string Path { get; }
    public bool Beats { get; set; } = true;
    public string? Refusal { get; set; }
    public ulong Acknowledged => Volatile.Read(ref _acknowledged);
    public ulong Generation { get { lock (_gate) return _generation; } }
    public int Sessions { get; private set; }
    public int FilesHandedOut { get; private set; }

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
        lock (_gate)
        {
            _pods.Remove(pod.Pod);
            _generation++;
            _removed.Add((_generation, pod.Pod));
            Signal();
        }
    }

    /// <summary>Ends every session, as a crash would, and listens on.</summary>
    public void CutOff()
    {
        lock (_gate)
        {
            foreach (var channel in _channels.Where(channel => channel.Socket.Connected))
                channel.Socket.Shutdown(SocketShutdown.Both);
            _channels.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        CutOff();
        await Task.WhenAll([_accepting, _beating, .. _sessions]);
        System.IO.File.Delete(Path);
    }

    private TestPod Change(Func<TestPod> change)
    {
        lock (_gate)
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
        while (!_stop.IsCancellationRequested)
        {
            lock (_gate)
                foreach (var page in _pods.Values.Where(_ => Beats).SelectMany(pod => pod.Objects))
                    page.Heartbeat++;
            await Task.Delay(50);
        }
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var channel = new ControlChannel(await _listener.AcceptAsync(_stop.Token));
                lock (_gate)
                {
                    _channels.Add(channel);
                    _sessions.Add(Task.Run(() => ServeAsync(channel)));
                }
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(ControlChannel channel)
    {
        using var _ = new Closing(() => Close(channel));
        var handed = new HashSet<ulong>();
        try
        {
            while (await channel.ReceiveAsync(_stop.Token) is { } received)
            {
                switch (received.Message)
                {
                    case ReadRequest when Refusal is { } refusal:
                        await channel.SendAsync(new ErrorReply(ErrorCodes.Forbidden, refusal));
                        return;
                    case ReadRequest:
                        Sessions++;
                        await channel.SendAsync(new ReadingReply(2000));
                        break;
                    case LayoutRequest request:
                        await AnswerAsync(channel, request, handed);
                        break;
                    case AckMessage ack:
                        Volatile.Write(ref _acknowledged, ack.Generation);
                        break;
                    default:
                        throw new InvalidOperationException($"the collector sent a {received.Message.GetType().Name}");
                }
            }
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // The test ended the session.
        }
    }

    private void Close(ControlChannel channel)
    {
        lock (_gate)
        {
            _channels.Remove(channel);
            channel.Dispose();
        }
    }

    private sealed class Closing(Action close) : IDisposable
    {
        public void Dispose() => close();
    }

    private async Task AnswerAsync(ControlChannel channel, LayoutRequest request, HashSet<ulong> handed)
    {
        Task changed;
        lock (_gate)
            changed = _generation > request.Since ? Task.CompletedTask : _changed.Task;
        await Task.WhenAny(changed, Task.Delay(request.TimeoutMs, _stop.Token));
        LayoutUpdate update;
        List<(FileOwner Owner, SafeFileHandle File)> files;
        lock (_gate)
        {
            update = Compose(request.Since);
            files = [.. update.Pods.SelectMany(told => Files(_pods[told.Pod])).Where(entry => handed.Add(entry.Owner.Epoch))];
            FilesHandedOut += files.Count;
        }
        foreach (var batch in files.Chunk(250))
            await channel.SendAsync(new FilesMessage([.. batch.Select(entry => entry.Owner)]), [.. batch.Select(entry => entry.File)]);
        await channel.SendAsync(new LayoutReply(update));
    }

    private static IEnumerable<(FileOwner Owner, SafeFileHandle File)> Files(TestPod pod) =>
        pod.Objects.Select((page, index) => (new FileOwner(pod.Pod, index, page.Epoch), index == 0 && pod.File is { } file ? file : page.File));

    private LayoutUpdate Compose(ulong since)
    {
        var full = since == 0;
        return new LayoutUpdate
        {
            Generation = _generation,
            Full = full,
            Pods = [.. _pods.Values.Where(pod => !pod.Hidden && pod.Generation > since).Select(pod => Compose(pod, since))],
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
            Objects = [.. pod.Objects.Select((page, index) => new ObjectLayout(index, page.Geometry.Capacity, page.Geometry.Stripes, page.Epoch))],
        };
    }
}
