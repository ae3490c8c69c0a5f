namespace MicroView.Lab;

/// <summary>How a Prometheus is asked: never by more than a few queries at once, and with a pause after each.</summary>
/// <param name="Url">Its address, with a path prefix if it has one.</param>
internal sealed record PrometheusOptions(Uri Url)
{
    /// <summary>Queries under way at most.</summary>
    public int Concurrency { get; init; } = 2;

    /// <summary>Rest after each query before its place is given on; no longer than the query itself took.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>A query that takes longer is given up.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long to wait before a busy server is asked again; as often as there are waits.</summary>
    public IReadOnlyList<TimeSpan> Waits { get; init; } = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5)];

    /// <summary>A file with a bearer token; null for none.</summary>
    public string? TokenFile { get; init; }
}
