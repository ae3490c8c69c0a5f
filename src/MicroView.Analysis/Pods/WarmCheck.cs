namespace MicroView.Analysis;

/// <summary>
/// Whether a new pod's first rows agree with what its siblings learnt: looks at stretches of at least
/// <see cref="AnalyzerOptions.WarmRows"/> rows and <see cref="AnalyzerOptions.WarmSeconds"/>, until one has hardly an anomalous row. A pod
/// that starts up, or runs another version, so goes on learning instead of raising an alarm.
/// </summary>
internal sealed class WarmCheck(PodKnowledge start, AnalyzerOptions options)
{
    // One in ten: siblings' thresholds are passed by far fewer rows, a pod of its own kind passes them in most.
    private const int RowsPerAnomaly = 10;

    private readonly double[] _z = new double[start.Detector.Stride];
    private long _sinceNs;
    private int _rows;
    private int _anomalous;

    public PodKnowledge Start { get; } = start;

    /// <summary>Takes a row of features; true when the stretch that it ends agrees.</summary>
    public bool Agrees(ReadOnlySpan<double> features, long timeNs)
    {
        if (_rows == 0 || timeNs < _sinceNs)
            _sinceNs = timeNs;
        Start.Scaling.Standardize(features[..Start.Detector.Dimension], _z, Start.Detector.SeesMissing ? double.NaN : 0);
        _anomalous += Start.Detector.Score(_z, RowKernels.SquaredNorm(_z)) > Start.Detector.Threshold ? 1 : 0;
        if (++_rows < options.WarmRows || timeNs - _sinceNs < options.WarmSeconds * 1e9)
            return false;
        var agrees = _anomalous * RowsPerAnomaly <= _rows;
        (_rows, _anomalous) = (0, 0);
        return agrees;
    }
}
