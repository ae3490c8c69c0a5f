using MicroView.Analysis;

namespace MicroView.Collector;

/// <summary>A pod as actions see it. Immutable.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Names">What it goes by.</param>
/// <param name="Applications">What it belongs to, at least one.</param>
/// <param name="HasAlarm">Its alarm is open, and it was read lately.</param>
/// <param name="ScoreRatio">Score of its last row by its threshold; NaN while it is learnt or its values are not fresh.</param>
internal sealed record WatchedPod(MonitoredPod Pod, PodNames Names, string[] Applications, bool HasAlarm, double ScoreRatio);

/// <summary>A set of pods at one moment.</summary>
/// <param name="Pods">How many there are.</param>
/// <param name="Alarms">How many of them have an open alarm.</param>
/// <param name="ScoreRatio">The largest score by threshold; NaN when no pod has one.</param>
internal readonly record struct PodSetState(int Pods, int Alarms, double ScoreRatio)
{
    public static PodSetState Empty { get; } = new(0, 0, double.NaN);

    public PodSetState With(WatchedPod pod) => new(
        Pods + 1, Alarms + (pod.HasAlarm ? 1 : 0), double.IsNaN(ScoreRatio) || pod.ScoreRatio > ScoreRatio ? pod.ScoreRatio : ScoreRatio);
}

/// <summary>All pods, by application, at one moment. Immutable.</summary>
/// <param name="Pods">The pods.</param>
/// <param name="Applications">By name.</param>
/// <param name="Rates">Trace sampling rates as decided.</param>
internal sealed record ApplicationsView(IReadOnlyList<WatchedPod> Pods, IReadOnlyDictionary<string, PodSetState> Applications, TraceRateTable Rates)
{
    /// <summary>The state of those pods that a condition holds for.</summary>
    public PodSetState Of(Func<WatchedPod, bool> condition) => Pods.Where(condition).Aggregate(PodSetState.Empty, (state, pod) => state.With(pod));
}
