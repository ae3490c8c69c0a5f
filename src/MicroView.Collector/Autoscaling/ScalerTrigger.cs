using System.Globalization;
using MicroView.Analysis;

namespace MicroView.Collector;

/// <summary>What a trigger's metadata asks for: which pods, which metric of theirs, and the target. Immutable.</summary>
internal sealed class ScalerTrigger
{
    public const string Alarms = "alarms", ScoreRatio = "score_ratio";
    private const string KeysOfPods = "application, service or pods";

    private readonly Func<WatchedPod, bool> _contains;
    private readonly bool _countsAlarms;
    private readonly double _activation;

    private ScalerTrigger(Func<WatchedPod, bool> contains, bool countsAlarms, double target, double activation) =>
        (_contains, _countsAlarms, Target, _activation) = (contains, countsAlarms, target, activation);

    /// <summary>As the autoscaler calls it.</summary>
    public string MetricName => _countsAlarms ? "microview_alarms" : "microview_score_ratio";

    /// <summary>What the metric is held against.</summary>
    public double Target { get; }

    /// <summary>Reads a trigger's metadata. Keys that are not ours are KEDA's own.</summary>
    /// <exception cref="FormatException">It asks for nothing that there is; one line says what.</exception>
    public static ScalerTrigger Parse(IReadOnlyDictionary<string, string> metadata)
    {
        var metric = metadata.GetValueOrDefault("metric", Alarms);
        if (metric is not (Alarms or ScoreRatio))
            throw new FormatException($"metric '{metric}' is not {Alarms} or {ScoreRatio}");
        var countsAlarms = metric == Alarms;
        return new(PodsOf(metadata), countsAlarms, Number(metadata, "target", 1, least: double.Epsilon), Number(metadata, "activationTarget", countsAlarms ? 0 : 1, least: 0));
    }

    /// <summary>
    /// The metric's value now. Null where nothing is known, because every pod of the set is still learnt or is not read: that must not pass for quiet. A set without pods is.
    /// </summary>
    public double? ValueOf(ApplicationsView view)
    {
        var state = view.Of(_contains);
        if (state is { Pods: > 0, Alarms: 0 } && double.IsNaN(state.ScoreRatio))
            return null;
        return _countsAlarms ? state.Alarms : double.IsNaN(state.ScoreRatio) ? 0 : state.ScoreRatio;
    }

    /// <summary>Whether there is reason to have replicas at all; null where nothing is known.</summary>
    public bool? IsActive(ApplicationsView view) => ValueOf(view) is { } value ? value > _activation : null;

    private static Func<WatchedPod, bool> PodsOf(IReadOnlyDictionary<string, string> metadata)
    {
        var given = metadata.Where(entry => entry.Key is "application" or "service" or "pods").ToArray();
        if (given.Length != 1)
            throw new FormatException($"the trigger's metadata must name its pods by one of {KeysOfPods}, and {(given.Length == 0 ? "names none" : $"has {given.Length} of them")}");
        var (key, value) = given[0];
        if (value.Length == 0)
            throw new FormatException($"{key} is empty");
        if (key == "application")
            return pod => pod.Applications.Contains(value, StringComparer.Ordinal);
        var pattern = PodPattern.Parse(value);
        return key == "service" ? pod => pattern.Matches(new PodNames("", pod.Names.Service)) : pod => pattern.Matches(pod.Names);
    }

    private static double Number(IReadOnlyDictionary<string, string> metadata, string key, double standard, double least)
    {
        if (!metadata.TryGetValue(key, out var text))
            return standard;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) && number >= least
            ? number
            : throw new FormatException($"{key} '{text}' is not a number {(least > 0 ? "above" : "from")} 0");
    }
}
