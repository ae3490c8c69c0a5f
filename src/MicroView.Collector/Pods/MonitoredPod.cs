using System.Threading;
using MicroView.Analysis;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>
/// One pod as its LMAP sees it. The LMAP's thread alone writes it; every published field is one aligned word that any thread may read,
/// the row
/// itself through <see cref="Row"/>.
/// </summary>
public sealed class MonitoredPod
{
    // Hot: touched at each scrape.
    internal PageSource Source;
    internal PublishedRow CurrentRow;
    internal PodAnalysis? Analysis;
    internal ulong KnownGeneration;
    internal long RowTimeNs, ClassifiedTimeNs = long.MinValue, LastAskNs = long.MinValue, TornSinceNs, ExplainedNs = long.MinValue;
    internal bool IsLive, IsPending;
    private volatile RowStatus _status = RowStatus.Unreadable;

    private volatile PodSchema _schema;
    private volatile PublishedRow _row;
    private double _score, _threshold = double.PositiveInfinity, _progress, _remaining;
    private volatile PodState _state;
    private volatile bool _alarm, _warm;
    private readonly PodStarts _starts;
    private volatile AttributionShare[] _attributions = [];
    private long _alarmSinceNs, _freshTimeNs;
    private long? _unixOffsetNs;
    private PodFlight? _flight;
    private ScoreHistory? _history;

    /// <summary>A pod to be handed to an LMAP.</summary>
    /// <param name="layout">Who it is; its descriptors may be in <paramref name="schema"/> alone.</param>
    /// <param name="schema">What its slots mean.</param>
    /// <param name="source">What reads its pages.</param>
    /// <param name="analysis">How it is analysed.</param>
    public MonitoredPod(PodLayout layout, PodSchema schema, PageSource source, AnalyzerOptions analysis)
        : this(layout, schema, source, analysis, PodStarts.Cold(analysis))
    {
    }

