using System.Globalization;
using MicroView.Collector;

namespace MicroView.Cli;

/// <summary>The last alarms, newest first, from the collector's events. Thread-safe.</summary>
internal sealed class AlarmHistory
{
    private const int Capacity = 200;
    private readonly LinkedList<AlarmLine> _alarms = new();
    private long _next;

    public void Take(AlarmEvent change)
    {
        lock (_alarms)
        {
            var time = change.Time.LocalDateTime;
            if (change.Transition == AlarmTransition.Opened)
            {
                var id = (++_next).ToString(CultureInfo.InvariantCulture);
                _alarms.AddFirst(new AlarmLine(id, time, null, change.Pod, change.Score, change.Threshold, change.IsWarm, [.. change.Attributions.Select(share => (share.Metric, share.Share))]));
                if (_alarms.Count > Capacity)
                    _alarms.RemoveLast();
                return;
            }
            for (var node = _alarms.First; node is not null; node = node.Next)
            {
                if (node.Value.Pod != change.Pod || node.Value.Closed is not null)
                    continue;
                node.Value = node.Value with { Closed = time };
                return;
            }
        }
    }

    /// <summary>Open ones first, then closed ones, each newest first.</summary>
    public AlarmLine[] Lines()
    {
        lock (_alarms)
            return [.. _alarms.Where(alarm => alarm.Closed is null), .. _alarms.Where(alarm => alarm.Closed is not null)];
    }
}
