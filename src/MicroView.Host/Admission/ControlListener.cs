using System.Collections.Concurrent;
using System.Net.Sockets;

namespace MicroView.Host;

/// <summary>Accepts connections, bounds them per user, and ends those whose process has exited. Thread-safe.</summary>
internal sealed class ControlListener(HostState state, Socket socket) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<ControlSession, Task> _sessions = new();
    private readonly Dictionary<uint, int> _perUser = [];
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _accepting = Task.CompletedTask;

    internal int Count => _sessions.Count;

    internal void Start() => _accepting = Task.Run(AcceptAsync);

    /// <summary>Ends sessions whose process is gone, though a forked child may hold the connection.</summary>
    internal void EndOrphans()
    {
        var exited = state.Exits.Exited();
        if (exited.Count == 0)
            return;
        foreach (var (session, _) in _sessions)
            if (exited.Contains(session.Process))
                session.Cancel();
    }

    /// <summary>Stops accepting, ends every session and waits for them.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _accepting.ConfigureAwait(false);
        socket.Dispose(); // removes its file, too
        foreach (var (session, _) in _sessions)
            session.Cancel();
        await Task.WhenAll(_sessions.Values).ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Admit(await socket.AcceptAsync(_stop.Token).ConfigureAwait(false));
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (Exception error)
            {
                // Out of descriptors, most likely: those who wait are served when some are free again.
                state.Log.Unexpected("accepting a connection", error.Message);
                await Task.Delay(100, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private void Admit(Socket connection)
    {
        if (!state.Quota.TakeConnection())
        {
            state.Metrics.Refused(RefusalReason.Connections);
            connection.Dispose();
            return;
        }
        ControlSession session;
        try
        {
            session = new(state, connection);
        }
        catch (Exception error)
        {
            connection.Dispose();
            state.Quota.ReturnConnection();
            state.Log.Unexpected("a new connection", error.Message);
            return;
        }
        var counted = TakeUser(session.Peer.UserId);
        var running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _sessions[session] = running.Task;
        _ = Task.Run(() => RunAsync(session, counted, running));
    }

    private async Task RunAsync(ControlSession session, bool counted, TaskCompletionSource running)
    {
        try
        {
            if (counted)
                await session.RunAsync().ConfigureAwait(false);
            else
                await session.TryRefuseAsync(new(RefusalReason.Connections, $"uid {session.Peer.UserId} has all the connections that one user may have ({UserLimit})")).ConfigureAwait(false);
        }
        finally
        {
            _sessions.TryRemove(session, out _);
            if (counted)
                ReturnUser(session.Peer.UserId);
            session.Dispose();
            state.Quota.ReturnConnection();
            running.SetResult();
        }
    }

    private int UserLimit => state.Options.MaxConnectionsPerUser ?? Math.Max(1, state.Options.MaxPods / 2);

    private bool TakeUser(uint user)
    {
        lock (_gate)
        {
            var count = _perUser.GetValueOrDefault(user);
            if (!state.Roles.IsOwn(user) && count >= UserLimit)
                return false;
            _perUser[user] = count + 1;
            return true;
        }
    }

    private void ReturnUser(uint user)
    {
        lock (_gate)
            if (--_perUser[user] == 0)
                _perUser.Remove(user);
    }
}
