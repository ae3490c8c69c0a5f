namespace MicroView.Analysis;

/// <summary>
/// What one pod learnt from its own rows, as its siblings can use it: statistics per feature, a spread selection of the rows, and the sketch
/// where the detector has one. Made by a <see cref="PodAnalyzer"/> when its learning ends. Immutable and thread-safe.
/// </summary>
public sealed class PodLesson
{
    private readonly RowMatrix _rows;

    internal PodLesson(RunningStatistics statistics, FeatureScaling scaling, FrequentDirections? sketch, RowMatrix rows, double secondsPerRow) =>
        (Statistics, Scaling, Sketch, _rows, SecondsPerRow) = (statistics, scaling, sketch, rows, secondsPerRow);

    /// <summary>Features per row.</summary>
    public int Dimension => _rows.Dimension;

    /// <summary>Seconds from one of the pod's rows to the next.</summary>
    public double SecondsPerRow { get; }

    internal RunningStatistics Statistics { get; }

    internal FeatureScaling Scaling { get; }

    /// <summary>Of z-scores by <see cref="Scaling"/>; null when the detector shares none.</summary>
    internal FrequentDirections? Sketch { get; }

    /// <summary>Rows of features in their units, NaN where missing.</summary>
    internal RowMatrix Rows => _rows;

    /// <summary>The same with at most <paramref name="rows"/> rows, spread over the same time.</summary>
    internal PodLesson Thinned(int rows)
    {
        if (_rows.Count <= rows)
            return this;
        var kept = new RowMatrix(Dimension, rows);
        for (var i = 0; i < rows; i++)
            kept.Add(_rows[(int)((long)i * _rows.Count / rows)]);
        return new PodLesson(Statistics, Scaling, Sketch, kept, SecondsPerRow);
    }
}
