namespace MicroView.Collector;

/// <summary>An alarm as the page shows it. Guarded by its book's lock.</summary>
/// <param name="Number">What frames call it.</param>
/// <param name="Opening">What opened it.</param>
internal sealed record LiveAlarm(long Number, AlarmEvent Opening)
{
    /// <summary>What closed it; null while it is open.</summary>
    public AlarmEvent? Closing { get; set; }
}

/// <summary>The open alarms and the last that are over. Thread-safe.</summary>
/// <param name="capacity">Alarms kept; those that are over go first, the oldest of them before the others.</param>
internal sealed class AlarmBook(int capacity = AlarmBook.DefaultCapacity)
{
    public const int DefaultCapacity = 200;

    private readonly Lock _gate = new();
    private readonly List<LiveAlarm> _alarms = []; // oldest first
    private readonly List<LiveAlarm> _news = [];
    private long _next;

    /// <summary>Takes an event; the first of an alarm that was not seen to open stands for both.</summary>
    public void Take(AlarmEvent change)
    {
        ArgumentNullException.ThrowIfNull(change);
        lock (_gate)
        {
            var alarm = change.Transition == AlarmTransition.Opened ? null : _alarms.FindLast(entry => entry.Closing is null && entry.Opening.Pod == change.Pod);
            if (alarm is null)
            {
                alarm = new LiveAlarm(++_next, change);
                _alarms.Add(alarm);
            }
            if (change.Transition != AlarmTransition.Opened)
                alarm.Closing = change;
            if (!_news.Contains(alarm))
                _news.Add(alarm);
            if (_alarms.Count > capacity)
                _alarms.RemoveAt(Math.Max(0, _alarms.FindIndex(entry => entry.Closing is not null)));
            if (_news.Count > capacity)
                _news.RemoveAt(0); // nobody has listened for long
        }
    }

    /// <summary>Hands over what changed since the last call, and forgets it.</summary>
    /// <param name="target">Gets the alarms added.</param>
    public void TakeNews(List<LiveAlarm> target)
    {
        lock (_gate)
        {
            target.AddRange(_news);
            _news.Clear();
        }
    }

    /// <summary>All that are kept, oldest first.</summary>
    /// <param name="target">Gets them added.</param>
    public void CopyTo(List<LiveAlarm> target)
    {
        lock (_gate)
            target.AddRange(_alarms);
    }
}
