namespace MicroView.Host;

/// <summary>
/// A clock that stands still while the agent does: a reader cannot renew its lease with an agent that is stopped, or whose machine is, and must not lose
/// it by that. For one caller at a time, who asks at least once in <see cref="s_longestStep"/>.
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
