using MicroView.Analysis;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>A collector at one moment, for a screen. Immutable.</summary>
/// <param name="Time">Wall clock.</param>
/// <param name="Agent">Where it stands with its agent.</param>
/// <param name="Generation">Layout generation in force.</param>
/// <param name="Pods">Pods by id.</param>
/// <param name="Lmaps">LMAPs by number.</param>
/// <param name="AlarmsOpened">Alarms opened since the start.</param>
/// <param name="Endpoint">Where Prometheus scrapes; null: nowhere.</param>
public sealed record CollectorSnapshot(
    DateTimeOffset Time, ConnectionView Agent, ulong Generation, IReadOnlyList<PodSnapshot> Pods, IReadOnlyList<LmapSnapshot> Lmaps,
    long AlarmsOpened, Uri? Endpoint);

/// <summary>A pod at one moment.</summary>
/// <param name="Pod">Its id.</param>
/// <param name="Service">Its service.</param>
/// <param name="Container">Its container.</param>
/// <param name="Kind">Where its pages come from.</param>
/// <param name="Lmap">The LMAP that reads it.</param>
/// <param name="Metrics">Metrics exposed.</param>
/// <param name="State">Learning, watching or off.</param>
/// <param name="IsWarm">It is watched by what its siblings learnt.</param>
/// <param name="Progress">How far learning is, 0…1.</param>
/// <param name="RemainingSeconds">Seconds of learning left at the present pace.</param>
/// <param name="Score">Score of the last row; 0 while learning.</param>
/// <param name="Threshold">Threshold; infinite while learning.</param>
/// <param name="AlarmOpen">Whether the alarm is open.</param>
/// <param name="Attributions">During an alarm: what explains the score.</param>
/// <param name="AgeSeconds">Age of the newest row; NaN before the first.</param>
/// <param name="IsStale">Its values do not pass for fresh.</param>
/// <param name="IsQuarantined">Its pages are not what it announced.</param>
/// <param name="Status">What the last read gave.</param>
public sealed record PodSnapshot(
    string Pod, string? Service, string? Container, PodKind Kind, int Lmap, int Metrics, PodState State, bool IsWarm, double Progress, double RemainingSeconds,
    double Score, double Threshold, bool AlarmOpen, IReadOnlyList<AttributionShare> Attributions, double AgeSeconds, bool IsStale,
    bool IsQuarantined, RowStatus Status);

/// <summary>An LMAP at one moment.</summary>
/// <param name="Index">Its number.</param>
/// <param name="Pods">Pods that it reads.</param>
/// <param name="Scrapes">Scrapes since the start.</param>
/// <param name="ScrapeRate">Scrapes per second over its last second.</param>
/// <param name="CpuShare">Share of a core that it used in that second.</param>
/// <param name="ClassifiedRows">Rows classified since the start.</param>
/// <param name="MissedTicks">Ticks missed since the start.</param>
/// <param name="TornRows">Reads given up because the writer was inside the row.</param>
public sealed record LmapSnapshot(
    int Index, int Pods, long Scrapes, double ScrapeRate, double CpuShare, long ClassifiedRows, long MissedTicks, long TornRows);
