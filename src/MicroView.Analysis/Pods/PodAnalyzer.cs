namespace MicroView.Analysis;

/// <summary>
/// The pipeline of one pod, called once per row: slots ▸ features ▸ z-scores ▸ score ▸ alarm. Learns until it has enough rows
/// and enough wall time, then watches; with <see cref="PodKnowledge"/> it watches sooner. No allocation while watching. Rows are as the <see cref="FeatureExtractor"/> takes them. Not
/// thread-safe: one pod belongs to one LMAP. Source: the paper's Sec. 4; alarms, budget and warm starts are ours.
/// </summary>
public sealed class PodAnalyzer
{
    // The part of learning that is held back to calibrate the threshold with.
    private const double HeldBack = 1.0 / 3;

    // A pod that was away for so many rows, and the hold limit, may well stand elsewhere now.
    private const int FewestGapRows = 15;

    private readonly AnalyzerOptions _options;
    private readonly AlarmGate _gate;
    private readonly AlarmBudget? _budget;
    private FeatureExtractor _extractor;
    private Detector _detector;
    private FeatureScaling? _scaling;
    private TrainingRows? _training;
    private WarmCheck? _check;
    private AlignedRow _z;
    private bool _budgetActs;
    private long _lastNs = long.MaxValue;
    private long _gapNs;
    private Calibration _calibration;
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
        _budget = options.FalseAlarmsPerDay is { } perDay ? new AlarmBudget(perDay, options.Alarm) : null;
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

    /// <summary>What a score is judged by; infinite while learning.</summary>
    public double Threshold => State != PodState.Watching ? double.PositiveInfinity : _budgetActs ? _budget!.Threshold : _detector.Threshold;

    /// <summary>How far learning is, 0..1; 1 when watching.</summary>
    public double Progress
    {
        get
        {
            if (State != PodState.Learning)
                return 1;
            var time = _options.MinSeconds > 0 ? LearntSeconds / _options.MinSeconds : 1;
            return Math.Min(1, Math.Min(time, LearntRows / (double)_options.MinRows));
        }
    }

    /// <summary>Seconds of learning left at the present pace; 0 when watching.</summary>
    public double RemainingSeconds
    {
        get
        {
            if (State != PodState.Learning)
                return 0;
            var pace = LearntRows > 1 ? LearntSeconds / (LearntRows - 1) : 0;
            var rows = Math.Max(0, _options.MinRows - LearntRows);
            return Math.Max(Math.Max(0, _options.MinSeconds - LearntSeconds), rows * pace);
        }
    }

    private long LearntRows => _training?.Count ?? _calibration.Rows;

    private double LearntSeconds => _training?.Seconds ?? _calibration.Seconds;

    /// <summary>
    /// Takes a row: at least <see cref="FeatureMap.SlotCount"/> doubles, folded over stripes, and its time in nanoseconds on
    /// any clock that advances.
    /// </summary>
    public Observation Observe(ReadOnlySpan<double> slots, long timeNs)
    {
        if (State == PodState.Watching)
            return _cutShort ? WatchAfterCut(slots, timeNs) : Watch(slots, timeNs);
        return State == PodState.Learning
            ? _training is null ? Calibrate(slots, timeNs) : Learn(slots, timeNs)
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
        return Attribution.TakeLargest(shares[..Map.Count], top);
    }

    /// <summary>Adds what judging a row touches.</summary>
    public void AddTo(WorkingSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        set.Add(this, 224);
        _extractor.AddTo(set);
        _scaling?.AddTo(set);
        _z.AddTo(set);
        set.Add(_detector, 64);
        _detector.AddTo(set);
        _gate.AddTo(set);
        _budget?.AddTo(set);
    }

