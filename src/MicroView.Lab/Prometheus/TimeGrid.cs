namespace MicroView.Lab;

/// <summary>Points of time at equal steps, milliseconds since 1970, as a range query has them.</summary>
/// <param name="StartMs">The first.</param>
/// <param name="StepMs">Step, above 0.</param>
/// <param name="Count">How many.</param>
internal readonly record struct TimeGrid(long StartMs, long StepMs, int Count)
{
    /// <summary>All multiples of the step from <paramref name="fromMs"/> to <paramref name="untilMs"/>.</summary>
    public static TimeGrid Between(long fromMs, long untilMs, long stepMs)
    {
        var first = (fromMs + stepMs - 1) / stepMs * stepMs;
        return new TimeGrid(first, stepMs, untilMs < first ? 0 : checked((int)((untilMs - first) / stepMs + 1)));
    }

    public long EndMs => At(Math.Max(0, Count - 1));

    public long At(int index) => StartMs + index * StepMs;

    /// <summary>The point nearest to a time in seconds; outside 0..<see cref="Count"/> if there is none.</summary>
    public int IndexOf(double seconds) => (int)Math.Round((seconds * 1000 - StartMs) / StepMs);

    /// <summary>Parts of at most <paramref name="points"/> points.</summary>
    public IEnumerable<TimeGrid> Parts(int points)
    {
        for (var first = 0; first < Count; first += points)
            yield return this with { StartMs = At(first), Count = Math.Min(points, Count - first) };
    }
}
