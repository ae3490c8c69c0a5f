namespace MicroView.Lab;

/// <summary>Stretches of time, nanoseconds since 1970, each from its start up to but not including its end. Immutable.</summary>
internal sealed class TimeRanges
{
    private readonly long[] _starts, _ends;

    /// <summary>The union of stretches in any order; empty ones are left out.</summary>
    public TimeRanges(IEnumerable<(long Start, long End)> ranges)
    {
        var merged = new List<(long Start, long End)>();
        foreach (var range in ranges.Where(range => range.End > range.Start).OrderBy(range => range.Start))
            if (merged.Count > 0 && range.Start <= merged[^1].End)
                merged[^1] = (merged[^1].Start, Math.Max(merged[^1].End, range.End));
            else
                merged.Add(range);
        (_starts, _ends) = ([.. merged.Select(range => range.Start)], [.. merged.Select(range => range.End)]);
    }

    /// <summary>Each stretch going on for so long after its end, and beginning so long before its start.</summary>
    public TimeRanges Held(long ns, long before = 0) => new(_starts.Zip(_ends, (start, end) => (start - before, end + ns)));

    /// <summary>Nanoseconds of a range that lie in a stretch.</summary>
    public long Within(long start, long end) => _starts.Zip(_ends, (from, until) => Math.Max(0, Math.Min(end, until) - Math.Max(start, from))).Sum();

    public int Count => _starts.Length;

    public bool Contains(long time)
    {
        var at = Array.BinarySearch(_starts, time);
        at = at >= 0 ? at : ~at - 1;
        return at >= 0 && time < _ends[at];
    }
}
