using Microsoft.Extensions.Logging;

namespace MicroView.Host;

/// <summary>
/// Turns existing Prometheus endpoints into pods: a task per target scrapes it and writes its row, a thread looks for changes of the files of targets.
/// Thread-safe; disposing ends all of it and retires the pods.
/// </summary>
public sealed class ScrapeIn : IDisposable
{
    private readonly ScrapeInOptions _options;
    private readonly IGrowingPods _pods;
    private readonly ScrapeInMetrics _metrics;
    private readonly ILogger _log;
    private readonly TargetFetch _fetch;
    private readonly ScrapeTarget[] _fixed;
    private readonly TargetFiles[] _files;
    private readonly Lock _gate = new();
    private readonly Dictionary<ScrapeTarget, ScrapedTarget> _targets = [];
    private readonly IReadOnlyList<IDisposable> _series;
    private readonly PeriodicThread _watch;
    private int _count, _broken, _passedOver;

    private ScrapeIn(IGrowingPods pods, ScrapeInOptions options, ScrapeInMetrics metrics, ILogger log)
    {
        (_pods, _options, _metrics, _log) = (pods, options, metrics, log);
        _fetch = new(options);
        _fixed = [.. options.Targets.Where(target => !ScrapeInOptions.IsFile(target)).Select(target => ScrapeTarget.FromText(target, out _)!)];
        _files = [.. options.Targets.Where(ScrapeInOptions.IsFile).Select(file => new TargetFiles(file, options.ServiceLabels, log))];
        _series = metrics.Watch(() => Volatile.Read(ref _count), () => Volatile.Read(ref _broken));
        _watch = new("scrape-in", () => TimeSpan.FromSeconds(1), _ => Refresh(), log);
    }

    /// <summary>Endpoints that are scraped now.</summary>
    public int Targets => Volatile.Read(ref _count);

    internal static ScrapeIn Start(IGrowingPods pods, ScrapeInOptions options, ScrapeInMetrics metrics, ILogger log)
    {
        if (options.Check() is { } problem)
            throw new ArgumentException(problem, nameof(options));
        var scrapes = new ScrapeIn(pods, options, metrics, log);
        scrapes.Refresh();
        scrapes._watch.Start();
        log.LogInformation("Scrape-in: {Count} targets, each every {Interval} s", scrapes.Targets, options.Interval.TotalSeconds);
        return scrapes;
    }

    /// <summary>Ends the scrapes and retires the pods.</summary>
    public void Dispose()
    {
        _watch.Dispose();
        lock (_gate)
        {
            End([.. _targets.Keys]);
            foreach (var series in _series)
                series.Dispose();
            _fetch.Dispose();
        }
    }

    private void Refresh()
    {
        lock (_gate)
        {
            foreach (var files in _files)
                files.Look();
            var wanted = new HashSet<ScrapeTarget>(_fixed);
            var passedOver = 0;
            foreach (var target in _files.SelectMany(files => files.Targets))
                if (wanted.Count < _options.MaxTargets || wanted.Contains(target))
                    wanted.Add(target);
                else
                    passedOver++;
            if (passedOver > 0 && _passedOver == 0)
                _log.LogWarning("Scrape-in: {Count} targets are passed over; at most {Limit} are scraped", passedOver, _options.MaxTargets);
            _passedOver = passedOver;
            // The old first: a target of other labels asks for the same pod id.
            End([.. _targets.Keys.Where(target => !wanted.Contains(target))]);
            foreach (var target in wanted)
                if (!_targets.ContainsKey(target))
                    _targets.Add(target, new(target, _options, _fetch, _pods, _metrics, _log));
            Volatile.Write(ref _count, _targets.Count);
            Volatile.Write(ref _broken, _files.Sum(files => files.Broken));
        }
    }

    private void End(ScrapeTarget[] gone)
    {
        foreach (var target in gone)
            _targets[target].Stop();
        foreach (var target in gone)
        {
            _targets[target].Dispose();
            _targets.Remove(target);
        }
    }
}
