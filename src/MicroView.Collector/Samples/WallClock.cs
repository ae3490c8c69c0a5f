namespace MicroView.Collector;

/// <summary>
/// Turns moments of the monotonic clock into Unix time, ms, so that what comes later is never stamped earlier. Follows the wall clock: ahead at once, back by a tenth of the time that
/// passes. For one thread.
/// </summary>
/// <param name="clock">The collector's clock.</param>
internal sealed class WallClock(CollectorClock clock)
{
    private const long NsPerMs = 1_000_000;
    private const long SlackMs = 20; // by which two readings may differ for the machine's sake
    private long _offsetMs = clock.Now.ToUnixTimeMilliseconds() - clock.NowNs / NsPerMs;
    private long _lookedMs = clock.NowNs / NsPerMs;

    /// <summary>Now on the monotonic clock, ms.</summary>
    public long NowMs => clock.NowNs / NsPerMs;

    /// <summary>A monotonic moment in Unix time, ms.</summary>
    public long UnixMs(long monotonicMs) => monotonicMs + _offsetMs;

    /// <summary>Looks at the wall clock.</summary>
    public void Follow()
    {
        var now = NowMs;
        var ahead = clock.Now.ToUnixTimeMilliseconds() - now - _offsetMs;
        if (ahead > SlackMs)
            _offsetMs += ahead;
        else if (ahead < -SlackMs)
            _offsetMs -= Math.Min(-ahead, (now - _lookedMs) / 10);
        _lookedMs = now;
    }
}
