namespace MicroView.Analysis;

/// <summary>
/// RFD, robust Frequent Directions, the default. What the paper's FD (Sec. 4) asks, "does this row move as the pod's metrics use to move together?", is asked
/// here of deviations that keep their size, from a centre that follows drift, and is answered metric by metric with bounded evidence.
/// <list type="number">
/// <item>Each metric's deviation is taken from a centre and in a scale that follow it slowly (<see cref="DeviationTracker"/>).</item>
/// <item>E is the evidence of the deviations, N that of what the sketch's directions leave unexplained of them, each in its metric's own scale of training.</item>
/// <item>For the metric that goes mad alone: the order of magnitude of the largest deviation, and of the one that is farthest beyond what its metric ever showed in training.</item>
/// <item>All are put on one scale by their median and 99th percentile in training, the lone ones at less weight; the score is the largest. 1 is the 99th percentile of training.</item>
/// </list>
/// Unit norm is gone: it divides the size of an anomaly away. Rows are clipped for fitting only. Missing metrics say nothing. Not thread-safe.
/// <para>Source: ours, from the paper's Sec. 4. Evidence that grows slowly far out is that of robust estimation (Huber, Ann. Math. Stat. 1964), centres and scales
/// follow as exponentially weighted means (Roberts, Technometrics 1959).</para>
/// </summary>
public sealed class RobustFrequentDirectionsDetector : Detector
{
    // A change of an idle pod, whose training scores are all alike, counts from a deviation of 3 on.
    private const double LeastSpread = 9;

    // ln(1 + 4.2) − ln(1 + 2.9): the 99th percentile and the median of the largest of 64 Gaussian deviations.
    private const double LeastLoneSpread = 0.29;

    // One metric must be twice as far out, in orders of magnitude, as many together: alone, it is mostly itself.
    private const double LoneWeight = 2;

    // What is 1 of the deviation in units of its metric's reach, which in training ends at ln 2: some seven times as far as ever. A memory that steps goes
    // farther than it was, and is no incident yet.
    private const double FarSpread = 1.6;

    // A residual smaller than this part of a metric's own scale is no event: directions that fit training too well leave tiny ones.
    private const double LeastResidual = 0.3;

    private const double LeastScale = 1e-3;

    // What lies beyond a gap starts from the mean of this many rows.
    private const int RowsAfterGap = 5;

    // Beyond this, attribution is about who, not how much.
    private const double AttributionCap = 100;

    private readonly DetectorOptions _options;
    private readonly DeviationTracker _own, _left;
    private readonly SharedMotion _shared;
    private (double Middle, double Spread) _ownScale = (0, 1), _leftScale = (0, 1), _loneScale = (0, 1), _farScale = (0, 1);
    private double _ownEvidence, _leftEvidence, _loneEvidence, _farEvidence;
    private int _sinceGap = int.MaxValue;
    private SplitMix64 _random;

