namespace MicroView.Analysis;

/// <summary>
/// Judges rows of z-scores of one pod. A row is <see cref="Stride"/> doubles: <see cref="Dimension"/> values, then zeros (see
/// <see cref="RowMatrix"/>), all finite. Deterministic: randomness comes from <see cref="DetectorOptions.Seed"/>. A
/// row or training rows of another length are an <see cref="ArgumentException"/>. Not thread-safe.
/// <para>To add one: derive from this in one file and register a name in <see cref="DetectorRegistry"/>.</para>
/// </summary>
public abstract class Detector
{
    /// <summary>A detector of rows of <paramref name="dimension"/> values.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no value.</exception>
    protected Detector(int dimension)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        Dimension = dimension;
        Stride = RowMatrix.Padded(dimension);
    }

    /// <summary>Values per row.</summary>
    public int Dimension { get; }

    /// <summary><see cref="Dimension"/> rounded up to a multiple of eight: the length of the rows.</summary>
    public int Stride { get; }

    /// <summary>A row is anomalous if its score exceeds this. Infinite before training.</summary>
    public double Threshold { get; protected set; } = double.PositiveInfinity;

    /// <summary>The threshold is never set below this, whoever sets it.</summary>
    public virtual double LeastThreshold => 0;

    /// <summary>Scores of the training rows, in their order; empty before training.</summary>
    public IReadOnlyList<double> TrainingScores { get; protected set; } = [];

    /// <summary>Whether missing values reach the detector as NaN; else as 0, the mean of training.</summary>
    public virtual bool SeesMissing => false;

    /// <summary>The floor of a feature's deviation as a part of its |mean| that suits this detector; see <see cref="FeatureScaling"/>.</summary>
    public virtual double RelativeFloor => 1e-4;

    /// <summary>The floor of the deviation of a count, in its unit: how little one more or less weighs; 0: no floor. See <see cref="FeatureScaling"/>.</summary>
    public virtual double CountFloor => 0;

    /// <summary>Learns from training rows and sets <see cref="Threshold"/> and <see cref="TrainingScores"/>. Called again, it starts over.</summary>
    /// <exception cref="ArgumentException">The rows are of another width, or there are none.</exception>
    public abstract void Fit(RowMatrix rows);

    /// <summary>The same for a detector that must know more of them.</summary>
    public virtual void Fit(RowMatrix rows, TrainingFacts facts) => Fit(rows);

    /// <summary>The rows to come do not continue those before: there was a gap in time, or another day begins.</summary>
    public virtual void Resume()
    {
    }

    /// <summary>
    /// Score of a row, 0 or more, larger is stranger. <paramref name="squaredNorm"/> is ‖z‖², which the caller has at hand. Called once per row, in
    /// the order of time: a detector may follow what it sees.
    /// </summary>
    public abstract double Score(ReadOnlySpan<double> z, double squaredNorm);

    /// <summary>
    /// Lets the model learn from a row seen live. Normal rows are always absorbed, anomalous ones as the model decides (η).
    /// Called only when learning online.
    /// </summary>
    public abstract void Update(ReadOnlySpan<double> z, double squaredNorm, bool anomalous);

    /// <summary>
    /// Writes the share of the score of the last row, <paramref name="z"/>, that each feature explains, 0..1, summing to 1 or less;
    /// <paramref name="shares"/> is <see cref="Stride"/> long.
    /// </summary>
    public abstract void Attribute(ReadOnlySpan<double> z, Span<double> shares);

    /// <summary>
    /// Adds the memory that <see cref="Score"/> touches, beside the detector's own object, to what is fetched ahead of a row. The default adds nothing: it is slower with
    /// thousands of pods, and as right.
    /// </summary>
    public virtual void AddTo(WorkingSet set)
    {
    }

    /// <summary>A copy of the sketch that siblings may build on; null, the default, when the detector has none that can be pooled.</summary>
    public virtual FrequentDirections? ShareSketch() => null;

    /// <summary>
    /// Starts from what siblings learnt, all in one scaling: <paramref name="rows"/>, a selection of theirs, and the pooled sketches of
    /// <see cref="ShareSketch"/>, null when not all had one. The default learns from the rows as if they were its own.
    /// </summary>
    public virtual void Adopt(RowMatrix rows, FrequentDirections? sketch, TrainingFacts facts) => Fit(rows, facts);

    /// <summary>Scores of all <paramref name="rows"/>.</summary>
    protected double[] ScoreAll(RowMatrix rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var scores = new double[rows.Count];
        for (var i = 0; i < scores.Length; i++)
            scores[i] = Score(rows[i], RowKernels.SquaredNorm(rows[i]));
        return scores;
    }

    /// <summary>Throws unless <paramref name="rows"/> fit this detector.</summary>
    protected void CheckTraining(RowMatrix rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.Dimension != Dimension)
            throw new ArgumentException($"Training rows have {rows.Dimension} values, the detector takes {Dimension}.", nameof(rows));
        if (rows.Count == 0)
            throw new ArgumentException("There are no training rows.", nameof(rows));
    }

    /// <summary>Throws unless a row has <see cref="Stride"/> values.</summary>
    protected void CheckRow(ReadOnlySpan<double> row)
    {
        if (row.Length != Stride)
            throw new ArgumentException($"The row has {row.Length} values, {Stride} ({Dimension} padded) are needed.", nameof(row));
    }
}
