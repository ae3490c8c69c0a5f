using System.Numerics.Tensors;

namespace MicroView.Analysis;

/// <summary>
/// FD, the paper's detector: the score is the norm of what remains of a row outside the top-k right singular vectors of
/// its pod's Frequent Directions sketch, √(‖y‖² − ‖V_k y‖²), where y is the row of z-scores, divided by its norm if
/// <see cref="Normalization.Unit"/>: in 0..1 then, else in deviations. The threshold is a percentile of the training scores. Not thread-safe.
/// <para>Source: the paper's Sec. 4; the sketch is <see cref="FrequentDirections"/>.</para>
/// </summary>
public sealed class FrequentDirectionsDetector : Detector
{
    // Below this share of ‖y‖² the difference of squares has lost digits and the residual is computed instead.
    private const double DirectBelow = 1e-4;

    private readonly DetectorOptions _options;
    private SplitMix64 _random;
    private readonly double[]? _clipped;
    private double[]? _wide;

    /// <summary>A detector without training.</summary>
    public FrequentDirectionsDetector(int dimension, DetectorOptions options) : base(dimension)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _clipped = options.FitClip > 0 ? new double[Stride] : null;
        var rows = options.SketchRows > 0 ? options.SketchRows : Math.Max(2, (int)Math.Sqrt(dimension));
        var components = Math.Min(options.Components > 0 ? options.Components : rows, dimension - 1);
        if (components > rows)
            throw new ArgumentException($"components (k) {components} exceed the sketch rows (ℓ) {rows}", nameof(options));
        Sketch = new FrequentDirections(dimension, rows, components, options.LeastVariance);
        _random = new SplitMix64(options.Seed);
    }

    /// <inheritdoc/>
    public override double LeastThreshold => _options.MinThreshold ?? (_options.Normalization == Normalization.None ? 3 : 0);

    /// <summary>The sketch of what has been absorbed.</summary>
    public FrequentDirections Sketch { get; }

    /// <inheritdoc/>
    public override void Fit(RowMatrix rows)
    {
        CheckTraining(rows);
        Sketch.Clear();
        _random = new SplitMix64(_options.Seed);
        for (var i = 0; i < rows.Count; i++)
            Absorb(rows[i], RowKernels.SquaredNorm(rows[i]));
        Calibrate(rows);
    }

    /// <summary>Unit rows have lost the size that another scaling would need: without a sketch, siblings learn from rows.</summary>
    public override FrequentDirections? ShareSketch() => _options.Normalization == Normalization.Unit ? null : Sketch.Clone();

    /// <inheritdoc/>
    public override void Adopt(RowMatrix rows, FrequentDirections? sketch, TrainingFacts facts)
    {
        if (sketch is null || _options.Normalization == Normalization.Unit)
        {
            Fit(rows);
            return;
        }
        CheckTraining(rows);
        Sketch.CopyFrom(sketch);
        _random = new SplitMix64(_options.Seed);
        Calibrate(rows);
    }

    /// <inheritdoc/>
    public override void AddTo(WorkingSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        Sketch.AddTo(set);
    }

    private void Calibrate(RowMatrix rows)
    {
        Sketch.Refresh();
        Threshold = Math.Max(LeastThreshold, _options.ThresholdFactor * Percentile.Of([.. TrainingScores = ScoreAll(rows)], _options.ThresholdPercentile));
    }

    /// <inheritdoc/>
    public override double Score(ReadOnlySpan<double> z, double squaredNorm)
    {
        var square = squaredNorm - Sketch.ProjectedSquare(z);
        if (square < DirectBelow * squaredNorm)
            square = DirectSquare(z);
        if (_options.Normalization == Normalization.Unit)
            return squaredNorm > 0 ? Math.Sqrt(square / squaredNorm) : 0;
        return Math.Sqrt(square);
    }

    /// <summary>Absorbs a normal row, and an anomalous one with probability η.</summary>
    public override void Update(ReadOnlySpan<double> z, double squaredNorm, bool anomalous)
    {
        if (!anomalous || _random.NextUniform() < _options.Eta)
            Absorb(z, squaredNorm);
    }

    /// <summary>
    /// Shares of the squared residual. Of a metric's residual only what the metric itself deviates counts: when one of two metrics that
    /// used to
    /// move together moves alone, the projection leaves the same residual on both, but only one of them did anything.
    /// </summary>
    public override void Attribute(ReadOnlySpan<double> z, Span<double> shares)
    {
        CheckRow(z);
        Sketch.Residual(z, shares);
        var total = 0.0;
        for (var j = 0; j < shares.Length; j++)
        {
            var own = Math.Max(0, Math.Min(Math.Abs(shares[j]), z[j] * Math.Sign(shares[j])));
            shares[j] = own * Math.Abs(shares[j]);
            total += shares[j];
        }
        for (var j = 0; j < shares.Length && total > 0; j++)
            shares[j] /= total;
    }

    private void Absorb(ReadOnlySpan<double> z, double squaredNorm)
    {
        if (_clipped is { } clipped)
        {
            TensorPrimitives.Clamp(z[..clipped.Length], -_options.FitClip, _options.FitClip, clipped);
            z = clipped;
            squaredNorm = RowKernels.SquaredNorm(z);
        }
        var unit = _options.Normalization == Normalization.Unit && squaredNorm > 0;
        Sketch.Append(z, unit ? 1 / Math.Sqrt(squaredNorm) : 1);
    }

    private double DirectSquare(ReadOnlySpan<double> z)
    {
        Span<double> residual = z.Length <= 512 ? stackalloc double[z.Length] : (_wide ??= new double[z.Length]);
        return Sketch.Residual(z, residual);
    }
}
