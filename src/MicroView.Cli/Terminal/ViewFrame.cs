using System.Globalization;

namespace MicroView.Cli;

/// <summary>What of a pod is known so far.</summary>
internal enum PodPhase
{
    Waiting,
    Off,
    Learning,
    Warm,
    Watching,
    Alarm,
    Stale,
    Quarantined,
}

/// <summary>One line of the pod table.</summary>
/// <param name="Pod">Its id.</param>
/// <param name="Cores">CPU in cores; NaN when it has no such metric or no rate yet.</param>
/// <param name="MemoryBytes">Resident memory; NaN when it has no such metric.</param>
/// <param name="Phase">Learning, watching, …</param>
/// <param name="Score">Of the last classified row; NaN before the first.</param>
/// <param name="Threshold">NaN while learning.</param>
internal sealed record PodLine(string Pod, double Cores, double MemoryBytes, PodPhase Phase, double Score, double Threshold)
{
    /// <summary>Score in thresholds; 0 where there is none.</summary>
    public double Ratio => Threshold > 0 && double.IsFinite(Score) ? Score / Threshold : 0;
}

/// <summary>An alarm, open or closed, with the metrics that explain it.</summary>
/// <param name="Id">The same in every frame.</param>
/// <param name="Opened">Local time.</param>
/// <param name="Closed">Local time; null while open.</param>
/// <param name="Pod">The pod.</param>
/// <param name="Score">The score when it opened.</param>
/// <param name="Threshold">The threshold when it opened.</param>
/// <param name="Warm">The pod was judged by what its siblings learnt.</param>
/// <param name="Top">Metric and share of the score (0…1), largest first.</param>
internal sealed record AlarmLine(string Id, DateTime Opened, DateTime? Closed, string Pod, double Score, double Threshold, bool Warm, IReadOnlyList<(string Metric, double Share)> Top)
{
    /// <summary>`cpu 83 %, threads 9 %`.</summary>
    public string Attribution => string.Join(", ", Top.Where(part => part.Share >= 0.005).Select(part => $"{part.Metric} {part.Share * 100:0} %"));
}

/// <summary>Everything that one redraw shows.</summary>
internal sealed record ViewFrame(
    string Title,
    TimeSpan Uptime,
    double OwnCores,
    long OwnBytes,
    string Endpoint,
    double ScrapesPerSecond,
    long MissedTicks,
    int Learning,
    int Watching,
    TimeSpan? LearningLeft,
    double LearningProgress,
    IReadOnlyList<PodLine> Pods,
    IReadOnlyList<AlarmLine> Alarms,
    IReadOnlyList<MessageRing.Message> Messages)
{
    /// <summary>The part of <see cref="OwnCores"/> that samples cgroups and /proc; null without node sources.</summary>
    public double? SourceCores { get; init; }

    /// <summary>`0.012 core (node sources 0.007), 82 MB`.</summary>
    public string OwnCost => string.Create(CultureInfo.InvariantCulture,
        $"{OwnCores:0.000} core{(SourceCores is { } sources ? $" (node sources {sources.ToString("0.000", CultureInfo.InvariantCulture)})" : "")}, {OwnBytes / 1048576.0:0} MB");
}
