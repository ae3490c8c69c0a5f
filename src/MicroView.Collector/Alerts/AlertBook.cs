using System.Globalization;
using MicroView.Export;

namespace MicroView.Collector;

/// <summary>
/// Which alerts fire, and which ended lately: made from the alarms that are open, with labels that stay the same as long as an alarm lasts. One caller observes; anyone
/// reads <see cref="List"/>.
/// </summary>
/// <param name="node">The machine whose pods are watched.</param>
/// <param name="page">The collector's page; null: none.</param>
/// <param name="clock">What time it is.</param>
internal sealed class AlertBook(string node, Func<Uri?> page, CollectorClock clock)
{
    /// <summary>Ended alerts are kept for receivers that cannot be reached, but not for ever.</summary>
    private const int MaxEnded = 1000;

    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(15);

    private readonly Dictionary<string, Alert> _firing = new(StringComparer.Ordinal);
    private readonly List<Alert> _ended = [];
    private volatile AlertList _list = AlertList.Empty;

    public AlertList List => _list;

    /// <summary>Takes what is open now; true when alerts began or ended.</summary>
    public bool Observe(ApplicationsView view)
    {
        var now = clock.Now;
        var open = view.Pods.Where(pod => pod.HasAlarm).ToArray();
        var changed = false;
        foreach (var pod in open)
        {
            if (_firing.ContainsKey(pod.Names.Pod))
                continue;
            _firing.Add(pod.Names.Pod, Describe(pod, now));
            changed = true;
        }
        if (_firing.Count > open.Length)
        {
            var pods = open.Select(pod => pod.Names.Pod).ToHashSet(StringComparer.Ordinal);
            foreach (var (pod, alert) in _firing.Where(entry => !pods.Contains(entry.Key)).ToArray())
            {
                _firing.Remove(pod);
                _ended.Add(alert.End(now));
                changed = true;
            }
        }
        var old = _ended.FindIndex(alert => now - alert.EndedAt <= MaxAge) is var first && first >= 0 ? first : _ended.Count;
        old = Math.Max(old, _ended.Count - MaxEnded);
        if (old > 0)
            _ended.RemoveRange(0, old);
        if (changed || old > 0)
            _list = new([.. _firing.Values], [.. _ended]);
        return changed;
    }

    private Alert Describe(WatchedPod pod, DateTimeOffset now)
    {
        var (monitored, invariant) = (pod.Pod, CultureInfo.InvariantCulture);
        var explained = string.Join(", ", monitored.Attributions.Take(AlarmEvent.MaxAttributions).Select(share => string.Create(invariant, $"{share.Metric} {share.Share:P0}")));
        var (score, threshold) = (monitored.Score.ToString("G4", invariant), monitored.Threshold.ToString("G4", invariant));
        var open = TimeSpan.FromTicks(Math.Max(0, clock.NowNs - monitored.AlarmSinceNs) / 100);
        return new()
        {
            Labels = LabelsOf(pod),
            Annotations = new(StringComparer.Ordinal)
            {
                ["summary"] = $"{pod.Names.Pod} behaves unlike itself{(explained.Length > 0 ? ": " + explained : "")}",
                ["attribution"] = explained,
                ["score"] = score,
                ["threshold"] = threshold,
            },
            StartsAt = now - open,
            Link = page() is { } address ? new Uri($"{address.AbsoluteUri.TrimEnd('/')}/?pod={Uri.EscapeDataString(pod.Names.Pod)}") : null,
        };
    }

    /// <summary>What we say of a pod, then what it says of itself: a label of its own can take none of ours away.</summary>
    private SortedDictionary<string, string> LabelsOf(WatchedPod pod)
    {
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["alertname"] = "MicroViewAnomaly",
            ["severity"] = "warning",
            ["pod"] = pod.Names.Pod,
            ["service"] = pod.Names.Service ?? pod.Names.Pod,
            ["application"] = string.Join(',', pod.Applications),
            ["node"] = node,
        };
        if (pod.Pod.Layout.Container is { Length: > 0 } container)
            labels["container"] = container;
        foreach (var (name, value) in pod.Names.Labels ?? new Dictionary<string, string>())
        {
            if (value.Length == 0 || (name == "application" && value == labels["application"]))
                continue; // to Alertmanager an empty label is none
            var shown = MetricNames.SanitizeLabel(name);
            while (!labels.TryAdd(shown, value))
                shown = "exported_" + shown;
        }
        return labels;
    }
}
