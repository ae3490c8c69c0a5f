using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>
/// A target's pod: a cell per slot, in slot order. A scrape sets cells; <see cref="Commit"/> gives what is new its slots and writes the row, <see cref="Lose"/>
/// writes a row without values. For one thread.
/// </summary>
internal sealed class TargetPage(IGrowingPods pods, NodePodIdentity identity, int maxSlots) : IDisposable
{
    private const long RebuildPeriodNs = 10_000_000_000, CompactPeriodNs = 300_000_000_000;
    private const int MaxSeriesText = 8192;
    private readonly List<NewSeries> _new = [];
    private readonly PageShape _shape = new();
    private IGrowingPod? _pod;
    private double[] _cells = [], _row = [];
    private long _builtNs = long.MinValue / 2, _refusedBefore;
    private int _agentLimit = int.MaxValue;
    private bool _reshape;

    internal SeriesTable Table { get; private set; } = new();

    internal FamilyNotes Notes { get; } = new();

    /// <summary>Slots, those of series that have vanished included.</summary>
    internal int Slots => _shape.Slots;

    /// <summary>The id its pod was admitted under; null before the first good scrape.</summary>
    internal string? Pod => _pod?.Pod;

    private int Limit => Math.Min(_agentLimit, maxSlots);

    /// <summary>Samples dropped since the start, by <see cref="DroppedSample"/>.</summary>
    internal long[] Dropped { get; } = new long[4];

    internal void Begin()
    {
        Notes.Clear();
        _new.Clear();
        _refusedBefore = Dropped[(int)DroppedSample.Limit];
        _cells.AsSpan(0, Slots).Fill(double.NaN);
    }

    /// <summary>A known series' value; of two in one scrape the first stands.</summary>
    internal void Set(int cell, double value)
    {
        ref var target = ref _cells[cell];
        if (double.IsNaN(target))
            target = value;
        else
            Drop(DroppedSample.Duplicate);
    }

    internal void Drop(DroppedSample reason) => Dropped[(int)reason]++;

    /// <summary>A series without a cell; null, or why the line is malformed.</summary>
    internal string? TakeNew(ReadOnlySpan<byte> text, int entry, double value)
    {
        if (text.Length > MaxSeriesText || Slots + _new.Count >= Limit || Table.Count + _new.Count >= 2 * maxSlots)
        {
            Drop(text.Length > MaxSeriesText ? DroppedSample.Invalid : DroppedSample.Limit);
            return null;
        }
        if (SeriesText.Parse(text, out var problem) is not { } series)
            return problem;
        var (role, family) = Notes.Classify(series);
        _new.Add(new(text.ToArray(), entry, series, role, family, Notes.HelpOf(family), Notes.UnitOf(family), value));
        return null;
    }

    /// <summary>Ends a good scrape that was made at <paramref name="timeNs"/> (CLOCK_MONOTONIC).</summary>
    /// <exception cref="ScrapeException">The agent refuses the pod.</exception>
    internal void Commit(long timeNs)
    {
        var known = Slots;
        if (_new.Count > 0 || _reshape)
            Absorb(known, timeNs);
        FillRow();
        if (_pod is null)
            Admit(timeNs);
        else if (Slots > _pod.Room)
            Forget(timeNs); // it is admitted again, with more room, at the next scrape
        else
            Write(known, timeNs);
        // Full of series that have vanished: the pod begins anew with those that are there.
        if (_pod is not null && Dropped[(int)DroppedSample.Limit] > _refusedBefore && timeNs - _builtNs > CompactPeriodNs && Missing() > Slots / 4)
            Forget(timeNs);
    }

    /// <summary>Ends a scrape that failed: what was true before is not known to be true now.</summary>
    internal void Lose(long timeNs)
    {
        _new.Clear();
        if (_pod is null)
            return;
        _row.AsSpan(0, Slots).Fill(double.NaN);
        _pod.WriteRow(_row.AsSpan(0, Slots), timeNs);
    }

    public void Dispose()
    {
        _pod?.Dispose();
        _pod = null;
    }

    private void Absorb(int known, long timeNs)
    {
        // A pod that has just been admitted is not admitted again yet: what finds no room waits.
        var limit = _pod is null || timeNs - _builtNs > RebuildPeriodNs ? Limit : Math.Min(Limit, _pod.Room);
        var values = _shape.Absorb(_new, _cells.AsSpan(0, known), limit, Table, Dropped);
        _new.Clear();
        if (Slots > _cells.Length)
        {
            Array.Resize(ref _cells, Slots + Slots / 2);
            Array.Resize(ref _row, _cells.Length);
        }
        _cells.AsSpan(known, Slots - known).Fill(double.NaN);
        foreach (var (cell, value) in values)
            Set(cell, value);
    }

    private void FillRow()
    {
        _cells.AsSpan(0, Slots).CopyTo(_row);
        _reshape = false;
        foreach (var histogram in _shape.Histograms)
        {
            histogram.Differ(_cells, _row);
            _reshape |= histogram.IsToBeReshaped;
        }
    }

    private void Admit(long timeNs)
    {
        if (Slots == 0)
            return; // a target that says nothing is up, and has no pod yet
        try
        {
            var rejected = new List<RejectedSlot>();
            // Room for as much again: growth beyond it costs the pod what has been learnt about it.
            _pod = pods.Add(identity, _shape.TakeDescribed(), Math.Min(Math.Max(2 * Slots, 64), maxSlots), rejected);
            Dropped[(int)DroppedSample.Invalid] += rejected.Count;
            _builtNs = timeNs;
            _pod.WriteRow(_row.AsSpan(0, Slots), timeNs);
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException)
        {
            Clear();
            throw new ScrapeException(ScrapeFailure.Refused, $"the agent takes no pod of it: {error.Message}", error);
        }
    }

    /// <summary>New slots' values come first, their descriptors after: who knows a slot must never see it unwritten.</summary>
    private void Write(int known, long timeNs)
    {
        _pod!.WriteRow(_row.AsSpan(0, Slots), timeNs);
        var retired = _shape.TakeRetired();
        if (retired.Count > 0)
            _pod.Retire(retired);
        if (Slots == known)
            return;
        var rejected = new List<RejectedSlot>();
        var refused = _pod.Append(_shape.TakeDescribed(), rejected);
        Dropped[(int)DroppedSample.Invalid] += rejected.Count;
        if (refused is null)
            return;
        _agentLimit = Math.Max(known, 1); // the agent keeps no more text of this pod
        Forget(timeNs);
    }

    /// <summary>Begins anew: the next good scrape admits the pod with what is there then.</summary>
    private void Forget(long timeNs)
    {
        _pod?.Dispose();
        _pod = null;
        _builtNs = timeNs;
        Clear();
    }

    private void Clear()
    {
        Table = new();
        _shape.Clear();
        _new.Clear();
    }

    private int Missing()
    {
        var missing = 0;
        foreach (var value in _row.AsSpan(0, Slots))
            missing += double.IsNaN(value) ? 1 : 0;
        return missing;
    }
}
