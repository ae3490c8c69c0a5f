using MicroView.Export;

namespace MicroView.Host;

/// <summary>The self-metrics of scrape-in. Thread-safe.</summary>
internal sealed class ScrapeInMetrics
{
    private static readonly string[] s_failures =
        ["connect", "timeout", "tls", "credentials", "status", "content_type", "encoding", "too_large", "syntax", "truncated", "refused", "defect"];
    private static readonly string[] s_drops = ["limit", "duplicate", "stale", "invalid"];

    private readonly SelfMetrics _self;
    private readonly SelfCounter[] _failed, _dropped;

    internal ScrapeInMetrics(SelfMetrics self)
    {
        _self = self;
        _failed = Array.ConvertAll(s_failures, reason => self.Counter("microview_scrape_in_failures_total", "Scrapes of other endpoints that gave no row, by reason.", ("reason", reason)));
        _dropped = Array.ConvertAll(s_drops, reason => self.Counter("microview_scrape_in_dropped_samples_total", "Samples of good scrapes that are not in the row, by reason.", ("reason", reason)));
    }

    internal void Failed(ScrapeFailure reason) => _failed[(int)reason].Increment();

    internal void Dropped(DroppedSample reason, long count) => _dropped[(int)reason].Add(count);

    /// <summary>Scrapes that failed for a reason.</summary>
    internal double FailuresOf(ScrapeFailure reason) => _failed[(int)reason].Value;

    /// <summary>Samples that were dropped for a reason.</summary>
    internal double DropsOf(DroppedSample reason) => _dropped[(int)reason].Value;

    /// <summary>Adds what is asked of all targets; to be disposed with them.</summary>
    internal IReadOnlyList<IDisposable> Watch(Func<int> targets, Func<int> broken) =>
    [
        _self.GaugeFunc("microview_scrape_in_targets", "Endpoints that are scraped.", () => targets()),
        _self.GaugeFunc("microview_scrape_in_broken_files", "Files of targets that cannot be taken as they are.", () => broken()),
    ];

    /// <summary>Adds what is asked of one target; to be disposed with it.</summary>
    internal IReadOnlyList<IDisposable> Watch(ScrapedTarget target)
    {
        Label name = ("target", target.Target.Name), url = ("url", target.Target.Url.GetLeftPart(UriPartial.Path));
        return
        [
            _self.GaugeFunc("microview_scrape_in_up", "1 when the target's last scrape gave a row.", () => target.IsUp ? 1 : 0, name, url),
            _self.GaugeFunc("microview_scrape_in_duration_seconds", "How long the target's last scrape took.", () => target.DurationSeconds, name, url),
            _self.GaugeFunc("microview_scrape_in_body_bytes", "Bytes of the target's last body, uncompressed.", () => target.BodyBytes, name, url),
            _self.GaugeFunc("microview_scrape_in_samples", "Samples of the target's last scrape.", () => target.Samples, name, url),
        ];
    }
}
