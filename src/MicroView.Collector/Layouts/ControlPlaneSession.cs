using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>
/// The reader session on the agent's socket: connects, follows the layout by long-poll (which renews the lease), acknowledges each
/// generation once the LMAPs
/// work by it, and comes back after a restart of the agent. Meanwhile the pods stay known and their heartbeats tell that they are stale.
/// </summary>
internal sealed class ControlPlaneSession : IAsyncDisposable
{
    private const int PollMs = 1000; // half of the lease
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromMilliseconds(100), LastBackOff = TimeSpan.FromSeconds(1);
    // An agent that neither answers nor hangs up is given up after this.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    private readonly IReadOnlyList<string> _places;
    private readonly string _name;
    private readonly string? _token;
    private readonly LayoutFollower _follower;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _hurry = new(0, 1);
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ConnectionView _view = new(false, null, "not connected yet");
    private Task _loop = Task.CompletedTask;
    private long _sessions;

    public ControlPlaneSession(IReadOnlyList<string> places, string name, string? token, LayoutFollower follower, ILogger logger)
    {
        (_places, _name, _token, _follower, _logger) = (places, name, token, follower, logger);
        // Nobody may wait for it, and a refusal must not surface as an exception that nobody saw.
        _ = _first.Task.ContinueWith(static task => _ = task.Exception, TaskScheduler.Default);
    }

    /// <summary>Whether it is connected, where, and if not why.</summary>
    public ConnectionView View => _view;

    /// <summary>Sessions opened so far.</summary>
    public long Sessions => Interlocked.Read(ref _sessions);

    /// <summary>Completes with the first layout in force; fails when the agent refuses the session.</summary>
    public Task FirstLayout => _first.Task;

    public void Start() => _loop = Task.Run(RunAsync);

    /// <summary>
    /// A pod's header has moved: the agent may be back, so the next attempt to connect need not wait. Thread-safe, never waits.
    /// </summary>
    public void Hurry()
    {
        if (_view.Connected || _hurry.CurrentCount > 0)
            return; // connected, the long-poll tells by itself
        try
        {
            _hurry.Release();
        }
        catch (SemaphoreFullException)
        {
            // Another LMAP was quicker.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _stop.Dispose();
        _hurry.Dispose();
    }

    private async Task RunAsync()
    {
        var backOff = FirstBackOff;
        while (!_stop.IsCancellationRequested)
        {
            var sessions = Sessions;
            try
            {
                await FollowAsync().ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                break;
            }
#pragma warning disable CA1031 // Whatever ends a session, the next one is tried.
            catch (Exception error)
#pragma warning restore CA1031
            {
                Lose(error);
            }
            if (Sessions != sessions)
                backOff = FirstBackOff;
            await PauseAsync(backOff).ConfigureAwait(false);
            backOff = backOff * 2 < LastBackOff ? backOff * 2 : LastBackOff;
            _follower.ForgetAbsent(Clocks.MonotonicNs);
        }
        _view = new(false, null, "stopped");
        _first.TrySetCanceled();
    }

    private async Task PauseAsync(TimeSpan backOff)
    {
        try
        {
            await _hurry.WaitAsync(backOff, _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The loop ends.
        }
    }

    private void Lose(Exception error)
    {
        var lost = _view.Connected;
        if (lost)
            _logger.LogWarning(
                "The session with the agent at {Place} ended: {Error}; its pods turn stale until it is back", _view.Place, error.Message);
        else if (_view.Problem != error.Message)
            _logger.LogInformation("{Error}", error.Message);
        _view = new(false, null, error.Message);
        if (error is SessionRefusedException)
            _first.TrySetException(error);
    }

    private async Task FollowAsync()
    {
        var (channel, place) = Connect();
        using var _ = channel;
        var reply = await AskAsync(channel, new ReadRequest(_name, _token), null).ConfigureAwait(false);
        if (reply is not ReadingReply)
            throw Unexpected(reply);
        using var files = new HandedFiles();
        for (ulong? since = null; ;)
        {
            var request = new LayoutRequest(since ?? 0, since is null ? 0 : PollMs);
            var answer = await AskAsync(channel, request, files).ConfigureAwait(false);
            if (answer is not LayoutReply { Update: { } update })
                throw Unexpected(answer);
            since = await ApplyAsync(channel, update, files, since).ConfigureAwait(false);
            if (!_view.Connected)
                Welcome(place);
        }
    }

    private async Task<ulong> ApplyAsync(ControlChannel channel, LayoutUpdate update, HandedFiles files, ulong? since)
    {
        var isNew = since is null;
        if (isNew && !update.Full)
            update = update with { Full = true }; // everything is "since 0": what is not listed is gone
        if (!isNew && !update.Full && update.Generation == since && update.Pods.Count == 0 && update.Removed.Count == 0)
        {
            _follower.ForgetAbsent(Clocks.MonotonicNs);
            return update.Generation;
        }
        await _follower.ApplyAsync(update, files, isNew).ConfigureAwait(false);
        await channel.SendAsync(new AckMessage(update.Generation), null, _stop.Token).ConfigureAwait(false);
        return update.Generation;
    }

    private void Welcome(string place)
    {
        Interlocked.Increment(ref _sessions);
        _view = new(true, place, null);
        _logger.LogInformation("Reading the pods of the agent at {Place}", place);
        _first.TrySetResult();
    }

    private (ControlChannel Channel, string Place) Connect()
    {
        var tried = new List<string>();
        foreach (var place in _places)
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

    /// <summary>Sends a request and takes its answer, with the files that come before it.</summary>
    private async Task<ControlMessage> AskAsync(ControlChannel channel, ControlMessage request, HandedFiles? files)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        limit.CancelAfter(AnswerTimeout);
        try
        {
            await channel.SendAsync(request, null, limit.Token).ConfigureAwait(false);
            while (true)
            {
                var received = await channel.ReceiveAsync(limit.Token).ConfigureAwait(false)
                    ?? throw new IOException("the agent closed the connection");
                if (received.Message is not FilesMessage named || files is null)
                {
                    received.CloseFiles();
                    return received.Message;
                }
                files.Keep(named, received);
            }
        }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
        {
            throw new IOException($"the agent did not answer within {AnswerTimeout.TotalSeconds} s");
        }
    }

    private static IOException Unexpected(ControlMessage message) => message switch
    {
        ErrorReply { Code: ErrorCodes.Forbidden } error => new SessionRefusedException($"the agent refuses this collector: {error.Message}"),
        ErrorReply error => new IOException($"the agent answers {error.Code}: {error.Message}"),
        _ => new ControlProtocolException($"the agent answers out of order, with a {message.GetType().Name}"),
    };
}

/// <summary>The agent refuses the session: the collector role is missing.</summary>
public sealed class SessionRefusedException(string message) : IOException(message);

/// <summary>Where a collector stands with its agent.</summary>
/// <param name="Connected">Whether a session is open.</param>
/// <param name="Place">Its address.</param>
/// <param name="Problem">Why there is none.</param>
public sealed record ConnectionView(bool Connected, string? Place, string? Problem);
