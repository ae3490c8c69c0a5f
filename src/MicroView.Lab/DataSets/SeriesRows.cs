namespace MicroView.Lab;

/// <summary>
/// Rows of one pod in order of time, all of the same metrics. Missing values are NaN. Filled by one thread, then read by any.
/// </summary>
/// <param name="metrics">Names of the columns.</param>
internal sealed class SeriesRows(IReadOnlyList<string> metrics)
{
    private double[] _values = [];
    private long[] _times = [];

    /// <summary>Names of the metrics: the columns.</summary>
    public IReadOnlyList<string> Metrics { get; } = metrics;

    /// <summary>Values per row.</summary>
    public int Width => Metrics.Count;

    /// <summary>Rows held.</summary>
    public int Count { get; private set; }

    /// <summary>Time of each row in nanoseconds since 1970 (or since an own zero, without times in the source).</summary>
    public ReadOnlySpan<long> Times => _times.AsSpan(0, Count);

    /// <summary>Row <paramref name="index"/>, <see cref="Width"/> values.</summary>
    public ReadOnlySpan<double> this[int index] => _values.AsSpan(index * Width, Width);

    /// <summary>Appends a row at a time and returns it to be filled.</summary>
    /// <exception cref="LabException">There would be more than 2³¹ values.</exception>
    public Span<double> Append(long timeNs)
    {
        if (Count == _times.Length)
            Grow();
        _times[Count] = timeNs;
        return _values.AsSpan(Count++ * Width, Width);
    }

    /// <summary>A copy of the rows whose time is in (<paramref name="after"/>, <paramref name="until"/>].</summary>
    public SeriesRows Between(long after, long until)
    {
        var part = new SeriesRows(Metrics);
        for (var i = 0; i < Count; i++)
            if (_times[i] > after && _times[i] <= until)
                this[i].CopyTo(part.Append(_times[i]));
        return part;
    }

    /// <summary>A copy of rows <paramref name="first"/> up to but not including <paramref name="end"/>.</summary>
    public SeriesRows Rows(int first, int end)
    {
        var part = new SeriesRows(Metrics);
        for (var i = first; i < end; i++)
            this[i].CopyTo(part.Append(_times[i]));
        return part;
    }

    /// <summary>Row <paramref name="index"/>, to be changed by whoever made this copy.</summary>
    public Span<double> Edit(int index) => _values.AsSpan(index * Width, Width);

    /// <summary>A copy with only the columns <paramref name="columns"/>, in that order.</summary>
    public SeriesRows Select(IReadOnlyList<int> columns)
    {
        var part = new SeriesRows([.. columns.Select(column => Metrics[column])]);
        for (var i = 0; i < Count; i++)
        {
            var row = part.Append(_times[i]);
            for (var j = 0; j < row.Length; j++)
                row[j] = this[i][columns[j]];
        }
        return part;
    }

    private void Grow()
    {
        var capacity = (int)Math.Min(Math.Max(64L, 2L * Count), Array.MaxLength / Math.Max(1, Width));
        if (capacity <= Count)
            throw new LabException($"{Count} rows of {Width} metrics are as many as fit into memory; score a part of the columns (--drop)");
        Array.Resize(ref _times, capacity);
        Array.Resize(ref _values, capacity * Width);
    }
}
