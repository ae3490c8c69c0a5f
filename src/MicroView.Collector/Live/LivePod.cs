using MicroView.Analysis;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>What the page is told of a pod's state: the low two bits are a phase, the rest are marks.</summary>
[Flags]
internal enum LiveMarks
{
    /// <summary>Phase: no row has come yet.</summary>
    Waiting = 0,

    /// <summary>Phase: nothing is judged.</summary>
    Off = 1,

    /// <summary>Phase: being learnt.</summary>
    Learning = 2,

    /// <summary>Phase: judged.</summary>
    Watching = 3,

    /// <summary>Watched by what its siblings learnt.</summary>
    Warm = 4,

    /// <summary>Its values do not pass for fresh.</summary>
    Stale = 8,

    /// <summary>Its pages are not what it announced.</summary>
    Quarantined = 16,

    /// <summary>Its alarm is open.</summary>
    Alarm = 32,
}

/// <summary>A pod as the page was last told of it. Guarded by the feed's lock.</summary>
/// <param name="number">What frames call it: short, and never used again.</param>
/// <param name="pod">The pod.</param>
/// <param name="freshness">Whether its values pass for fresh.</param>
/// <param name="lmap">The LMAP that reads it.</param>
internal sealed class LivePod(int number, MonitoredPod pod, PodFreshness freshness, int lmap)
{
    private const float Coarse = 1e-3f; // a change that nobody could see is not told
    private PodLayout? _layout;
    private PodSchema? _schema;

    public int Number => number;

    public MonitoredPod Pod => pod;

    public int Lmap => lmap;

    /// <summary>The feed's tick that last saw it.</summary>
    public long SeenAt { get; set; }

    public LiveMarks Marks { get; private set; } = (LiveMarks)(-1);

    /// <summary>Score and threshold of the last row; NaN while none is judged, or it is not fresh.</summary>
    public float Score { get; private set; } = float.NaN;

    public float Threshold { get; private set; } = float.NaN;

    /// <summary>How far learning is, 0…100; -1: it is not learning.</summary>
    public int Progress { get; private set; } = -1;

    /// <summary>Seconds of learning left; -1: not known, or it is not learning.</summary>
    public int Remaining { get; private set; } = -1;

    /// <summary>Of a pod that is not fresh: when its last row was sampled, CLOCK_MONOTONIC, ns; 0: it has none.</summary>
    public long FreshTimeNs { get; private set; }

    /// <summary>Looks who it is; true when that is news.</summary>
    public bool Describe()
    {
        if (ReferenceEquals(_layout, pod.Layout) && ReferenceEquals(_schema, pod.Schema))
            return false;
        var news = _layout is not { } known || known.Service != pod.Layout.Service || known.Container != pod.Layout.Container
            || _schema!.Metrics.Count != pod.Schema.Metrics.Count;
        (_layout, _schema) = (pod.Layout, pod.Schema);
        return news;
    }

    /// <summary>Looks how it is; true when that is news.</summary>
    public bool Observe()
    {
        var fresh = freshness.IsFresh;
        var marks = MarksOf(fresh);
        var judged = fresh && pod.State == PodState.Watching;
        var (score, threshold) = judged ? ((float)pod.Score, (float)pod.Threshold) : (float.NaN, float.NaN);
        var learning = pod.State == PodState.Learning;
        var progress = learning ? (int)(Math.Clamp(pod.Progress, 0, 1) * 100) : -1;
        var remaining = learning && pod.RemainingSeconds is >= 0 and < 1e6 ? (int)Math.Ceiling(pod.RemainingSeconds) : -1;
        var since = fresh ? 0 : pod.FreshTimeNs;
        if (marks == Marks && progress == Progress && remaining == Remaining && since == FreshTimeNs && Same(score, Score) && Same(threshold, Threshold))
            return false;
        (Marks, Score, Threshold, Progress, Remaining, FreshTimeNs) = (marks, score, threshold, progress, remaining, since);
        return true;
    }

    private LiveMarks MarksOf(bool fresh)
    {
        var marks = pod.State switch
        {
            _ when pod.FreshTimeNs == 0 => LiveMarks.Waiting,
            PodState.Learning => LiveMarks.Learning,
            PodState.Watching => LiveMarks.Watching,
            _ => LiveMarks.Off,
        };
        if (pod.IsWarm)
            marks |= LiveMarks.Warm;
        if (!fresh && pod.FreshTimeNs != 0)
            marks |= LiveMarks.Stale;
        if (pod.Status == RowStatus.Quarantined)
            marks |= LiveMarks.Quarantined;
        if (pod.AlarmOpen)
            marks |= LiveMarks.Alarm;
        return marks;
    }

    private static bool Same(float a, float b) => a.Equals(b) || Math.Abs(a - b) <= Coarse * Math.Abs(b);
}
