namespace MicroView.Analysis;

/// <summary>
/// What the pods of one service learnt, pooled for those to come: replicas run the same code under the same load. Statistics merge exactly
/// (<see cref="RunningStatistics.Merge"/>), sketches within their error bound (<see cref="FrequentDirections.Merge(FrequentDirections)"/>),
/// and a selection of everyone's rows gives the threshold. Holds the <see cref="MaxPods"/> newest lessons and <see cref="MaxRows"/> rows, so
/// that a service's memory stays that of one pod's training. Deterministic, immutable and thread-safe.
/// </summary>
public sealed class ServiceKnowledge
{
    /// <summary>Lessons kept; older ones give way, and with them what a service no longer does.</summary>
    public const int MaxPods = 8;

    /// <summary>Rows kept of all lessons together.</summary>
    public const int MaxRows = 256;

    private readonly PodLesson[] _lessons;

    private ServiceKnowledge(PodLesson[] lessons) => _lessons = lessons;

    /// <summary>Knowledge of nothing.</summary>
    public static ServiceKnowledge None { get; } = new([]);

    /// <summary>Pods whose lessons it holds.</summary>
    public int Pods => _lessons.Length;

    /// <summary>This knowledge and one more lesson.</summary>
    /// <exception cref="ArgumentException">The lesson is of another number of features.</exception>
    public ServiceKnowledge With(PodLesson lesson)
    {
        ArgumentNullException.ThrowIfNull(lesson);
        if (_lessons.Length > 0 && _lessons[0].Dimension != lesson.Dimension)
            throw new ArgumentException($"The lesson is of {lesson.Dimension} features, those before of {_lessons[0].Dimension}.", nameof(lesson));
        PodLesson[] all = [.. _lessons.TakeLast(MaxPods - 1), lesson];
        return new ServiceKnowledge([.. all.Select(one => one.Thinned(MaxRows / all.Length))]);
    }

    /// <summary>
    /// What a new pod starts from; null without lessons. The caller sees to it that its features have the names and kinds of theirs.
    /// </summary>
    /// <exception cref="ArgumentException">The pod has another number of features.</exception>
    public PodKnowledge? Start(FeatureMap map, AnalyzerOptions options)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(options);
        if (_lessons.Length == 0)
            return null;
        if (_lessons[0].Dimension != map.Count)
            throw new ArgumentException($"The pod has {map.Count} features, the lessons {_lessons[0].Dimension}.", nameof(map));
        var statistics = new RunningStatistics(map.Count);
        foreach (var lesson in _lessons)
            statistics.Merge(lesson.Statistics);
        var detector = DetectorRegistry.Create(map.Count, options.Detector);
        var scaling = new FeatureScaling(map, statistics, options.RelativeFloor ?? detector.RelativeFloor, detector.CountFloor);
        var seconds = _lessons[^1].SecondsPerRow;
        detector.Adopt(PoolRows(scaling, detector.SeesMissing ? double.NaN : 0), PoolSketches(scaling), new TrainingFacts(seconds, 1, scaling.FloorShares, scaling.Counts));
        // Siblings differ in where their metrics stand; how they move is what they share.
        detector.Resume();
        return new PodKnowledge(scaling, detector, IsTrained: false, seconds);
    }

    private RowMatrix PoolRows(FeatureScaling scaling, double missingValue)
    {
        var pool = new RowMatrix(_lessons[0].Dimension, _lessons.Sum(lesson => lesson.Rows.Count));
        var z = new double[pool.Dimension];
        foreach (var lesson in _lessons)
            for (var i = 0; i < lesson.Rows.Count; i++)
            {
                scaling.Standardize(lesson.Rows[i][..pool.Dimension], z, missingValue);
                pool.Add(z);
            }
        return pool;
    }

    /// <summary>
    /// All sketches in one scaling. A row z of a pod with mean μᵢ and deviation σᵢ is s∘z + c there, s = σᵢ/σ and c = (μᵢ − μ)/σ; since
    /// a pod's rows have the mean 0, its Σ z′z′ᵀ is that of the stretched sketch plus n·ccᵀ: one more row, √n·c.
    /// </summary>
    private FrequentDirections? PoolSketches(FeatureScaling scaling)
    {
        if (_lessons.Any(lesson => lesson.Sketch is null))
            return null;
        var first = _lessons[0].Sketch!;
        var pool = new FrequentDirections(first.Dimension, first.SketchRows, first.Components, first.LeastVariance);
        var (stretch, shift) = (new double[first.Dimension], new double[first.Dimension]);
        foreach (var lesson in _lessons)
        {
            for (var j = 0; j < stretch.Length; j++)
            {
                // A metric that this pod never had is 0 in its rows, and stays it.
                var known = double.IsFinite(lesson.Scaling.Deviation(j));
                stretch[j] = known ? lesson.Scaling.Deviation(j) / scaling.Deviation(j) : 0;
                shift[j] = known ? (lesson.Scaling.Mean(j) - scaling.Mean(j)) / scaling.Deviation(j) : 0;
            }
            pool.Merge(lesson.Sketch!, stretch, shift);
        }
        return pool;
    }
}
