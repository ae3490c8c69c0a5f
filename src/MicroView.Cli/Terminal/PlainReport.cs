using System.Globalization;

namespace MicroView.Cli;

/// <summary>Frames as lines: what changed at once, a summary every ten seconds. For one thread.</summary>
internal sealed class PlainReport(PlainOutput output)
{
    private static readonly TimeSpan s_summaryEvery = TimeSpan.FromSeconds(9.9); // ten, and a timer may be a little early
    private readonly Dictionary<string, bool> _alarms = []; // id → still open
    private readonly HashSet<string> _watched = [];
    private TimeSpan _nextSummary = s_summaryEvery;
    private bool _allWatched;

    public void Show(ViewFrame frame)
    {
        ReportLearning(frame);
        foreach (var alarm in frame.Alarms.Reverse())
            ReportAlarm(alarm);
        if (frame.Uptime < _nextSummary)
            return;
        _nextSummary = frame.Uptime + s_summaryEvery;
        Line(Summary(frame));
    }

    private void ReportLearning(ViewFrame frame)
    {
        var ready = frame.Pods.Where(pod => pod.Phase is PodPhase.Watching or PodPhase.Warm or PodPhase.Alarm && _watched.Add(pod.Pod))
            .Select(pod => pod.Phase == PodPhase.Warm ? $"{pod.Pod} (warm)" : pod.Pod).ToArray();
        if (ready.Length > 0)
            Line(ready.Length <= 3 ? $"watching {string.Join(", ", ready)}" : $"watching {ready.Length} more pods: {string.Join(", ", ready.Take(3))}, …");
        var all = frame is { Learning: 0, Watching: > 0 };
        if (all && !_allWatched)
            Line($"all {frame.Watching} pods are watched");
        _allWatched = all;
    }

    private void ReportAlarm(AlarmLine alarm)
    {
        if (_alarms.TryAdd(alarm.Id, true))
            Line($"ALARM {alarm.Pod}: score {Units.Score(alarm.Score)} > {Units.Score(alarm.Threshold)}{(alarm.Warm ? " (warm)" : "")}; explained by {alarm.Attribution}");
        if (alarm.Closed is { } closed && _alarms[alarm.Id])
        {
            _alarms[alarm.Id] = false;
            Line($"alarm closed {alarm.Pod} after {Units.Duration(closed - alarm.Opened)}");
        }
    }

    private static string Summary(ViewFrame frame)
    {
        var learning = frame.Learning > 0 ? $", {frame.Learning} learning{(frame.LearningLeft is { } left ? $" ({Units.Duration(left)} left)" : "")}" : "";
        var open = frame.Alarms.Count(alarm => alarm.Closed is null);
        return string.Create(CultureInfo.InvariantCulture,
            $"{frame.Pods.Count} pods: {frame.Watching} watched{learning}; {open} open alarms; {frame.ScrapesPerSecond:0.0} scrapes/s, {frame.MissedTicks} missed; own cost {frame.OwnCost}");
    }

    private void Line(string text) => output.Line($"{DateTime.Now:HH:mm:ss} {text}");
}
