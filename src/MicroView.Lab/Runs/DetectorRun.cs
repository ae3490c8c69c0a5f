using MicroView.Analysis;

namespace MicroView.Lab;

/// <summary>
/// One pod's rows through the code that runs live (<see cref="PodAnalyzer"/>): learns from all training rows, then judges others in
/// order. The only place in the lab that knows how detectors are driven. Not thread-safe.
/// </summary>
internal sealed class DetectorRun
{
    // A series that begins so many rows after another is no continuation.
    private const int FewestGapRows = 15;

    private readonly PodAnalyzer _analyzer;
    private readonly long _trainedUntil;
    private readonly long _gap;
    private readonly bool _learnsFirst;
    private long _lastNs;

    /// <summary>Learns from <paramref name="training"/>, at least two rows, the metrics taken as values.</summary>
    /// <exception cref="LabException">Too few rows, or settings that do not go together.</exception>
    public DetectorRun(ModelChoice model, SeriesRows training)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(training);
        if (training.Count < 2)
            throw new LabException($"a detector cannot learn from {training.Count} rows; at least 2 are needed, some hundred are sensible");
        _analyzer = Create(model with { Detector = VaeTrainer.Prepare(model, training) }, training.Width);
        StepNs = SeriesFile.UsualStep(training.Times);
        Learn(training);
        _trainedUntil = training.Times[^1];
        _gap = Math.Max(FewestGapRows * StepNs, (long)(model.Detector.HoldLimitSeconds * 1e9));
        TrainingScores = [.. _analyzer.Detector.TrainingScores];
    }

    /// <summary>Learns from the first rows that it is given to judge, until it has enough of them, as a collector does.</summary>
    /// <exception cref="LabException">Settings that do not go together.</exception>
    public DetectorRun(AnalyzerOptions options, SeriesRows rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        (_analyzer, _learnsFirst) = (Create(options, rows.Width), true);
        StepNs = rows.Count > 1 ? SeriesFile.UsualStep(rows.Times) : 1;
        TrainingScores = [];
    }

    /// <summary>Whether rows are still learnt from, and not judged.</summary>
    public bool IsLearning => _analyzer.State == PodState.Learning;

    /// <summary>Score of each training row, judged by what was learnt from all of them.</summary>
    public double[] TrainingScores { get; }

    /// <summary>
    /// Whether rows to be judged follow those of training whatever their times say; else they do only where the times do, and elsewhere the detector is told that
    /// they start anew.
    /// </summary>
    public bool Continues { get; init; }

    /// <summary>A row is anomalous if its score exceeds this.</summary>
    public double Threshold => _learnsFirst ? _analyzer.Threshold : _analyzer.Detector.Threshold;

    /// <summary>Usual time between rows, nanoseconds.</summary>
    public long StepNs { get; }

    /// <summary>Judges a row: all rows of a series in order, from the first.</summary>
    public Observation Judge(SeriesRows rows, int index)
    {
        // The analyzer's clock only advances; a series that is earlier than the training, or elsewhere, is moved behind it.
        var step = index > 0 ? rows.Times[index] - rows.Times[index - 1] : StepNs;
        if (index == 0 && _learnsFirst)
        {
            _analyzer.Observe(rows[0], ++_lastNs); // as in Learn
        }
        else if (index == 0 && !Continues && (rows.Times[0] <= _trainedUntil || rows.Times[0] - _trainedUntil > _gap))
        {
            _analyzer.Resume();
            _analyzer.Observe(rows[0], ++_lastNs); // as in Learn
        }
        return _analyzer.Observe(rows[index], _lastNs += Math.Max(1, step));
    }

    /// <summary>The features that explain the last score the most, largest share first.</summary>
    public int Attribute(Span<Attribution> top) => _analyzer.Attribute(top);

    /// <summary>Scores of all <paramref name="rows"/>, in order.</summary>
    public double[] Score(SeriesRows rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var scores = new double[rows.Count];
        for (var i = 0; i < scores.Length; i++)
            scores[i] = Judge(rows, i).Score;
        return scores;
    }

    private static PodAnalyzer Create(ModelChoice model, int width)
    {
        var options = new AnalyzerOptions
        {
            Detector = model.Detector,
            UpdateOnline = model.UpdateOnline,
            // Learning ends when the rows end, and all of them are kept.
            MinRows = int.MaxValue,
            MaxTrainingRows = int.MaxValue,
        };
        return Create(model.RelativeFloor is { } floor ? options with { RelativeFloor = floor } : options, width);
    }

    private static PodAnalyzer Create(AnalyzerOptions options, int width)
    {
        try
        {
            return new PodAnalyzer(new FeatureMap([.. Enumerable.Range(0, width).Select(slot => Feature.Value(slot))]), options);
        }
        catch (ArgumentException error)
        {
            throw new LabException(error.Message, ExitCode.Usage);
        }
    }

    private void Learn(SeriesRows training)
    {
        // An analyzer takes no features from its first row: counters would have no rate. Here all are values, so it is given twice.
        _analyzer.Observe(training[0], _lastNs);
        for (var i = 0; i < training.Count; i++)
            _analyzer.Observe(training[i], _lastNs += Math.Max(1, i > 0 ? training.Times[i] - training.Times[i - 1] : StepNs));
        _analyzer.FinishLearning();
    }
}
