using Microsoft.Extensions.Logging;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>One target while it is scraped: its schedule, its pod and its figures. Figures may be read by any thread.</summary>
internal sealed class ScrapedTarget : IDisposable
{
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(10); // between tries of a target that is down
    private readonly ScrapeInOptions _options;
    private readonly TargetFetch _fetch;
    private readonly ScrapeInMetrics _metrics;
    private readonly ILogger _log;
    private readonly TargetPage _page;
    private readonly ExpositionReader _reader;
    private readonly CancellationTokenSource _stop = new();
    private readonly long[] _dropped = new long[4];
    private readonly Task _running;
    private int _failures;
    private bool _wasUp;

    internal ScrapedTarget(ScrapeTarget target, ScrapeInOptions options, TargetFetch fetch, IGrowingPods pods, ScrapeInMetrics metrics, ILogger log)
    {
        (Target, _options, _fetch, _metrics, _log) = (target, options, fetch, metrics, log);
        _page = new(pods, target.Identity, options.MaxSeries);
        _reader = new(_page);
        Series = metrics.Watch(this);
        _running = Task.Run(RunAsync);
    }

    internal ScrapeTarget Target { get; }

    /// <summary>Its self-metrics.</summary>
    private IReadOnlyList<IDisposable> Series { get; }

    internal bool IsUp => Volatile.Read(ref _failures) == 0 && Scrapes > 0;

    internal long Scrapes { get; private set; }

    internal double DurationSeconds { get; private set; }

    internal long BodyBytes { get; private set; }

    internal long Samples { get; private set; }

    /// <summary>Its pod's id; null before the first good scrape.</summary>
    internal string? Pod => _page.Pod;

    /// <summary>Asks it to end; <see cref="Dispose"/> waits for that.</summary>
    internal void Stop() => _stop.Cancel();

    /// <summary>Ends it and retires its pod.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _running.Wait();
        foreach (var series in Series)
            series.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            // Targets that begin together are spread, so that they do not all answer at once.
            var spread = Math.Min(_options.Interval.TotalMilliseconds, 500);
            await Task.Delay(TimeSpan.FromMilliseconds((uint)Target.GetHashCode() % 1000 / 1000.0 * spread), _stop.Token).ConfigureAwait(false);
            var next = Clocks.MonotonicNs;
            while (true)
            {
                await ScrapeAsync().ConfigureAwait(false);
                var now = Clocks.MonotonicNs;
                var interval = (long)_options.Interval.TotalNanoseconds;
                next += interval;
                if (next < now)
                    next += (now - next + interval - 1) / interval * interval; // a scrape that took long costs turns, not the pace
                if (_failures > 1)
                    next = now + Math.Max(interval, Math.Min(interval << Math.Min(_failures - 1, 10), (long)s_longestWait.TotalNanoseconds));
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling((next - now) / 1e6)), _stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // it is to end
        }
        finally
        {
            _page.Dispose();
        }
    }

    private async Task ScrapeAsync()
    {
        var started = Clocks.MonotonicNs;
        try
        {
            var bytes = await _fetch.ScrapeAsync(Target, _reader, _stop.Token).ConfigureAwait(false);
            _page.Commit(started);
            (BodyBytes, Samples) = (bytes, _reader.Samples);
            Volatile.Write(ref _failures, 0);
            if (!_wasUp)
                _log.LogInformation("Scrape-in: {Target} is up as pod {Pod}: {Samples} samples", Target.Name, _page.Pod ?? "(none: no samples)", Samples);
            _wasUp = true;
        }
        catch (ScrapeException failure)
        {
            Fail(failure.Reason, failure.Message);
        }
        catch (OperationCanceledException)
        {
            throw;
        }
#pragma warning disable CA1031 // one target's defect must not end its scrapes
        catch (Exception defect)
#pragma warning restore CA1031
        {
            Fail(ScrapeFailure.Defect, defect.ToString());
        }
        DurationSeconds = (Clocks.MonotonicNs - started) / 1e9;
        Scrapes++;
        Count();
    }

    private void Fail(ScrapeFailure reason, string problem)
    {
        _page.Lose(Clocks.MonotonicNs);
        _metrics.Failed(reason);
        (BodyBytes, Samples) = (0, 0);
        Volatile.Write(ref _failures, Math.Min(_failures + 1, 100));
        if (_wasUp || Scrapes == 0)
            _log.LogWarning("Scrape-in: {Target} is down: {Problem}", Target.Name, problem);
        _wasUp = false;
    }

    private void Count()
    {
        for (var reason = 0; reason < _dropped.Length; reason++)
        {
            var more = _page.Dropped[reason] - _dropped[reason];
            if (more == 0)
                continue;
            if (_dropped[reason] == 0 && (DroppedSample)reason == DroppedSample.Limit)
                _log.LogWarning("Scrape-in: {Target} has more series than the {Limit} that are taken; raise --scrape-in-max-series", Target.Name, _options.MaxSeries);
            _dropped[reason] += more;
            _metrics.Dropped((DroppedSample)reason, more);
        }
    }
}
