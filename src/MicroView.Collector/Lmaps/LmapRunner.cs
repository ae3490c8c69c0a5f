using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>What makes an LMAP scrape: a thread on a schedule, or a recording.</summary>
/// <param name="lmap">The LMAP; owned.</param>
/// <param name="intervalNs">From one scrape to the next, ns.</param>
internal abstract class LmapRunner(Lmap lmap, long intervalNs) : IDisposable
{
    /// <summary>Between scrapes that are further apart, headers are looked at: a little longer than a heartbeat may stand still.</summary>
    protected const long LookPeriodNs = 1_000_000_000;

    public Lmap Lmap => lmap;

    /// <summary>If it has not looked at its pods for this long, nothing that it read passes for fresh.</summary>
    public long SilenceLimitNs { get; } = PageFormat.HeartbeatTimeout.Ticks * 100 + Math.Min(intervalNs, LookPeriodNs);

    public abstract void Start();

    /// <summary>Hands over a change; completes when it is in force.</summary>
    public abstract Task PostAsync(LmapChange change);

    public abstract void Dispose();
}
