namespace MicroView.Host;

/// <summary>
/// A clock that stands still while the agent does: a reader cannot renew its lease with an agent that is stopped, or whose machine is, and must not lose
/// it by that. For one caller at a time. Who asks less often than once in <see cref="s_longestStep"/> has a slower clock:
/// so it is between the heartbeats of a quiet agent without RDMA, where nothing waits for the end of a lease.
/// </summary>
/// <param name="timestamp">The time, ns.</param>
internal sealed class ListeningClock(Func<long> timestamp)
{
    private static readonly TimeSpan s_longestStep = TimeSpan.FromMilliseconds(500); // a turn of the thread that looks, and a little
    private long _last = timestamp();
    private TimeSpan _time;

    /// <summary>How long the agent has run, as far as it knows.</summary>
    internal TimeSpan Now
    {
        get
        {
            var now = timestamp();
            var step = TimeSpan.FromTicks((now - _last) / TimeSpan.NanosecondsPerTick);
            _last = now;
            return _time += step < s_longestStep ? step : s_longestStep;
        }
    }
}