    /// <summary>A detector without training.</summary>
    public RobustFrequentDirectionsDetector(int dimension, DetectorOptions options) : base(dimension)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _own = new DeviationTracker(dimension, centers: true);
        _left = new DeviationTracker(dimension, centers: false);
        _shared = new SharedMotion(dimension, options);
        _random = new SplitMix64(options.Seed);
    }

    /// <inheritdoc/>
    public override bool SeesMissing => true;

    /// <inheritdoc/>
    public override double RelativeFloor => 3e-3;

    /// <summary>One connection more or less, of some that never came or went, is at the bend of the evidence: alone it opens no alarm.</summary>
    public override double CountFloor => 1 / Evidence.Bend;

    /// <inheritdoc/>
    public override double LeastThreshold => _options.MinThreshold ?? 1;

    /// <summary>The sketch of the pod's deviations.</summary>
    public FrequentDirections Sketch => _shared.Sketch;

    /// <inheritdoc/>
    public override void Fit(RowMatrix rows) => Fit(rows, TrainingFacts.None);

    /// <inheritdoc/>
    public override void Fit(RowMatrix rows, TrainingFacts facts)
    {
        CheckTraining(rows);
        _random = new SplitMix64(_options.Seed);
        _sinceGap = int.MaxValue;
        _ownScale = _leftScale = _loneScale = _farScale = (0, 1);
        _own.Pace = _left.Pace = Pace.Of(_options, facts.SecondsPerRow, facts.RowsPerKeptRow);
        var scales = Scales(rows, facts);
        var deviations = Fit(rows, scales, facts);
        var residuals = Residuals(rows, deviations);
        _own.SetReach(Reach(deviations));
        _own.Start(scales, facts);
        _left.Start(residuals, facts);
        TrainingScores = ScoreTraining(rows);
        Threshold = Math.Max(LeastThreshold, _options.ThresholdFactor * Percentile.Of([.. TrainingScores], _options.ThresholdPercentile));
        _own.Pace = _left.Pace = Pace.Of(_options, facts.SecondsPerRow, 1);
    }

    /// <inheritdoc/>
    public override double Score(ReadOnlySpan<double> z, double squaredNorm)
    {
        if (_sinceGap < RowsAfterGap)
            _own.SetCenters(z, 1.0 / ++_sinceGap);
        // One row after the other in the same memory: clipped deviations, what is left of them, how far that deviates.
        var left = _left.Deviations;
        _ownEvidence = (_own.Track(z, left) - _ownScale.Middle) / _ownScale.Spread;
        _shared.Explain(z, _own.Deviations, left);
        _leftEvidence = (_left.Track(left) - _leftScale.Middle) / _leftScale.Spread;
        _loneEvidence = (Magnitude(_own.LargestSquare) - _loneScale.Middle) / _loneScale.Spread;
        _farEvidence = (Magnitude(_own.FarthestSquare) - _farScale.Middle) / _farScale.Spread;
        return Math.Max(Math.Max(0, Math.Max(_loneEvidence, _farEvidence)), Math.Max(_ownEvidence, _leftEvidence));
    }

    /// <inheritdoc/>
    public override void AddTo(WorkingSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        set.Add(this, 256);
        _own.AddTo(set);
        _shared.AddTo(set);
        _left.AddTo(set);
    }

    // The order of magnitude of one metric's deviation: what a sum over many metrics would drown.
    private static double Magnitude(double square) => Math.Log(1 + Math.Sqrt(square));

    /// <summary>The sketch absorbs a normal row, and an anomalous one with probability η. Centres and scales follow every row anyway.</summary>
    public override void Update(ReadOnlySpan<double> z, double squaredNorm, bool anomalous)
    {
        if (!anomalous || _random.NextUniform() < _options.Eta)
            _shared.Fit(_own.Deviations);
    }

    /// <inheritdoc/>
    public override void Resume() => _sinceGap = 0;

    /// <summary>
    /// Shares of the squared deviations beyond 1 of the last row scored, or, where the unexplained says more, of those: of a metric's residual only what the metric
    /// itself deviates counts, unless none deviates.
    /// </summary>
    public override void Attribute(ReadOnlySpan<double> z, Span<double> shares)
    {
        CheckRow(z);
        var byResidual = _leftEvidence > _ownEvidence;
        if (Share(shares, byResidual, own: true) || (byResidual && Share(shares, byResidual, own: false)))
            return;
        shares.Clear();
    }

    private bool Share(Span<double> shares, bool byResidual, bool own)
    {
        var total = 0.0;
        for (var i = 0; i < shares.Length; i++)
        {
            var deviation = Math.Min(Math.Abs(_own.Deviations[i]), AttributionCap);
            var left = byResidual ? Math.Min(Math.Abs(_left.Deviations[i]), AttributionCap) : deviation;
            var weight = (own ? Math.Min(deviation, left) : left) * left;
            shares[i] = weight > 1 ? weight : 0;
            total += shares[i];
        }
        for (var i = 0; i < shares.Length && total > 0; i++)
            shares[i] /= total;
        return total > 0;
    }

    /// <summary>How far each metric strays from its followed centre in training, in z; never below what the floor of its deviation allows.</summary>
    private double[] Scales(RowMatrix rows, TrainingFacts facts)
    {
        var scales = new double[Dimension];
        Array.Fill(scales, 1);
        // With a fixed scale: what is to be measured must not be followed.
        _own.Pace = _own.Pace with { ScaleGain = 0 };
        _own.Start(scales, facts);
        var counts = new int[Dimension];
        var squares = new double[Dimension];
        for (var r = 0; r < rows.Count; r++)
        {
            _own.Track(rows[r], _left.Deviations);
            for (var i = 0; i < Dimension; i++)
            {
                var deviation = Math.Clamp(_own.Deviations[i], -5, 5);
                counts[i] += double.IsFinite(rows[r][i]) ? 1 : 0;
                squares[i] += deviation * deviation;
            }
        }
        for (var i = 0; i < Dimension; i++)
        {
            var scale = counts[i] > 0 ? Math.Sqrt(squares[i] / counts[i]) : 1;
            scales[i] = Math.Max(Math.Max(scale, facts.FloorShare(i)), LeastScale);
        }
        _own.Pace = _left.Pace;
        return scales;
    }

    /// <summary>Fits the sketch; the deviations of all rows.</summary>
    private RowMatrix Fit(RowMatrix rows, double[] scales, TrainingFacts facts)
    {
        var deviations = new RowMatrix(Dimension, rows.Count);
        _shared.Sketch.Clear();
        _own.Start(scales, facts);
        for (var r = 0; r < rows.Count; r++)
        {
            _own.Track(rows[r], _left.Deviations);
            deviations.Add(_own.Deviations);
            _shared.Fit(_own.Deviations);
        }
        _shared.Settle();
        return deviations;
    }

    /// <summary>
    /// How far each metric has been in training. One that jumps now and then is expected to; one that never moved is not, however restless the others are.
    /// </summary>
    private double[] Reach(RowMatrix deviations)
    {
        var reach = new double[Dimension];
        Array.Fill(reach, Evidence.Bend);
        for (var r = 0; r < deviations.Count; r++)
            for (var i = 0; i < Dimension; i++)
                reach[i] = Math.Max(reach[i], Math.Abs(deviations[r][i]));
        return reach;
    }

    /// <summary>The scale of what the directions leave of each metric.</summary>
    private double[] Residuals(RowMatrix rows, RowMatrix deviations)
    {
        var (squares, moves, counts) = (new double[Dimension], new double[Dimension], new int[Dimension]);
        var (clipped, left) = (new AlignedRow(Stride), new AlignedRow(Stride));
        for (var r = 0; r < rows.Count; r++)
        {
            for (var i = 0; i < Stride; i++)
                clipped[i] = left[i] = Math.Clamp(deviations[r][i], -DeviationTracker.Clip, DeviationTracker.Clip);
            _shared.Explain(rows[r], clipped, left);
            for (var i = 0; i < Dimension; i++)
            {
                if (!double.IsFinite(left[i]))
                    continue;
                counts[i]++;
                moves[i] += clipped[i] * clipped[i];
                squares[i] += left[i] * left[i];
            }
        }
        for (var i = 0; i < Dimension; i++)
        {
            // A metric that stood still is explained by nothing: its residual is itself.
            var still = moves[i] <= LeastResidual * LeastResidual * counts[i];
            squares[i] = still ? 1 : Math.Max(LeastResidual, Math.Sqrt(squares[i] / counts[i]));
        }
        return squares;
    }

    /// <summary>Scores training as if it were live, from the same start, and takes the scales of all kinds of evidence from it.</summary>
    private double[] ScoreTraining(RowMatrix rows)
    {
        var (own, left, lone, far) = (new double[rows.Count], new double[rows.Count], new double[rows.Count], new double[rows.Count]);
        for (var r = 0; r < rows.Count; r++)
        {
            Score(rows[r], 0);
            (own[r], left[r], lone[r], far[r]) = (_ownEvidence, _leftEvidence, _loneEvidence, _farEvidence);
        }
        _ownScale = ScaleOf(own, LeastSpread);
        _leftScale = ScaleOf(left, LeastSpread);
        _loneScale = ScaleOf(lone, LeastLoneSpread);
        // In an idle pod, whose largest deviation is usually 0, one of 3 is the first that counts, as in a sum.
        _loneScale.Spread = Math.Max(LoneWeight * _loneScale.Spread, Math.Log(1 + Math.Sqrt(LeastSpread)) - _loneScale.Middle);
        _farScale = ScaleOf(far, FarSpread);
        for (var r = 0; r < own.Length; r++)
            own[r] = Math.Max(Math.Max(0, Math.Max(Scaled(lone[r], _loneScale), Scaled(far[r], _farScale))), Math.Max(Scaled(own[r], _ownScale), Scaled(left[r], _leftScale)));
        return own;
    }

    private static double Scaled(double evidence, (double Middle, double Spread) scale) => (evidence - scale.Middle) / scale.Spread;

    private static (double Middle, double Spread) ScaleOf(double[] evidence, double least)
    {
        var sorted = evidence.ToArray();
        var middle = Percentile.Of(sorted, 50);
        return (middle, Math.Max(least, Percentile.Of(sorted, 99) - middle));
    }
}
