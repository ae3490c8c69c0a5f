namespace MicroView.Analysis;

/// <summary>
/// TH, the per-metric baseline: a row is anomalous if any |z| exceeds its limit. The score is the largest
/// |z|, scaled per metric when limits come from training percentiles, so that the threshold is always <see cref="DetectorOptions.ZLimit"/>.
/// In deviations. Not thread-safe.
/// <para>Source: the paper's Sec. 6.1.</para>
/// </summary>
public sealed class ThresholdDetector : Detector
{
    private readonly DetectorOptions _options;
    private double[]? _weights;

    /// <summary>A detector without training; with a fixed limit it needs none.</summary>
    public ThresholdDetector(int dimension, DetectorOptions options) : base(dimension)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
    }

    /// <inheritdoc/>
    public override void Fit(RowMatrix rows)
    {
        CheckTraining(rows);
        Threshold = _options.ZLimit;
        if (_options.ZPercentile is { } percentile)
            Weigh(rows, percentile);
        TrainingScores = ScoreAll(rows);
    }

    /// <inheritdoc/>
    public override void AddTo(WorkingSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        set.Add(_weights);
    }

    private void Weigh(RowMatrix rows, double percentile)
    {
        _weights = new double[Stride];
        var column = new double[rows.Count];
        for (var j = 0; j < Dimension; j++)
        {
            for (var i = 0; i < column.Length; i++)
                column[i] = Math.Abs(rows[i][j]);
            // Below one deviation a percentile only says that the metric hardly ever moved in training.
            _weights[j] = _options.ZLimit / Math.Max(1, Percentile.Of(column, percentile));
        }
    }

    /// <inheritdoc/>
    public override double Score(ReadOnlySpan<double> z, double squaredNorm) =>
        _weights is null ? RowKernels.LargestMagnitude(z) : RowKernels.LargestMagnitude(z, _weights);

    /// <summary>TH has nothing that learns online.</summary>
    public override void Update(ReadOnlySpan<double> z, double squaredNorm, bool anomalous) { }

    /// <summary>Shares of z² among the metrics beyond their limit, all 0 when there is none.</summary>
    public override void Attribute(ReadOnlySpan<double> z, Span<double> shares)
    {
        CheckRow(z);
        var total = 0.0;
        for (var j = 0; j < z.Length; j++)
        {
            var size = Math.Abs(z[j]) * (_weights is null ? 1 : _weights[j]);
            shares[j] = size > _options.ZLimit ? size * size : 0;
            total += shares[j];
        }
        for (var j = 0; j < z.Length && total > 0; j++)
            shares[j] /= total;
    }
}
