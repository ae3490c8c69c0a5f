namespace MicroView.Analysis;

/// <summary>Rows of one learning phase: statistics of all, a bounded, evenly spread selection of the rows themselves.</summary>
internal sealed class TrainingRows(FeatureMap map, int capacity)
{
    private readonly RowMatrix _kept = new(map.Count, capacity: 0);
    private readonly RunningStatistics _statistics = new(map.Count);
    private int _every = 1;
    private long _elapsedNs;
    private long _lastNs;

    public long Count { get; private set; }

    public double Seconds => _elapsedNs / 1e9;

    /// <summary>Rows that one kept row stands for.</summary>
    public int Every => _every;

    /// <summary>Seconds from row to row on average.</summary>
    public double SecondsPerRow => Count > 1 ? Seconds / (Count - 1) : 0;

    public void Add(ReadOnlySpan<double> features, long timeNs)
    {
        // Summed row by row: a clock that restarts must not undo the time already learnt.
        if (Count > 0 && timeNs > _lastNs)
            _elapsedNs += timeNs - _lastNs;
        _lastNs = timeNs;
        _statistics.Add(features);
        if (Count++ % _every != 0)
            return;
        if (_kept.Count == capacity)
        {
            _kept.DropEverySecond();
            _every *= 2;
            if ((Count - 1) % _every != 0)
                return;
        }
        _kept.Add(features);
    }

    /// <summary>Statistics of all rows.</summary>
    public RunningStatistics Statistics => _statistics;

    /// <summary>A copy of at most <paramref name="most"/> kept rows, in their units: before <see cref="Finish"/>.</summary>
    public RowMatrix Select(int most)
    {
        var count = Math.Min(most, _kept.Count);
        var rows = new RowMatrix(map.Count, count);
        for (var i = 0; i < count; i++)
            rows.Add(_kept[(int)((long)i * _kept.Count / count)]);
        return rows;
    }

    /// <summary>Scaling from all rows; the kept rows become z-scores in place, <paramref name="missingValue"/> where missing.</summary>
    public (FeatureScaling Scaling, RowMatrix Rows) Finish(double relativeFloor, double countFloor, double missingValue)
    {
        var scaling = new FeatureScaling(map, _statistics, relativeFloor, countFloor);
        for (var i = 0; i < _kept.Count; i++)
            scaling.Standardize(_kept[i][..map.Count], _kept[i], missingValue);
        return (scaling, _kept);
    }
}
