using System.Globalization;
using System.Threading;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace MicroView.Collector;

/// <summary>
/// Carries alarms from LMAPs to whoever acts on them, through a bounded queue: a slow subscriber costs events, which are counted, and
/// never an
/// LMAP's time. Subscribers are called one after the other on one task; what they throw is logged.
/// </summary>
/// <param name="logger">For what happens.</param>
/// <param name="isReplay">Nobody waits for the one who posts: no event is lost, and each is told with its time.</param>
internal sealed class AlarmFeed(ILogger logger, bool isReplay = false) : IAsyncDisposable
{
    private const int Capacity = 1024;

    private readonly Channel<AlarmEvent> _queue = Channel.CreateBounded<AlarmEvent>(
        new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });
    private long _dropped, _opened;
    private Task _pump = Task.CompletedTask;

    public event Action<AlarmEvent>? Changed;

    public long Dropped => Interlocked.Read(ref _dropped);

    public long Opened => Interlocked.Read(ref _opened);

    public void Start() => _pump = Task.Run(PumpAsync);

    /// <summary>Called by LMAPs; waits in a replay alone.</summary>
    public void Post(AlarmEvent change)
    {
        if (change.Transition == AlarmTransition.Opened)
            Interlocked.Increment(ref _opened);
        while (!_queue.Writer.TryWrite(change))
        {
            if (!isReplay || _pump.IsCompleted)
            {
                Interlocked.Increment(ref _dropped);
                return;
            }
            Thread.Sleep(1);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _pump.ConfigureAwait(false);
    }

    private async Task PumpAsync()
    {
        await foreach (var change in _queue.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            Log(change);
            foreach (var subscriber in Changed?.GetInvocationList() ?? [])
                Call((Action<AlarmEvent>)subscriber, change);
        }
    }

    private void Call(Action<AlarmEvent> subscriber, AlarmEvent change)
    {
        try
        {
            subscriber(change);
        }
#pragma warning disable CA1031 // A subscriber's fault is not the others'.
        catch (Exception error)
#pragma warning restore CA1031
        {
            logger.LogError("A subscriber failed on an alarm of pod {Pod}: {Error}", change.Pod, error.Message);
        }
    }

    private void Log(AlarmEvent change)
    {
        var at = isReplay ? string.Create(CultureInfo.InvariantCulture, $" at {change.Time:yyyy-MM-ddTHH:mm:ss.fffZ}") : "";
        if (change.Transition == AlarmTransition.Opened)
            logger.LogWarning("Alarm{At}: pod {Pod}, score {Score:G4} over {Threshold:G4}{Warm}: {Metrics}", at, change.Pod, change.Score, change.Threshold,
                change.IsWarm ? " (warm: learnt by its service)" : "",
                string.Join(", ", change.Attributions.Select(share => $"{share.Metric} {share.Share:P0}")));
        else
            logger.LogInformation("Alarm over{At}: pod {Pod} {How} after {Seconds:F1} s", at, change.Pod,
                change.Transition == AlarmTransition.PodGone ? "went away" : "is normal again", change.Duration.TotalSeconds);
    }
}
