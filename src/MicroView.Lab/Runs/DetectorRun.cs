using MicroView.Analysis;

namespace MicroView.Lab;

/// <summary>
/// One pod's rows through the code that runs live (<see cref="PodAnalyzer"/>): learns from all training rows, then judges others in
/// order. The only place in the lab that knows how detectors are driven. Not thread-safe.
/// </summary>
internal sealed class DetectorRun
{
    private readonly PodAnalyzer _analyzer;
    private long _lastNs;

    /// <summary>Learns from <paramref name="training"/>, at least two rows, the metrics taken as values.</summary>
    /// <exception cref="LabException">Too few rows, or settings that do not go together.</exception>
    public DetectorRun(ModelChoice model, SeriesRows training)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(training);
        if (training.Count < 2)
            throw new LabException($"a detector cannot learn from {training.Count} rows; at least 2 are needed, some hundred are sensible");
        var options = new AnalyzerOptions
        {
            Detector = VaeTrainer.Prepare(model, training),
            UpdateOnline = model.UpdateOnline,
            RelativeFloor = model.RelativeFloor,
            // Learning ends when the rows end, and all of them are kept.
            MinRows = int.MaxValue,
            MaxTrainingRows = int.MaxValue,
        };
        var map = new FeatureMap([.. Enumerable.Range(0, training.Width).Select(slot => Feature.Value(slot))]);
        try
        {
            _analyzer = new PodAnalyzer(map, options);
        }
        catch (ArgumentException error)
        {
            throw new LabException(error.Message, ExitCode.Usage);
        }
        StepNs = SeriesFile.UsualStep(training.Times);
        Learn(training);
        TrainingScores = new double[training.Count];
        for (var i = 0; i < training.Count; i++)
            TrainingScores[i] = Judge(training, i).Score;
    }

    /// <summary>Score of each training row, judged after learning ended.</summary>
    public double[] TrainingScores { get; }

    /// <summary>A row is anomalous if its score exceeds this.</summary>
    public double Threshold => _analyzer.Detector.Threshold;

    /// <summary>Usual time between rows, nanoseconds.</summary>
    public long StepNs { get; }

    /// <summary>Judges a row: all rows of a series in order, from the first.</summary>
    public Observation Judge(SeriesRows rows, int index)
    {
        // The analyzer's clock only advances; a series that is earlier than the training, or elsewhere, is moved behind it.
        var step = index > 0 ? rows.Times[index] - rows.Times[index - 1] : StepNs;
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

    private void Learn(SeriesRows training)
    {
        // An analyzer takes no features from its first row: counters would have no rate. Here all are values, so it is given twice.
        _analyzer.Observe(training[0], _lastNs);
        for (var i = 0; i < training.Count; i++)
            Judge(training, i);
        _analyzer.FinishLearning();
    }
}