    /// <summary>Another number when what <see cref="AddTo"/> adds has moved, as a collection moves it, or was made anew: for most of it, at once.</summary>
    public nint MemoryMark => WorkingSet.Mark(this, _detector, _scaling);

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
        if (_training is { Count: < 2 })
            throw new InvalidOperationException($"A pod must learn from at least 2 rows, not {_training.Count}.");
        if (_training is not null)
            Fit();
        State = PodState.Watching;
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
        _budgetActs = false;
        return detector;
    }

    /// <summary>
    /// The rows to come do not continue those before: another day, another pod of the same service. What was learnt stays, nothing is taken for a change
    /// since the last row, and an open alarm ends.
    /// </summary>
    public void Resume()
    {
        _extractor.Restart();
        _detector.Resume();
        _budget?.EndOfContinuity();
        _cutShort |= _gate.Reset();
    }

    private double MissingValue => _detector.SeesMissing ? double.NaN : 0;

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
            var part = _budget is null ? 1 : 1 - HeldBack;
            if (_training.Count >= part * _options.MinRows && _training.Seconds >= part * _options.MinSeconds)
                Fit();
            else if (_check?.Agrees(_z, timeNs) == true)
                StartWarm(_check.Start);
        }
        return new Observation(0, double.PositiveInfinity, missing, State, outcome, false, false, change);
    }

    /// <summary>Rows held back from training are scored, and judged only by the budget.</summary>
    private Observation Calibrate(ReadOnlySpan<double> slots, long timeNs)
    {
        var seen = Judge(slots, timeNs);
        if (seen.Row == RowOutcome.Accepted)
        {
            _calibration.Add(timeNs);
            if (_calibration.Rows >= _options.MinRows && _calibration.Seconds >= _options.MinSeconds)
                State = PodState.Watching;
        }
        var change = _cutShort ? AlarmChange.Closed : AlarmChange.None;
        _cutShort = false;
        return seen with { Score = 0, Threshold = double.PositiveInfinity, State = State, Anomalous = false, AlarmOpen = false, Change = change };
    }

    private void Fit()
    {
        var training = _training!;
        var shared = Learnt is null ? null : training.Select(ServiceKnowledge.MaxRows);
        (_scaling, var rows) = training.Finish(_options.RelativeFloor ?? _detector.RelativeFloor, _detector.CountFloor, MissingValue);
        _detector.Fit(rows, new TrainingFacts(training.SecondsPerRow, training.Every, _scaling.FloorShares, _scaling.Counts));
        _calibration = new Calibration(training.Count, training.Seconds);
        BeginToScore(training.SecondsPerRow);
        if (_budget is null)
            State = PodState.Watching;
        if (shared is not null)
            Learnt!(new PodLesson(training.Statistics, _scaling, _detector.ShareSketch(), shared, training.SecondsPerRow));
    }

    private void StartWarm(PodKnowledge start)
    {
        (_scaling, _detector) = (start.Scaling, start.Detector);
        BeginToScore(start.SecondsPerRow);
        State = PodState.Watching;
        IsWarm = true;
    }

    private void BeginToScore(double secondsPerRow)
    {
        (_training, _check) = (null, null);
        _z.Span.Clear();
        _gapNs = (long)(Math.Max(_options.Detector.HoldLimitSeconds, FewestGapRows * secondsPerRow) * 1e9);
        StartBudget(secondsPerRow);
    }

    /// <summary>A detector trained elsewhere brings no scores, only its threshold: that stands.</summary>
    private void StartBudget(double secondsPerRow)
    {
        _budgetActs = _budget is not null && _detector.TrainingScores.Count > 0;
        if (!_budgetActs)
            return;
        _budget!.SecondsPerRow = secondsPerRow;
        _budget.Start(_detector.TrainingScores, _detector.LeastThreshold);
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
        var seen = Judge(slots, timeNs);
        if (seen.Row != RowOutcome.Accepted)
            return seen;
        var change = _gate.Observe(seen.Anomalous, timeNs);
        return seen with { AlarmOpen = _gate.IsOpen, Change = change };
    }

    /// <summary>Scores a row and compares it with the threshold; the alarm is another matter.</summary>
    private Observation Judge(ReadOnlySpan<double> slots, long timeNs)
    {
        var outcome = _extractor.Standardize(slots, timeNs, _scaling!, _z, out var squaredNorm, out var missing, MissingValue);
        if (outcome != RowOutcome.Accepted)
        {
            RejectedRows += outcome == RowOutcome.NotLater ? 1 : 0;
            if (outcome == RowOutcome.First)
                _z.Span.Clear();
            return new Observation(0, Threshold, 0, State, outcome, false, _gate.IsOpen, AlarmChange.None);
        }
        Rows++;
        MissingValues += missing;
        if (timeNs - _lastNs > _gapNs)
            _detector.Resume();
        _lastNs = timeNs;
        var score = _detector.Score(_z, squaredNorm);
        // The row is judged by what was known before it.
        var threshold = _budgetActs ? _budget!.Threshold : _detector.Threshold;
        var anomalous = score > threshold;
        if (_budgetActs)
            _budget!.Observe(score, timeNs);
        if (_options.UpdateOnline)
            _detector.Update(_z, squaredNorm, anomalous);
        return new Observation(score, threshold, missing, State, outcome, anomalous, _gate.IsOpen, AlarmChange.None);
    }
}
