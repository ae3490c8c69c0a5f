using Microsoft.Win32.SafeHandles;
using MicroView.Protocol;

namespace MicroView.Host.Tests;

/// <summary>A socket client, message by message.</summary>
internal sealed class TestClient : IDisposable
{
    private readonly List<PageObject> _objects = [];

    private TestClient(ControlChannel channel) => Channel = channel;

    internal ControlChannel Channel { get; }

    internal string Pod { get; private set; } = "";

    internal PageObject Object => _objects[0];

    internal static SlotGeometry Geometry { get; } = new(16 * 1024, 1);

    internal static async Task<TestClient> AttachAsync(TestAgent agent, string pod, string? service = null, PageObject? reuse = null)
    {
        var client = new TestClient(ControlChannel.Connect(agent.Socket));
        client._objects.Add(reuse ?? PageObject.Create("test", Geometry));
        var reply = await client.AskAsync(new AttachRequest(pod, client.Layout(0), service), [client.Object.File]);
        client.Pod = Assert.IsType<AttachedReply>(reply).Pod;
        return client;
    }

    internal static TestClient Connect(TestAgent agent) => new(ControlChannel.Connect(agent.Socket));

    internal ObjectLayout Layout(int index) =>
        new(index, _objects[index].Geometry.Capacity, _objects[index].Geometry.Stripes, _objects[index].Epoch);

    internal async Task<ControlMessage?> AskAsync(ControlMessage message, IReadOnlyList<SafeFileHandle>? files = null)
    {
        await Channel.SendAsync(message, files, TestContext.Current.CancellationToken);
        return await ReceiveAsync();
    }

    internal async Task<ControlMessage?> ReceiveAsync()
    {
        var received = await Channel.ReceiveAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        received?.CloseFiles();
        return received?.Message;
    }

    /// <summary>Describes gauges with these names and answers how many slots are published.</summary>
    internal async Task<int> DescribeAsync(int first, params string[] names)
    {
        var reply = await AskAsync(new DescribeRequest(first, [.. names.Select(name => new SlotDescriptor { Name = name, Type = MetricType.Gauge })]));
        return Assert.IsType<DescribedReply>(reply).Slots;
    }

    internal async Task<ErrorReply> RefusedAsync(ControlMessage message, IReadOnlyList<SafeFileHandle>? files = null) =>
        Assert.IsType<ErrorReply>(await AskAsync(message, files));

    public void Dispose()
    {
        Channel.Dispose();
        _objects.ForEach(page => page.Unmap());
        _objects.Clear();
    }
}

/// <summary>A reader, message by message; keeps the files that it was handed.</summary>
internal sealed class TestReader : IDisposable
{
    private TestReader(ControlChannel channel) => Channel = channel;

    internal ControlChannel Channel { get; }

    internal int LeaseMs { get; private set; }

    internal Dictionary<FileOwner, SafeFileHandle> Files { get; } = [];

    internal static async Task<TestReader> OpenAsync(TestAgent agent, string name = "reader", string? token = null)
    {
        var reader = new TestReader(ControlChannel.Connect(agent.Socket));
        await reader.Channel.SendAsync(new ReadRequest(name, token), null, TestContext.Current.CancellationToken);
        reader.LeaseMs = Assert.IsType<ReadingReply>((await reader.ReceiveAsync())?.Message).LeaseMs;
        return reader;
    }

    internal async Task<LayoutUpdate> LayoutAsync(ulong since, int timeoutMs = 0)
    {
        await Channel.SendAsync(new LayoutRequest(since, timeoutMs), null, TestContext.Current.CancellationToken);
        return await AnswerAsync();
    }

    internal async Task<LayoutUpdate> AnswerAsync()
    {
        while (true)
        {
            var received = await ReceiveAsync();
            if (received?.Message is FilesMessage files)
                for (var i = 0; i < files.Objects.Count; i++)
                    Files.Add(files.Objects[i], received.Files[i]);
            else
                return Assert.IsType<LayoutReply>(received?.Message).Update;
        }
    }

    /// <summary>The whole layout, put together from as many updates as it takes.</summary>
    internal async Task<Dictionary<string, List<SlotDescriptor>>> WholeAsync()
    {
        var pods = new Dictionary<string, List<SlotDescriptor>>();
        var update = await LayoutAsync(0);
        Assert.True(update.Full);
        for (Updates = 1; ; Updates++)
        {
            foreach (var gone in update.Removed)
                pods.Remove(gone);
            foreach (var pod in update.Pods)
            {
                if (!pods.TryGetValue(pod.Pod, out var known))
                    pods[pod.Pod] = known = [];
                Assert.Equal(known.Count, pod.FirstSlot);
                known.AddRange(pod.Descriptors);
                Assert.Equal(known.Count, pod.Slots);
            }
            var next = await LayoutAsync(update.Generation);
            if (next.Generation == update.Generation)
                return pods;
            Assert.False(next.Full);
            update = next;
        }
    }

    /// <summary>How many updates <see cref="WholeAsync"/> took.</summary>
    internal int Updates { get; private set; }

    /// <summary>Asks until the answer fits a condition; updates are not merged.</summary>
    internal async Task<LayoutUpdate> UntilAsync(ulong since, Func<LayoutUpdate, bool> condition)
    {
        for (var tries = 0; tries < 40; tries++)
        {
            var update = await LayoutAsync(since, 500);
            if (condition(update))
                return update;
        }
        throw new TimeoutException("the layout never got there");
    }

    internal ValueTask AckAsync(ulong generation) => Channel.SendAsync(new AckMessage(generation), null, TestContext.Current.CancellationToken);

    internal Task<ReceivedMessage?> ReceiveAsync() =>
        Channel.ReceiveAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

    public void Dispose()
    {
        Channel.Dispose();
        foreach (var file in Files.Values)
            file.Dispose();
    }
}
