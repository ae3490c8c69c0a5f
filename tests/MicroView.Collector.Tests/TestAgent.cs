using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using MicroView.Protocol;

namespace MicroView.Collector.Tests;

/// <summary>An agent that speaks the reader's side of the control plane over a real socket, as docs/control-plane.md says.</summary>
public sealed class TestAgent : TestBook
{
    private const string FolderPrefix = "mv-agent";

    private readonly List<Task> _sessions = [];
    private readonly List<ControlChannel> _channels = [];
    private readonly Socket _listener;
    private readonly Task _accepting;

    public TestAgent(string? path = null, IEnumerable<TestPod>? pods = null)
        : base(pods)
    {
        Path = path ?? System.IO.Path.Combine(Directory.CreateTempSubdirectory(FolderPrefix).FullName, "agent.sock");
        // One that comes back finds its folder gone with the one before.
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        File.Delete(Path);
        _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _listener.Bind(new UnixDomainSocketEndPoint(Path));
        _listener.Listen();
        _accepting = Task.Run(AcceptAsync);
    }

    public string Path { get; }
    public string? Refusal { get; set; }
    public int Sessions { get; private set; }
    public int FilesHandedOut { get; private set; }

    /// <summary>The rates that were sent, oldest first.</summary>
    public List<RateRequest> Rates { get; } = [];

    /// <summary>The rate that was last sent for a pod; NaN before the first.</summary>
    public double RateOf(string pod)
    {
        lock (Gate)
            return Rates.FindLast(rate => rate.Pod == pod)?.Rate ?? double.NaN;
    }

    /// <summary>Who holds every pod's rate; null: whoever asks.</summary>
    public string? RateHolder { get; set; }

    /// <summary>Ends every session, as a crash would, and listens on.</summary>
    public void CutOff()
    {
        lock (Gate)
        {
            foreach (var channel in _channels.Where(channel => channel.Socket.Connected))
                channel.Socket.Shutdown(SocketShutdown.Both);
            _channels.Clear();
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _listener.Dispose();
        CutOff();
        await Task.WhenAll([_accepting, .. _sessions]);
        var folder = new DirectoryInfo(System.IO.Path.GetDirectoryName(Path)!);
        if (!folder.Exists)
            return; // disposed of before
        File.Delete(Path);
        if (folder.Name.StartsWith(FolderPrefix, StringComparison.Ordinal) && !folder.EnumerateFileSystemInfos().Any())
            folder.Delete();
    }

    private async Task AcceptAsync()
    {
        while (!Stop.IsCancellationRequested)
        {
            try
            {
                var channel = new ControlChannel(await _listener.AcceptAsync(Stop.Token));
                lock (Gate)
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
        var answering = Task.CompletedTask;
        try
        {
            while (await channel.ReceiveAsync(Stop.Token) is { } received)
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
                        answering = Task.WhenAll(answering, AnswerAsync(channel, request, handed)); // rates may come meanwhile
                        break;
                    case AckMessage ack:
                        Acknowledge(ack.Generation);
                        break;
                    case RateRequest rate:
                        lock (Gate)
                            Rates.Add(rate);
                        await channel.SendAsync(RateHolder is { } holder ? new ErrorReply(ErrorCodes.Forbidden, $"the rate is held by '{holder}'") : new OkReply());
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
        await answering;
    }

    private void Close(ControlChannel channel)
    {
        lock (Gate)
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
        try
        {
            await AnswerLayoutAsync(channel, request, handed);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The session ended.
        }
    }

    private async Task AnswerLayoutAsync(ControlChannel channel, LayoutRequest request, HashSet<ulong> handed)
    {
        await WaitPastAsync(request.Since, request.TimeoutMs);
        LayoutUpdate update;
        List<(FileOwner Owner, SafeFileHandle File)> files;
        lock (Gate)
        {
            update = Compose(request.Since);
            files = [.. update.Pods.SelectMany(told => Files(PodOf(told.Pod))).Where(entry => handed.Add(entry.Owner.Epoch))];
            FilesHandedOut += files.Count;
        }
        foreach (var batch in files.Chunk(250))
            await channel.SendAsync(new FilesMessage([.. batch.Select(entry => entry.Owner)]), [.. batch.Select(entry => entry.File)]);
        await channel.SendAsync(new LayoutReply(update));
    }

    private static IEnumerable<(FileOwner Owner, SafeFileHandle File)> Files(TestPod pod) =>
        pod.Objects.Select((page, index) => (new FileOwner(pod.Pod, index, page.Epoch), index == 0 && pod.File is { } file ? file : page.File));
}
