using System.Diagnostics;
using System.Threading;
using Microsoft.Extensions.Logging;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>What a replay was.</summary>
/// <param name="Passes">Passes of all LMAPs.</param>
/// <param name="Images">Images in them.</param>
/// <param name="LostImages">Images that the recorder had to leave out.</param>
/// <param name="Pods">Different pods.</param>
/// <param name="RecordedSeconds">Time in the recording, from its first pass to its last.</param>
/// <param name="Seconds">Time it took.</param>
/// <param name="CutOffAt">Byte at which the file was cut off, or ended without an end; null: it is whole.</param>
public sealed record ReplaySummary(long Passes, long Images, long LostImages, int Pods, double RecordedSeconds, double Seconds, long? CutOffAt);

/// <summary>
/// Replays a recording: one thread reads the file and drives the layout follower and the LMAPs in its order, at the pace that is wanted. What they do depends on the file alone.
/// </summary>
internal sealed class ReplaySession : LayoutSession
{
    private const int LongestSleepMs = 1000;
    private readonly RecordingReader _reader;
    private readonly RecordingPlayer _player;
    private readonly LayoutFollower _follower;
    private readonly IReadOnlyList<ReplayedLmap> _lmaps;
    private readonly CollectorClock.Replayed _clock;
    private readonly double _speed;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<ReplaySummary> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<string> _pods = new(StringComparer.Ordinal);
    private readonly Thread _thread;
    private long _started;
    private volatile ConnectionView _view;
    private long _sessions;
    private int _begun;
    private long _firstNs = -1, _lastNs, _paceNs, _paceAt = -1;

    /// <param name="reader">The recording; owned.</param>
    /// <param name="transport">What opens its pods.</param>
    /// <param name="follower">What applies its layouts.</param>
    /// <param name="lmaps">As many as were recorded.</param>
    /// <param name="clock">Set by it.</param>
    /// <param name="speed">1 as recorded; 0 as fast as possible.</param>
    /// <param name="logger">For what is wrong with the recording.</param>
    public ReplaySession(
        RecordingReader reader, RecordingTransport transport, LayoutFollower follower, IReadOnlyList<ReplayedLmap> lmaps, CollectorClock.Replayed clock, double speed, ILogger logger)
    {
        (_reader, _player, _follower, _lmaps, _clock, _speed, _logger) = (reader, new RecordingPlayer(reader, transport), follower, lmaps, clock, speed, logger);
        _view = new(true, reader.Path, null);
        _thread = new Thread(Run) { Name = "replay", IsBackground = true };
        _ = _end.Task.ContinueWith(static task => _ = task.Exception, TaskScheduler.Default); // nobody may wait for it
    }

    public override ConnectionView View => _view;

    public override long Sessions => Interlocked.Read(ref _sessions);

    public override Task FirstLayout => _first.Task;

    /// <summary>Completes at the recording's end; fails with a <see cref="RecordingException"/> where it is damaged, and is cancelled by a stop before.</summary>
    public Task<ReplaySummary> End => _end.Task;

    /// <summary>Nothing happens before <see cref="Begin"/>.</summary>
    public override void Start()
    {
    }

    /// <summary>Begins; once.</summary>
    public void Begin()
    {
        if (Interlocked.Exchange(ref _begun, 1) == 0)
            _thread.Start();
    }

    public override async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        if (Interlocked.Exchange(ref _begun, 1) == 0)
            _end.TrySetCanceled();
        else
            _thread.Join();
        _reader.Dispose();
        _stop.Dispose();
    }

    private void Run()
    {
        _started = Stopwatch.GetTimestamp();
        try
        {
            while (!_stop.IsCancellationRequested && _player.Next() && Replay())
            {
            }
            _stop.Token.ThrowIfCancellationRequested();
            // Without its end it was cut off, if only between two events.
            long? cutOffAt = _player.Kind == RecordedKind.End ? null : _reader.CutOffAt ?? _reader.Offset;
            if (cutOffAt is { } at)
                _logger.LogWarning("{Path} was cut off at byte {Offset}; everything before it is replayed", _reader.Path, at);
            _end.TrySetResult(Summary(cutOffAt));
        }
        catch (OperationCanceledException)
        {
            _end.TrySetCanceled();
        }
#pragma warning disable CA1031 // Whatever a file brings about, it is the file's fault and is told with its place.
        catch (Exception error)
#pragma warning restore CA1031
        {
            var damage = error as RecordingException ?? _reader.Damaged($"it cannot be replayed: {error.GetType().Name}: {error.Message}");
            _view = new(false, _reader.Path, damage.Message);
            _end.TrySetException(damage);
        }
        _first.TrySetResult();
    }

    /// <summary>Does what comes next; false when that is the end.</summary>
    private bool Replay()
    {
        MoveTo(_player.TimeNs);
        if (_player.Kind == RecordedKind.Layout)
            Apply(_player.Layout!);
        else if (_player.Kind == RecordedKind.Pass)
            Pass(_lmaps[_player.Lmap]);
        return _player.Kind != RecordedKind.End;
    }

    private void Pass(ReplayedLmap lmap)
    {
        _follower.ForgetAbsent(_player.TimeNs);
        lmap.Pass(_player.TimeNs, _player.Looks);
    }

    private void Apply(RecordedLayout layout)
    {
        if (layout.NewSession)
            Interlocked.Increment(ref _sessions);
        foreach (var pod in layout.Update.Pods)
            _pods.Add(pod.Pod);
        using var none = new HandedFiles();
        try
        {
            // Completes at once: the LMAPs are this thread's.
            _follower.ApplyAsync(layout.Update, none, layout.NewSession).GetAwaiter().GetResult();
        }
        catch (ControlProtocolException error)
        {
            _logger.LogWarning("At byte {Offset} a layout breaks off, as it did when it was recorded: {Error}", _reader.Offset, error.Message);
        }
        _first.TrySetResult();
    }

    private void MoveTo(long time)
    {
        if (_speed > 0)
            Wait(time);
        _clock.MoveTo(time);
        if (_firstNs < 0)
            _firstNs = time;
        _lastNs = Math.Max(_lastNs, time);
    }

    private void Wait(long time)
    {
        if (_paceAt < 0)
            (_paceNs, _paceAt) = (time, Stopwatch.GetTimestamp());
        while (true)
        {
            var left = (time - _paceNs) / 1e6 / _speed - Stopwatch.GetElapsedTime(_paceAt).TotalMilliseconds;
            if (left < 1)
                return;
            if (_stop.Token.WaitHandle.WaitOne((int)Math.Min(left, LongestSleepMs)))
                _stop.Token.ThrowIfCancellationRequested();
        }
    }

    private ReplaySummary Summary(long? cutOffAt) => new(
        _player.Passes, _player.Images, _player.Lost, _pods.Count, _firstNs < 0 ? 0 : (_lastNs - _firstNs) / 1e9, Stopwatch.GetElapsedTime(_started).TotalSeconds, cutOffAt);
}
