using MicroView.Analysis;
using MicroView.Export;
using MicroView.Protocol;
using ExportType = MicroView.Export.MetricType;

namespace MicroView.Collector;

/// <summary>A row of series that are one pod's.</summary>
internal interface IPodRow : IRowSource
{
    public PodFreshness Freshness { get; }
}

/// <summary>A pod's metrics as they were last read; nothing while they are not fresh.</summary>
internal sealed class PodMetricsRow(PodFreshness freshness) : IPodRow
{
    public PodFreshness Freshness => freshness;

    public bool TryRead(Span<double> row)
    {
        // A pod that has grown meanwhile has a longer row; its new series follow in a moment.
        if (!freshness.IsFresh || !freshness.Pod.Row.TryCopy(row, out _))
            return false;
        Show(row);
        return true;
    }

    /// <summary>What a row of slots exposes: a removed metric, or a slot that was not read yet, is nothing.</summary>
    public static void Show(Span<double> row)
    {
        foreach (ref var value in row)
            if (double.IsNaN(value))
                value = ExpositionDocument.Absent;
    }
}

/// <summary>What the detector says of a pod's last row.</summary>
internal sealed class PodScoreRow(PodFreshness freshness) : IPodRow
{
    public const int Length = 3;

    public static readonly Metric[] Metrics =
    [
        PodHealthRow.Gauge(0, "microview_anomaly_score", "Score of the pod's last row."),
        PodHealthRow.Gauge(1, "microview_anomaly_threshold", "A row is anomalous if its score exceeds this; absent while learning."),
        PodHealthRow.Gauge(2, "microview_alarm", "1 while the pod's alarm is open."),
    ];

    public PodFreshness Freshness => freshness;

    public bool TryRead(Span<double> row)
    {
        if (!freshness.IsFresh)
            return false;
        Write(freshness.Pod, row);
        return true;
    }

    /// <summary>The three values as they stand; also on the LMAP's path.</summary>
    public static void Write(MonitoredPod pod, Span<double> row)
    {
        var state = pod.State;
        row[0] = state == PodState.Watching ? pod.Score : ExpositionDocument.Absent;
        row[1] = state == PodState.Watching ? pod.Threshold : ExpositionDocument.Absent;
        row[2] = state == PodState.Off ? ExpositionDocument.Absent : pod.AlarmOpen ? 1 : 0;
    }
}

/// <summary>Whether a pod's values pass for fresh, and how old they are.</summary>
internal sealed class PodHealthRow(PodFreshness freshness) : IPodRow
{
    public const int Length = 3;

    public static readonly Metric[] Metrics =
    [
        Gauge(0, "microview_pod_stale", "1 when the pod's values do not pass for fresh; they are then absent."),
        Gauge(1, "microview_pod_quarantined", "1 when the pod's pages are not what it announced."),
        Gauge(2, "microview_pod_data_age_seconds", "Age of the pod's newest row."),
    ];

    public PodFreshness Freshness => freshness;

    public bool TryRead(Span<double> row)
    {
        row[0] = freshness.IsFresh ? 0 : 1;
        row[1] = freshness.Pod.Status == RowStatus.Quarantined ? 1 : 0;
        row[2] = freshness.AgeSeconds is var age && !double.IsNaN(age) ? age : ExpositionDocument.Absent;
        return true;
    }

    internal static Metric Gauge(int slot, string name, string help) => new() { Name = name, Type = ExportType.Gauge, Help = help, Slot = slot };
}
