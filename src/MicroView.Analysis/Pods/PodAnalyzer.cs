namespace MicroView.Analysis;

/// <summary>
/// The pipeline of one pod, called once per row: slots ▸ features ▸ z-scores ▸ score ▸ alarm. Learns until it has enough rows
/// and enough wall time, then watches; with <see cref="PodKnowledge"/> it watches sooner. No allocation while watching. Not thread-safe: one pod belongs to one LMAP.
/// </summary>
public sealed class PodAnalyzer
{
    private readonly AnalyzerOptions _options;
    private readonly AlarmGate _gate;
    private FeatureExtractor _extractor;
    private Detector _detector;
    private FeatureScaling? _scaling;
    private TrainingRows? _training;
    private WarmCheck? _check;
    private AlignedRow _z;
    private bool _cutShort;

    /// <summary>An analyzer that starts to learn with its first row, or to watch by what is known already.</summary>
    /// <exception cref="ArgumentException">
    /// An option is out of range, the model is unknown, or <paramref name="start"/> is of another number of features.
    /// </exception>
    public PodAnalyzer(FeatureMap map, AnalyzerOptions options, PodKnowledge? start = null)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _gate = new AlarmGate(options.Alarm);
        _extractor = new FeatureExtractor(map);
        _detector = Begin(map, start);
        _z = new AlignedRow(map.Stride);
    }

    /// <summary>What the analyzer is doing.</summary>
    public PodState State { get; private set; }

    /// <summary>Whether the pod is watched by what its siblings learnt.</summary>
    public bool IsWarm { get; private set; }

    /// <summary>Called, within <see cref="Observe"/>, with what the pod has learnt when its learning ends.</summary>
    public Action<PodLesson>? Learnt { get; set; }

    /// <summary>The features of the pod's current layout.</summary>
    public FeatureMap Map => _extractor.Map;

    /// <summary>The detector.</summary>
    public Detector Detector => _detector;

    /// <summary>Means and deviations learnt; null while learning.</summary>
    public FeatureScaling? Scaling => _scaling;

    /// <summary>Whether the alarm is open.</summary>
    public bool AlarmOpen => _gate.IsOpen;

    /// <summary>Rows that were learnt from or judged.</summary>
    public long Rows { get; private set; }

    /// <summary>Rows ignored because their time did not advance.</summary>
    public long RejectedRows { get; private set; }

    /// <summary>Missing (non-finite) features in all rows judged.</summary>
    public long MissingValues { get; private set; }

    /// <summary>How far learning is, 0..1; 1 when watching.</summary>
    public double Progress
    {
        get
        {
            if (_training is null)
                return 1;
            var time = _options.MinSeconds > 0 ? _training.Seconds / _options.MinSeconds : 1;
            return Math.Min(1, Math.Min(time, _training.Count / (double)_options.MinRows));
        }
    }

    /// <summary>Seconds of learning left at the present pace; 0 when watching.</summary>
    public double RemainingSeconds
    {
        get
        {
            if (_training is null)
                return 0;
            var pace = _training.Count > 1 ? _training.Seconds / (_training.Count - 1) : 0;
            var rows = Math.Max(0, _options.MinRows - _training.Count);
            return Math.Max(Math.Max(0, _options.MinSeconds - _training.Seconds), rows * pace);
        }
    }

    /// <summary>
    /// Takes a row: at least <see cref="FeatureMap.SlotCount"/> doubles, folded over stripes, and its time in nanoseconds on
    /// any clock that advances.
    /// </summary>
    public Observation Observe(ReadOnlySpan<double> slots, long timeNs)
    {
        if (State == PodState.Watching)
            return _cutShort ? WatchAfterCut(slots, timeNs) : Watch(slots, timeNs);
        return State == PodState.Learning
            ? Learn(slots, timeNs)
            : new Observation(0, double.PositiveInfinity, 0, State, RowOutcome.Accepted, false, false, AlarmChange.None);
    }

    /// <summary>
    /// Writes the features that explain the most of the last row's score, largest share first; returns how many. Features without
    /// a share are left out. For watching pods; 0 otherwise.
    /// </summary>
    public int Attribute(Span<Attribution> top)
    {
        if (State != PodState.Watching || top.IsEmpty)
            return 0;
        Span<double> shares = _z.Length <= 1024 ? stackalloc double[_z.Length] : new double[_z.Length];
        _detector.Attribute(_z, shares);
        var count = 0;
        for (var i = 0; i < Map.Count; i++)
        {
            if (!(shares[i] > 0) || (count == top.Length && shares[i] <= top[^1].Share))
                continue;
            var at = count < top.Length ? count++ : count - 1;
            for (; at > 0 && top[at - 1].Share < shares[i]; at--)
                top[at] = top[at - 1];
            top[at] = new Attribution(i, shares[i]);
        }
        return count;
    }

    /// <summary>The z-scores of the last row judged; one per feature.</summary>
    public ReadOnlySpan<double> LastZScores => _z.Span[..Map.Count];

    /// <summary>
    /// Takes the pod's newer layout. Rates of features that both layouts have go on without a gap; learning starts over, because a sketch
    /// of fewer
    /// features says nothing about the new ones. An open alarm closes with the next row.
    /// </summary>
    /// <exception cref="ArgumentException"><paramref name="start"/> is of another number of features.</exception>
    public void Extend(FeatureMap map, PodKnowledge? start = null)
    {
        ArgumentNullException.ThrowIfNull(map);
        var detector = Begin(map, start);
        _extractor = _extractor.Extend(map);
        _detector = detector;
        _z = new AlignedRow(map.Stride);
    }

    /// <summary>Ends an open alarm without reporting it and forgets the rows that led to it; what was learnt stays.</summary>
    public void DropAlarm() => _gate.Reset();

    /// <summary>
    /// Ends learning with the rows seen so far, whatever <see cref="AnalyzerOptions.MinRows"/> and <see cref="AnalyzerOptions.MinSeconds"/>
    /// say: for rows that are known to be all there are. Does nothing unless learning.
    /// </summary>
    /// <exception cref="InvalidOperationException">Fewer than two rows have been learnt from.</exception>
    public void FinishLearning()
    {
        if (State != PodState.Learning)
            return;
        if (_training!.Count < 2)
            throw new InvalidOperationException($"A pod must learn from at least 2 rows, not {_training.Count}.");
        StartWatching();
    }

    /// <summary>Forgets what was learnt and starts over. An open alarm closes with the next row.</summary>
    public void Relearn()
    {
        if (State == PodState.Off)
            return;
        _ = Begin(Map, null, _detector);
    }

    /// <summary>Sets out to learn or to watch; gives the detector.</summary>
    private Detector Begin(FeatureMap map, PodKnowledge? start, Detector? detector = null)
    {
        if (start is not null && start.Detector.Dimension != map.Count)
            throw new ArgumentException($"What the pod is to start from has {start.Detector.Dimension} features, the pod {map.Count}.", nameof(start));
        var trained = start is { IsTrained: true };
        detector ??= trained ? start!.Detector : DetectorRegistry.Create(map.Count, _options.Detector);
        _cutShort |= _gate.Reset();
        _scaling = trained ? start!.Scaling : null;
        _check = start is { IsTrained: false } ? new WarmCheck(start, _options) : null;
        IsWarm = false;
        State = detector is NoDetector ? PodState.Off : trained ? PodState.Watching : PodState.Learning;
        _training = State == PodState.Learning ? new TrainingRows(map, _options.MaxTrainingRows) : null;
        return detector;
    }

    private Observation Learn(ReadOnlySpan<double> slots, long timeNs)
    {
        var outcome = _extractor.Extract(slots, timeNs, _z);
        var change = _cutShort ? AlarmChange.Closed : AlarmChange.None;
        _cutShort = false;
        var missing = 0;
        if (outcome == RowOutcome.NotLater)
            RejectedRows++;
        if (outcome == RowOutcome.Accepted)
        {
            Rows++;
            foreach (var value in _z.Span[..Map.Count])
                missing += double.IsFinite(value) ? 0 : 1;
            MissingValues += missing;
            _training!.Add(_z, timeNs);
            if (_training.Count >= _options.MinRows && _training.Seconds >= _options.MinSeconds)
                StartWatching();
            else if (_check?.Agrees(_z, timeNs) == true)
                StartWarm(_check.Start);
        }
        return new Observation(0, _detector.Threshold, missing, State, outcome, false, false, change);
    }

    private void StartWatching()
    {
        var shared = Learnt is null ? null : _training!.Select(ServiceKnowledge.MaxRows);
        var statistics = _training!.Statistics;
        (_scaling, var rows) = _training.Finish(_options.RelativeFloor);
        _detector.Fit(rows);
        BeginWatching();
        if (shared is not null)
            Learnt!(new PodLesson(statistics, _scaling, _detector.ShareSketch(), shared));
    }

    private void StartWarm(PodKnowledge start)
    {
        (_scaling, _detector) = (start.Scaling, start.Detector);
        BeginWatching();
        IsWarm = true;
    }

    private void BeginWatching()
    {
        (_training, _check) = (null, null);
        _z.Span.Clear();
        State = PodState.Watching;
    }

    /// <summary>An alarm that was cut short by a new layout is over with the first row that follows.</summary>
    private Observation WatchAfterCut(ReadOnlySpan<double> slots, long timeNs)
    {
        _cutShort = false;
        var seen = Watch(slots, timeNs);
        return seen.Change == AlarmChange.None ? seen with { Change = AlarmChange.Closed } : seen;
    }

    private Observation Watch(ReadOnlySpan<double> slots, long timeNs)
    {
        var outcome = _extractor.Standardize(slots, timeNs, _scaling!, _z, out var squaredNorm, out var missing);
        if (outcome != RowOutcome.Accepted)
        {
            RejectedRows += outcome == RowOutcome.NotLater ? 1 : 0;
            if (outcome == RowOutcome.First)
                _z.Span.Clear();
            return new Observation(0, _detector.Threshold, 0, State, outcome, false, _gate.IsOpen, AlarmChange.None);
        }
        Rows++;
        MissingValues += missing;
        var score = _detector.Score(_z, squaredNorm);
        var anomalous = score > _detector.Threshold;
        if (_options.UpdateOnline)
            _detector.Update(_z, squaredNorm, anomalous);
        var change = _gate.Observe(anomalous, timeNs);
        return new Observation(score, _detector.Threshold, missing, State, outcome, anomalous, _gate.IsOpen, change);
    }
}
