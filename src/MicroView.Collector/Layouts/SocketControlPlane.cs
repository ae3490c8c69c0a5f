using System.Net.Sockets;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>The agent of this machine, over its Unix socket: the connection is the lease.</summary>
internal sealed class SocketControlPlane(IReadOnlyList<string> places, string name, string? token) : ControlPlane
{
    public override async Task<ControlPlaneConnection> OpenAsync(CancellationToken cancellation)
    {
        var (channel, place) = Connect();
        var connection = new SocketConnection(channel, place);
        try
        {
            await connection.IntroduceAsync(new ReadRequest(name, token), cancellation).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public override void Dispose()
    {
    }

    private (ControlChannel Channel, string Place) Connect()
    {
        var tried = new List<string>();
        foreach (var place in places)
        {
            try
            {
                return (ControlChannel.Connect(place), place);
            }
            catch (SocketException error)
            {
                // For a path that does not exist, the runtime's own words speak of an address that cannot be assigned.
                tried.Add(File.Exists(place) ? $"{place} ({error.Message})" : $"{place} (no socket there)");
            }
        }
        throw new IOException(
            $"no agent answers at {string.Join(", ", tried)}; start one with 'microview host', or name its socket in {AgentAddress.Variable}");
    }
}

/// <summary>A reader session on the socket. Answers come in the order of their kind, so that rates can be sent while a layout is waited for.</summary>
internal sealed class SocketConnection : ControlPlaneConnection
{
    // An agent that neither answers nor hangs up is given up this long after it should have.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    private readonly ControlChannel _channel;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource<ControlMessage>> _rates = new();
    private TaskCompletionSource<ControlMessage>? _asked;
    private HandedFiles? _files;
    private Exception? _end;
    private readonly Task _receiving;

    public SocketConnection(ControlChannel channel, string place)
    {
        (_channel, Place) = (channel, place);
        _receiving = Task.Run(ReceiveAsync);
    }

    public override string Place { get; }

    public override int PatienceMs => 600_000;

    public async Task IntroduceAsync(ReadRequest request, CancellationToken cancellation)
    {
        if (await AskAsync(request, null, cancellation).ConfigureAwait(false) is var reply and not ReadingReply)
            throw Unexpected(reply);
    }

    public override async Task<LayoutUpdate> AskAsync(ulong since, int timeoutMs, HandedFiles files, CancellationToken cancellation) =>
        await AskAsync(new LayoutRequest(since, timeoutMs), files, cancellation, timeoutMs).ConfigureAwait(false) is var reply && reply is LayoutReply { Update: { } update }
            ? update
            : throw Unexpected(reply);

    public override Task AcknowledgeAsync(ulong generation, CancellationToken cancellation) =>
        _channel.SendAsync(new AckMessage(generation), null, cancellation).AsTask();

    public override Task RenewAsync(ulong acknowledged, CancellationToken cancellation) => AcknowledgeAsync(acknowledged, cancellation);

    public override async Task<IReadOnlyList<RateGrant>> HoldAsync(IReadOnlyList<RateWish> wishes, CancellationToken cancellation)
    {
        var answers = new Task<ControlMessage>[wishes.Count];
        for (var i = 0; i < answers.Length; i++)
        {
            answers[i] = Expect(_rates).Task;
            await _channel.SendAsync(new RateRequest(wishes[i].Pod, wishes[i].Rate, 0), null, cancellation).ConfigureAwait(false);
        }
        var grants = new RateGrant[wishes.Count];
        for (var i = 0; i < answers.Length; i++)
            grants[i] = await AwaitAsync(answers[i], cancellation).ConfigureAwait(false) is ErrorReply error
                ? new(wishes[i].Pod, null, error.Message)
                : new(wishes[i].Pod, 0, null);
        return grants;
    }

    public override async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _receiving.ConfigureAwait(false);
        _channel.Dispose();
        _closing.Dispose();
    }

    private async Task<ControlMessage> AskAsync(ControlMessage request, HandedFiles? files, CancellationToken cancellation, int timeoutMs = 0)
    {
        _files = files;
        var answer = Expect(null).Task;
        await _channel.SendAsync(request, null, cancellation).ConfigureAwait(false);
        return await AwaitAsync(answer, cancellation, timeoutMs).ConfigureAwait(false);
    }

    private static async Task<ControlMessage> AwaitAsync(Task<ControlMessage> answer, CancellationToken cancellation, int timeoutMs = 0)
    {
        var timeout = AnswerTimeout + TimeSpan.FromMilliseconds(timeoutMs);
        try
        {
            return await answer.WaitAsync(timeout, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException error)
        {
            throw new IOException($"the agent did not answer within {timeout.TotalSeconds} s", error);
        }
    }

    /// <summary>A place for an answer, before its question is sent; on a connection that has ended it fails at once.</summary>
    private TaskCompletionSource<ControlMessage> Expect(Queue<TaskCompletionSource<ControlMessage>>? among)
    {
        var answer = new TaskCompletionSource<ControlMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = answer.Task.ContinueWith(static task => _ = task.Exception, TaskScheduler.Default); // its asker may have gone
        lock (_gate)
        {
            if (_end is not null)
                answer.SetException(_end);
            else if (among is null)
                _asked = answer;
            else
                among.Enqueue(answer);
        }
        return answer;
    }

    private async Task ReceiveAsync()
    {
        Exception end;
        try
        {
            while (await _channel.ReceiveAsync(_closing.Token).ConfigureAwait(false) is { } received)
                Take(received);
            end = new IOException("the agent closed the connection");
        }
#pragma warning disable CA1031 // Whatever ends the connection, those who wait for an answer are told.
        catch (Exception error)
#pragma warning restore CA1031
        {
            end = error;
        }
        lock (_gate)
        {
            _end = end;
            _asked?.TrySetException(end);
            while (_rates.TryDequeue(out var answer))
                answer.TrySetException(end);
        }
    }

    private void Take(ReceivedMessage received)
    {
        if (received.Message is FilesMessage named && _files is { } files)
        {
            files.Keep(named, received);
            return;
        }
        received.CloseFiles();
        lock (_gate)
        {
            // Of a layout and of the introduction there is no refusal while a rate is waited for: that would be the connection's end.
            var answer = received.Message is OkReply or ErrorReply && _rates.TryDequeue(out var rate) ? rate : _asked;
            answer?.TrySetResult(received.Message);
        }
    }

    private static IOException Unexpected(ControlMessage message) => message switch
    {
        ErrorReply { Code: ErrorCodes.Forbidden } error => new SessionRefusedException($"the agent refuses this collector: {error.Message}"),
        ErrorReply error => new IOException($"the agent answers {error.Code}: {error.Message}"),
        _ => new ControlProtocolException($"the agent answers out of order, with a {message.GetType().Name}"),
    };
}
