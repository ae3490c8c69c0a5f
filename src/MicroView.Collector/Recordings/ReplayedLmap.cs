namespace MicroView.Collector;

/// <summary>An LMAP that scrapes when the recording says so, on the replay's thread.</summary>
internal sealed class ReplayedLmap(Lmap lmap, long intervalNs) : LmapRunner(lmap, intervalNs)
{
    private const long AccountPeriodNs = 1_000_000_000;
    private long _accountNs = long.MinValue, _accountScrapes;

    /// <summary>The pass that the recording holds next.</summary>
    public void Pass(long nowNs, bool looks)
    {
        if (looks)
            Lmap.LookOnce(nowNs);
        else
            Lmap.ScrapeOnce(nowNs);
        Account(nowNs);
    }

    public override void Start()
    {
    }

    public override Task PostAsync(LmapChange change)
    {
        Lmap.Post(change);
        Lmap.ApplyPost();
        return change.Applied.Task;
    }

    public override void Dispose()
    {
    }

    /// <summary>The rate in the recording's own time; the CPU is the replay's, which is not this LMAP's alone.</summary>
    private void Account(long nowNs)
    {
        if (_accountNs != long.MinValue && nowNs - _accountNs < AccountPeriodNs)
            return;
        var statistics = Lmap.Statistics;
        if (_accountNs != long.MinValue)
            statistics.ScrapeRate = (statistics.Scrapes - _accountScrapes) / ((nowNs - _accountNs) / 1e9);
        (_accountNs, _accountScrapes) = (nowNs, statistics.Scrapes);
    }
}
