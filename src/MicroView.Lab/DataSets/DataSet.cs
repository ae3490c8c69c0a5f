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

/// <summary>Latency of the calls between two services, as one end measured it.</summary>
/// <param name="Caller">Calling service.</param>
/// <param name="Callee">Called service.</param>
/// <param name="AtCaller">Whether the caller measured it.</param>
/// <param name="Seconds">Median latency by time in nanoseconds since 1970; seconds.</param>
internal sealed record EdgeSeries(string Caller, string Callee, bool AtCaller, IReadOnlyDictionary<long, double> Seconds);

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
