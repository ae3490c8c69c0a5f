namespace MicroView.Lab;

/// <summary>How a data set's files are laid out.</summary>
internal enum DataSetLayout
{
    /// <summary>The artifact's: metrics/SERVICE/data_train.csv and data_test.csv, faults.csv.</summary>
    Artifact,

    /// <summary>The development set's: metrics/SERVICE.csv.gz with the rows of all pods and days.</summary>
    Development,
}

/// <summary>A known fault: what a detector should see.</summary>
/// <param name="StartNs">Injection, nanoseconds since 1970.</param>
/// <param name="EndNs">End, nanoseconds since 1970.</param>
/// <param name="Service">Faulty service.</param>
/// <param name="Pod">Faulty pod; null when the source names only the service.</param>
/// <param name="Type">Kind of fault; "fault" when the source does not say.</param>
internal sealed record Fault(long StartNs, long EndNs, string Service, string? Pod, string Type);

/// <summary>The rows of one pod.</summary>
/// <param name="Service">Its service.</param>
/// <param name="Pod">Its name; the service's where the source has one series per service.</param>
/// <param name="Rows">All rows (<see cref="DataSetLayout.Development"/>), or those to judge (<see cref="DataSetLayout.Artifact"/>).</param>
/// <param name="Training">The rows to learn from, where the source has them apart; else null.</param>
internal sealed record PodSeries(string Service, string Pod, SeriesRows Rows, SeriesRows? Training);

/// <summary>Median latency of the calls from one service to another, as one end measured it.</summary>
/// <param name="Caller">Calling service.</param>
/// <param name="Callee">Called service.</param>
/// <param name="AtCaller">Whether the caller measured it.</param>
internal sealed record EdgeSeries(string Caller, string Callee, bool AtCaller)
{
    private readonly List<long> _times = [];
    private readonly List<double> _seconds = [];

    /// <summary>Appends a value at a later time; <paramref name="table"/> names the row if it is not.</summary>
    public void Add(CsvTable table, long timeNs, double seconds)
    {
        if (_times.Count > 0 && timeNs <= _times[^1])
            throw table.Error($"time {CsvTime.Format(timeNs)} of the edge {Caller} to {Callee} {(timeNs == _times[^1] ? "stands twice" : "is earlier than its row before")}");
        _times.Add(timeNs);
        _seconds.Add(seconds);
    }

    /// <summary>Seconds at the time nearest to <paramref name="timeNs"/>; NaN if that is farther than <paramref name="toleranceNs"/>.</summary>
    public double Near(long timeNs, long toleranceNs)
    {
        var at = _times.BinarySearch(timeNs);
        if (at >= 0)
            return _seconds[at];
        at = ~at;
        if (at == _times.Count || (at > 0 && timeNs - _times[at - 1] <= _times[at] - timeNs))
            at--;
        return at >= 0 && Math.Abs(_times[at] - timeNs) <= toleranceNs ? _seconds[at] : double.NaN;
    }
}

/// <summary>A data set of either layout, in memory. Immutable after reading.</summary>
internal sealed record DataSet
{
    /// <summary>The folder it was read from.</summary>
    public required string Folder { get; init; }

    public required DataSetLayout Layout { get; init; }

    /// <summary>Pods, by service and name.</summary>
    public required IReadOnlyList<PodSeries> Pods { get; init; }

    /// <summary>Known faults by time; empty when the set has none.</summary>
    public required IReadOnlyList<Fault> Faults { get; init; }

    /// <summary>Latency per call edge; empty when the set has none.</summary>
    public IReadOnlyList<EdgeSeries> Edges { get; init; } = [];

    /// <summary>Services, sorted.</summary>
    public IReadOnlyList<string> Services => [.. Pods.Select(pod => pod.Service).Distinct().Order(StringComparer.Ordinal)];
}
