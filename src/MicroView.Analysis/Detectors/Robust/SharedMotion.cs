namespace MicroView.Analysis;

/// <summary>
/// The directions in which a pod's metrics move together, by a Frequent Directions sketch of clipped deviations, and what of a row they leave
/// unexplained. Not thread-safe.
/// </summary>
internal sealed class SharedMotion
{
    // Deviations beyond this are clipped for fitting: an outlier in training must not become a direction.
    private const double FitClip = 5;

    // A metric on its own carries a mean square of 1 (Kaiser, Educ. Psychol. Meas. 1960); shared motion carries more.
    private const double LeastVariance = 1.1;

    private readonly int _stride;
    private readonly double[] _scratch;
    private readonly float[] _products;
    private readonly DirectionRows _directions;
    private long _decompositions = -1;

    /// <summary>For rows of <paramref name="dimension"/> values; ℓ and k of the options, 0 for the width's own.</summary>
    public SharedMotion(int dimension, DetectorOptions options)
    {
        _stride = RowMatrix.Padded(dimension);
        // Kernels take directions by eights, so the last eight are full; the sketch has twice as many rows, for what it shrinks away.
        var wanted = options.Components > 0 ? options.Components : RowMatrix.Padded((int)Math.Ceiling(Math.Sqrt(dimension)));
        var rows = options.SketchRows > 0 ? options.SketchRows : 2 * wanted;
        Sketch = new FrequentDirections(dimension, Math.Max(2, rows), Math.Min(wanted, dimension - 1), LeastVariance);
        _scratch = new double[_stride];
        _directions = new DirectionRows(Sketch.Components, dimension);
        _products = new float[RowMatrix.Padded(Math.Max(1, Sketch.Components))];
        Unexplained = new AlignedRow(_stride);
    }

    /// <summary>The sketch.</summary>
    public FrequentDirections Sketch { get; }

    /// <summary>What the directions left of the last row: NaN where the row was missing.</summary>
    public AlignedRow Unexplained { get; }

    /// <summary>Adds what a row touches.</summary>
    public void AddTo(WorkingSet set)
    {
        set.Add(this, 64);
        set.Add(_products);
        set.Add(_directions, 48);
        _directions.Memory.AddTo(set);
        Unexplained.AddTo(set);
    }

    /// <summary>Adds a row of deviations; the directions follow at once only after <see cref="Settle"/>.</summary>
    public void Fit(ReadOnlySpan<double> deviations)
    {
        for (var i = 0; i < _scratch.Length; i++)
            _scratch[i] = Math.Clamp(deviations[i], -FitClip, FitClip);
        Sketch.Append(_scratch);
        TakeDirections();
    }

    /// <summary>Brings the directions up to all rows.</summary>
    public void Settle()
    {
        Sketch.Refresh();
        TakeDirections();
    }

    /// <summary>
    /// Writes to <see cref="Unexplained"/> what is left of <paramref name="deviations"/>. The directions are fitted to <paramref name="clipped"/>: one metric gone
    /// mad would bend what they say of all the others.
    /// </summary>
    public void Explain(ReadOnlySpan<double> row, ReadOnlySpan<double> deviations, ReadOnlySpan<double> clipped)
    {
        if (_directions.Count > 0)
            _ = _directions.Project(clipped, _products);
        _directions.Subtract(_products, row, deviations, Unexplained);
    }

    private void TakeDirections()
    {
        if (Sketch.Decompositions == _decompositions)
            return;
        _decompositions = Sketch.Decompositions;
        _directions.Take(Sketch);
    }
}