    /// <summary>The same, with what pods start from.</summary>
    internal MonitoredPod(PodLayout layout, PodSchema schema, PageSource source, AnalyzerOptions analysis, PodStarts starts)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(analysis);
        Layout = layout;
        _schema = schema;
        (Options, _starts) = (analysis, starts);
        Source = source;
        KnownGeneration = layout.Generation;
        _row = CurrentRow = new PublishedRow(Padded(schema.Slots));
        Analysis = PodAnalysis.Create(layout, schema, analysis, starts);
        _state = Analysis?.State ?? PodState.Off;
    }

    /// <summary>The pod's id.</summary>
    public string Pod => Layout.Pod;

    /// <summary>The layout as last applied.</summary>
    public PodLayout Layout { get; private set; }

    /// <summary>What its slots mean.</summary>
    public PodSchema Schema => _schema;

    /// <summary>Its newest row.</summary>
    public PublishedRow Row => _row;

    /// <summary>What the last read gave.</summary>
    public RowStatus Status { get => _status; internal set => _status = value; }

    /// <summary>True while its values may pass for fresh (see <see cref="Status"/>); the caller still asks whether the LMAP runs.</summary>
    public bool IsReadable => _status <= RowStatus.Torn;

    /// <summary>Learning, watching or off.</summary>
    public PodState State => _state;

    /// <summary>Whether it is watched by what its siblings learnt.</summary>
    public bool IsWarm => _warm;

    /// <summary>The last score; 0 while learning.</summary>
    public double Score => Volatile.Read(ref _score);

    /// <summary>Its threshold; infinite while learning.</summary>
    public double Threshold => Volatile.Read(ref _threshold);

    /// <summary>How far learning is, 0…1.</summary>
    public double Progress => Volatile.Read(ref _progress);

    /// <summary>Seconds of learning left at the present pace.</summary>
    public double RemainingSeconds => Volatile.Read(ref _remaining);

    /// <summary>Whether its alarm is open.</summary>
    public bool AlarmOpen => _alarm;

    /// <summary>During an alarm: what explains the score, largest share first.</summary>
    public IReadOnlyList<AttributionShare> Attributions => _attributions;

    /// <summary>
    /// When its last fresh row was sampled, CLOCK_MONOTONIC of this machine, ns; of a pod elsewhere, when it was read. 0: none yet.
    /// </summary>
    public long FreshTimeNs { get => Volatile.Read(ref _freshTimeNs); internal set => Volatile.Write(ref _freshTimeNs, value); }

    /// <summary>What its control word is to hold, where an LMAP writes it.</summary>
    internal RateWord Rate { get; } = new();

    /// <summary>Its flight recorder, once the sender of samples has made it; null: nobody wants one.</summary>
    internal PodFlight? Flight { get => Volatile.Read(ref _flight); set => Volatile.Write(ref _flight, value); }

    /// <summary>Its scores of late, once a row was judged and where a page shows them.</summary>
    internal ScoreHistory? History { get => Volatile.Read(ref _history); set => Volatile.Write(ref _history, value); }

    internal AnalyzerOptions Options { get; }

    internal long AlarmSinceNs => Volatile.Read(ref _alarmSinceNs);

    /// <summary>
    /// When its row was sampled, ns of Unix time. Another machine's row clock is taken for ours from the first question on: what lies between two rows stays exact. For the LMAP's thread.
    /// </summary>
    internal long RowUnixNs(CollectorClock clock, long nowNs)
    {
        if (IsLive || Source.SharesClock)
            return clock.UnixNs(RowTimeNs);
        _unixOffsetNs ??= unchecked(clock.UnixNs(nowNs) - RowTimeNs);
        return unchecked(RowTimeNs + _unixOffsetNs.Value);
    }

    /// <summary>Rounded up so that vector loads of the last line stay inside.</summary>
    internal static int Padded(int slots) => Math.Max(8, (slots + 7) & ~7);

    /// <summary>Takes a newer layout of the same pod; called by the LMAP between scrapes.</summary>
    internal void Adopt(PodLayout layout, PodSchema schema, PageSource source)
    {
        Layout = layout;
        KnownGeneration = layout.Generation;
        Source = source;
        source.Activate();
        if (_status == RowStatus.Quarantined)
            _status = RowStatus.Stale; // until the new source has been read
        if (ReferenceEquals(schema, _schema))
            return;
        if (Padded(schema.Slots) > CurrentRow.Slots)
        {
            var row = new PublishedRow(Padded(schema.Slots));
            row.Seed(CurrentRow);
            _row = CurrentRow = row;
        }
        if (Analysis is null)
            Analysis = PodAnalysis.Create(layout, schema, Options, _starts);
        else
            Analysis.Adopt(schema);
        _state = Analysis?.State ?? PodState.Off;
        _schema = schema;
    }

    /// <summary>Adds what a scrape touches of it.</summary>
    internal void AddTo(WorkingSet set)
    {
        set.Add(this, 256);
        Source.AddTo(set);
        CurrentRow.AddTo(set);
        Analysis?.AddTo(set);
    }

    /// <summary>Another one when what <see cref="AddTo"/> adds has moved or was made anew, as far as a look at what most of it hangs on tells.</summary>
    internal nint MemoryMark => WorkingSet.Mark(this, Source, CurrentRow) ^ (Analysis?.MemoryMark ?? 0);

    internal void PublishObservation(in Observation seen)
    {
        if (seen.Row != RowOutcome.Accepted)
            return;
        Volatile.Write(ref _score, seen.Score);
        Volatile.Write(ref _threshold, seen.Threshold);
        if (seen.State == _state && seen.State != PodState.Learning && Analysis!.IsWarm == _warm)
            return;
        _state = seen.State;
        _warm = Analysis!.IsWarm;
        Volatile.Write(ref _progress, Analysis.Progress);
        Volatile.Write(ref _remaining, Analysis.RemainingSeconds);
    }

    internal void PublishAlarm(bool open, AttributionShare[] attributions, long timeNs)
    {
        if (open && !_alarm)
            Volatile.Write(ref _alarmSinceNs, timeNs);
        _attributions = attributions;
        _alarm = open;
    }
}
