using System.Threading;
using Microsoft.Extensions.Logging;

namespace MicroView.Collector;

/// <summary>
/// Keeps one Alertmanager told: what fires at once and again each interval, what ended once, with growing pauses while it does not answer. Holds no more than the book does.
/// Runs as one task; the counts may be read by anyone.
/// </summary>
internal sealed class AlertSender : IAsyncDisposable
{
    private const int MaxBatch = 64;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1), LastPause = TimeSpan.FromSeconds(30), Farewell = TimeSpan.FromSeconds(2);

    private readonly AlertBook _book;
    private readonly AlertReceiver _receiver;
    private readonly TimeSpan _interval;
    private readonly CollectorClock _clock;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<Alert, long> _sent = []; // when; of those that are still in the book
    private HashSet<Alert> _seen = [];
    private Task _loop = Task.CompletedTask;
    private TimeSpan _pause;
    private long _accepted, _failures, _dropped;
    private volatile string? _problem;

    public AlertSender(AlertBook book, AlertReceiver receiver, TimeSpan interval, CollectorClock clock, ILogger logger) =>
        (_book, _receiver, _interval, _clock, _logger) = (book, receiver, interval, clock, logger);

    public Uri Address => _receiver.Address;

    /// <summary>Alerts that were taken, each time they were.</summary>
    public long Accepted => Interlocked.Read(ref _accepted);

    /// <summary>Requests that failed.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>Alerts that ended before they could be delivered, or whose end could not be.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>False while the last request failed.</summary>
    public bool IsUp => _problem is null;

    public void Start()
    {
        if (_receiver.TellsToken)
            _logger.LogWarning("The token for the Alertmanager at {Address} goes over the network in the clear: give an https address", Address);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>The book has changed. Never waits.</summary>
    public void Wake()
    {
        try
        {
            if (_wake.CurrentCount == 0)
                _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // Another one was quicker.
        }
    }

    /// <summary>What ended and was not told yet is tried once more, for two seconds; what fires ends by itself, since the anomaly did not.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        using var limit = new CancellationTokenSource(Farewell);
        try
        {
            if (IsUp && Due(_clock.NowNs).Where(alert => alert.EndedAt is not null).Take(MaxBatch).ToArray() is { Length: > 0 } ended)
                await SendAsync(ended, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // It had its chance.
        }
        _receiver.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                var due = Due(_clock.NowNs);
                if (due.Count > 0)
                    await SendAsync([.. due.Take(MaxBatch)], _stop.Token).ConfigureAwait(false);
                if (_pause > TimeSpan.Zero)
                    await Task.Delay(_pause, _stop.Token).ConfigureAwait(false); // what is new must wait as well
                else if (due.Count <= MaxBatch)
                    await _wake.WaitAsync(UntilNext(_clock.NowNs), _stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The collector stops.
        }
#pragma warning disable CA1031 // A defect here must end neither the collector nor be silent.
        catch (Exception error)
#pragma warning restore CA1031
        {
            _problem = error.Message;
            _logger.LogError("Alerts are not sent to {Address} any more: {Error}", Address, error.Message);
        }
    }

    /// <summary>What is to be sent now, ends first; forgets what the book has forgotten.</summary>
    private List<Alert> Due(long nowNs)
    {
        var list = _book.List;
        HashSet<Alert> present = [.. list.Ended, .. list.Firing];
        foreach (var gone in _seen) // a firing one is answered for by what it became
            if (gone.EndedAt is not null && !present.Contains(gone) && !_sent.ContainsKey(gone))
                Interlocked.Increment(ref _dropped);
        _seen = [.. present];
        var due = new List<Alert>();
        foreach (var ended in list.Ended)
        {
            if (_sent.ContainsKey(ended))
                continue;
            if (_sent.ContainsKey(ended.Fired!))
            {
                due.Add(ended);
                continue;
            }
            _sent[ended] = nowNs; // it was never told that it began
            Interlocked.Increment(ref _dropped);
        }
        due.AddRange(list.Firing.Where(alert => !_sent.TryGetValue(alert, out var sent) || nowNs - sent >= _interval.Ticks * 100));
        present.UnionWith(list.Ended.Select(ended => ended.Fired!));
        foreach (var forgotten in _sent.Keys.Where(alert => !present.Contains(alert)).ToArray())
            _sent.Remove(forgotten);
        return due;
    }

    private TimeSpan UntilNext(long nowNs)
    {
        var next = _interval.Ticks * 100;
        foreach (var alert in _book.List.Firing)
            next = Math.Min(next, _sent.TryGetValue(alert, out var sent) ? _interval.Ticks * 100 - (nowNs - sent) : 0);
        return TimeSpan.FromTicks(Math.Max(0, next) / 100 + 1);
    }

    private async Task SendAsync(Alert[] alerts, CancellationToken cancellation)
    {
        var (nowNs, expiry) = (_clock.NowNs, _clock.Now + 4 * _interval);
        var delivery = await _receiver.SendAsync([.. alerts.Select(alert => AlertMessage.Of(alert, expiry))], cancellation).ConfigureAwait(false);
        if (delivery.Accepted)
            Interlocked.Add(ref _accepted, alerts.Length);
        else
            Interlocked.Increment(ref _failures);
        if (delivery.Accepted || !delivery.TryAgain)
            foreach (var alert in alerts)
                _sent[alert] = nowNs;
        if (!delivery.Accepted && !delivery.TryAgain)
            Interlocked.Add(ref _dropped, alerts.Count(alert => alert.EndedAt is not null));
        var longest = _interval < LastPause ? _interval : LastPause;
        _pause = delivery.Accepted || !delivery.TryAgain ? TimeSpan.Zero : _pause == TimeSpan.Zero ? FirstPause : _pause * 2 < longest ? _pause * 2 : longest;
        Tell(delivery.Problem);
    }

    private void Tell(string? problem)
    {
        var before = _problem;
        _problem = problem;
        if (problem is not null && problem != before)
            _logger.LogWarning("Alerts cannot be delivered to {Address}: {Problem}", Address, problem);
        else if (problem is null && before is not null)
            _logger.LogInformation("Alerts are delivered to {Address} again", Address);
    }
}
