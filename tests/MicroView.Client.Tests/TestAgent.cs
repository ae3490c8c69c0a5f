using System.Net.Sockets;
using MicroView.Protocol;

namespace MicroView.Client.Tests;

/// <summary>A pod as an agent saw it: its objects mapped, and its descriptors in slot order.</summary>
internal sealed class TestPod
{
    public required AttachRequest Attach { get; init; }

    public List<PageObject> Objects { get; } = [];

    public List<ulong> Epochs { get; } = [];

    public List<SlotDescriptor> Descriptors { get; } = [];

    public List<int> Retired { get; } = [];

    public int Describes { get; set; }

    public int SlotOf(string name, SlotRole role = SlotRole.Value)
    {
        lock (this)
            return Descriptors.FindIndex(each => each.Name == name && each.Role == role);
    }

    public double Value(int slot)
    {
        lock (this)
        {
            var perObject = Objects[0].Geometry.Slots;
            return Objects[slot / perObject].Sum(slot % perObject);
        }
    }

    public double Value(string name) => SlotOf(name) is >= 0 and var slot ? Value(slot) : double.NaN;
}

/// <summary>
/// The agent's side of a real socket, as small as the contract allows; <see cref="Behave"/> lets a test answer as badly as it likes.
/// </summary>
internal sealed class TestAgent : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly List<ControlChannel> _channels = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly string _path;
    private readonly bool _ownsFile;

    public TestAgent(string path, bool ownsFile = true)
    {
        (_path, _ownsFile) = (path, ownsFile);
        File.Delete(path);
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(64);
        _ = AcceptAsync();
    }

    public List<TestPod> Pods { get; } = [];

    /// <summary>Answers instead of the agent when it answers at all; null leaves the message to the agent.</summary>
    public Func<ControlChannel, ControlMessage, Task<bool>>? Behave { get; set; }

    public int Connections { get; private set; }

    public TestPod? Last
    {
        get
        {
            lock (Pods)
                return Pods.Count == 0 ? null : Pods[^1];
        }
    }

    public static string NewPath() => Path.Combine(Directory.CreateTempSubdirectory("mv").FullName, "agent.sock");

    /// <summary>Generous: something that must happen, happens.</summary>
    public static void Eventually(Func<bool> condition, string what, int seconds = 20)
    {
        var deadline = Environment.TickCount64 + seconds * 1000;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < deadline, $"never happened: {what}");
            Thread.Sleep(5);
        }
    }

    /// <summary>Ends every connection at once, as kill -9 does.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        if (_ownsFile)
            File.Delete(_path);
        lock (_channels)
            _channels.ForEach(each => each.Dispose());
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var channel = new ControlChannel(await _listener.AcceptAsync(_stop.Token));
                Connections++;
                lock (_channels)
                    _channels.Add(channel);
                _ = ServeAsync(channel);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(ControlChannel channel)
    {
        TestPod? pod = null;
        try
        {
            while (await channel.ReceiveAsync(_stop.Token) is { } received)
            {
                if (Behave is not null && await Behave(channel, received.Message))
                    continue;
                var answer = received.Message is AttachRequest attach ? Admit(attach, received, out pod) : Answer(pod!, received);
                await channel.SendAsync(answer, cancellation: _stop.Token);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or ObjectDisposedException)
        {
        }
        channel.Dispose();
    }

    private AttachedReply Admit(AttachRequest attach, ReceivedMessage received, out TestPod pod)
    {
        pod = new() { Attach = attach };
        Take(pod, attach.Object, received);
        lock (Pods)
            Pods.Add(pod);
        return new(attach.Pod, Verified: false);
    }

    private static ControlMessage Answer(TestPod pod, ReceivedMessage received)
    {
        lock (pod)
        {
            switch (received.Message)
            {
                case AttachObjectRequest further:
                    Take(pod, further.Object, received);
                    return new OkReply();
                case DescribeRequest describe:
                    Assert.Equal(pod.Descriptors.Count, describe.FirstSlot);
                    pod.Descriptors.AddRange(describe.Descriptors);
                    pod.Describes++;
                    return new DescribedReply(pod.Descriptors.Count);
                case RetireRequest retire:
                    pod.Retired.AddRange(retire.Slots);
                    return new OkReply();
                default:
                    return new OkReply();
            }
        }
    }

    private static void Take(TestPod pod, ObjectLayout layout, ReceivedMessage received)
    {
        var file = Assert.Single(received.Files);
        Assert.True(MemoryFile.IsTrustworthy(file, layout.Capacity, out var problem), problem);
        Assert.Equal(pod.Objects.Count, layout.Index);
        var page = PageObject.Map(file, new(layout.Capacity, layout.Stripes), layout.Epoch);
        Assert.True(page.HeaderIsIntact);
        pod.Objects.Add(page);
        pod.Epochs.Add(layout.Epoch);
    }
}
