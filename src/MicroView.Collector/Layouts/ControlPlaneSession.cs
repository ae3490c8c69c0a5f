using Microsoft.Extensions.Logging;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>
/// The session with the agent, whatever carries it: opens it, follows the layout by long-poll (which renews the lease), acknowledges each generation once
/// the LMAPs work by it, and comes back after a restart of the agent. Meanwhile the pods stay known and their heartbeats tell that they are stale.
/// </summary>
internal sealed class ControlPlaneSession : LayoutSession
{
    private const int ForgetMs = 1000; // between two looks whether absent pods are to be forgotten
    internal static readonly TimeSpan RenewPeriod = TimeSpan.FromMilliseconds(700);
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromMilliseconds(100), LastBackOff = TimeSpan.FromSeconds(1);

    private readonly ControlPlane _plane;
    private readonly LayoutFollower _follower;
    private readonly RateKeeper _rates;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _hurry = new(0, 1);
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ConnectionView _view = new(false, null, "not connected yet");
    private Task _loop = Task.CompletedTask;
    private long _sessions;

    public ControlPlaneSession(ControlPlane plane, LayoutFollower follower, RateKeeper rates, ILogger logger)
    {
        (_plane, _follower, _rates, _logger) = (plane, follower, rates, logger);
        // Nobody may wait for it, and a refusal must not surface as an exception that nobody saw.
        _ = _first.Task.ContinueWith(static task => _ = task.Exception, TaskScheduler.Default);
    }

    public override ConnectionView View => _view;

    public override long Sessions => Interlocked.Read(ref _sessions);

    /// <summary>Completes with the first layout in force; fails when the agent refuses the session.</summary>
    public override Task FirstLayout => _first.Task;

    public override void Start() => _loop = Task.Run(RunAsync);

    /// <summary>
    /// A pod's header has moved: the agent may be back, so the next attempt to connect need not wait. Thread-safe, never waits.
    /// </summary>
    public override void Hurry()
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

    /// <summary>Ends the session. What it holds beyond a connection is given back by <see cref="ControlPlane.LeaveAsync"/>, when the LMAPs have stopped.</summary>
    public override async ValueTask DisposeAsync()
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
            _logger.LogWarning("{Error}", error.Message);
        _view = new(false, null, error.Message);
        if (error is SessionRefusedException)
            _first.TrySetException(error);
    }

    private async Task FollowAsync()
    {
        await using var connection = await _plane.OpenAsync(_stop.Token).ConfigureAwait(false);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        using var files = new HandedFiles();
        var rates = Task.CompletedTask;
        try
        {
            for (ulong? since = null; ;)
            {
                var patience = since is null ? 0 : _follower.HasAbsent ? Math.Min(ForgetMs, connection.PatienceMs) : connection.PatienceMs;
                var update = await connection.AskAsync(since ?? 0, patience, files, _stop.Token).ConfigureAwait(false);
                since = await ApplyAsync(connection, update, files, since).ConfigureAwait(false);
                if (_view.Connected)
                    continue;
                connection.BeginReading();
                Welcome(connection.Place);
                rates = _rates.KeepAsync(connection, over.Token);
            }
        }
        finally
        {
            if (!_stop.IsCancellationRequested)
                _follower.EndSession();
            await over.CancelAsync().ConfigureAwait(false);
            await rates.ConfigureAwait(false);
        }
    }

    private async Task<ulong> ApplyAsync(ControlPlaneConnection connection, LayoutUpdate update, HandedFiles files, ulong? since)
    {
        var isNew = since is null;
        if (isNew && !update.Full)
            update = update with { Full = true }; // everything is "since 0": what is not listed is gone
        if (!isNew && !update.Full && update.Generation == since && update.Pods.Count == 0 && update.Removed.Count == 0)
        {
            _follower.ForgetAbsent(Clocks.MonotonicNs);
            return update.Generation;
        }
        var applying = _follower.ApplyAsync(update, files, isNew);
        try
        {
            while (await Task.WhenAny(applying, Task.Delay(RenewPeriod, _stop.Token)).ConfigureAwait(false) != applying && !_stop.IsCancellationRequested)
                await connection.RenewAsync(since ?? 0, _stop.Token).ConfigureAwait(false);
        }
        finally
        {
            await applying.ConfigureAwait(false); // the follower is for one caller at a time, whatever became of the session
        }
        await connection.AcknowledgeAsync(update.Generation, _stop.Token).ConfigureAwait(false);
        return update.Generation;
    }

    private void Welcome(string place)
    {
        Interlocked.Increment(ref _sessions);
        _view = new(true, place, null);
        _logger.LogInformation("Reading the pods of the agent at {Place}", place);
        _first.TrySetResult();
    }
}

/// <summary>Where a collector stands with its agent.</summary>
/// <param name="Connected">Whether a session is open.</param>
/// <param name="Place">Its address.</param>
/// <param name="Problem">Why there is none.</param>
public sealed record ConnectionView(bool Connected, string? Place, string? Problem);
