namespace MicroView.Collector;

/// <summary>When rows of live pods are classified: ticks on a grid of their own, each at the scrape that is nearest to it.</summary>
/// <param name="tickNs">From one to the next, ns; 0: every scrape is one.</param>
/// <param name="slackNs">How much too early a scrape may be, ns.</param>
internal struct LmapTick(long tickNs, long slackNs)
{
    private long _nextNs = long.MinValue;

    /// <summary>Whether this scrape is a tick, and how many there should have been since the last.</summary>
    public bool IsDue(long nowNs, out long missed)
    {
        missed = 0;
        if (tickNs == 0)
            return true;
        if (_nextNs == long.MinValue)
            _nextNs = nowNs;
        if (nowNs < _nextNs - slackNs)
            return false;
        missed = Math.Max(0, nowNs - _nextNs) / tickNs;
        _nextNs += (missed + 1) * tickNs;
        return true;
    }
}
