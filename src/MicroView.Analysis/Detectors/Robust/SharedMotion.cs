namespace MicroView.Analysis;

/// <summary>
/// The directions in which a pod's metrics move together, by a Frequent Directions sketch of clipped deviations, and what of a row they leave
/// unexplained. Not thread-safe.
/// </summary>
internal sealed class SharedMotion
{
    // Deviations beyond this are clipped for fitting: an outlier in training must not become a direction.
    private const double FitClip = 5;

    // A metric on its own carries a mean square of 1 (Kaiser, Educ. Psychol. Meas. 1960); shared motion carries more. Of few rows and many metrics chance alone makes
    // directions that carry several times that, and explain training and nothing else.
    private const double LeastVariance = 1.1;

    private readonly float[] _products;
    private readonly DirectionRows _directions;
    private long _decompositions = -1;

    /// <summary>For rows of <paramref name="dimension"/> values; ℓ and k of the options, 0 for the width's own.</summary>
    public SharedMotion(int dimension, DetectorOptions options)
    {
        // Kernels take directions by eights, so the last eight are full; the sketch has twice as many rows, for what it shrinks away.
        var wanted = options.Components > 0 ? options.Components : RowMatrix.Padded((int)Math.Ceiling(Math.Sqrt(dimension)));
        var rows = options.SketchRows > 0 ? options.SketchRows : 2 * wanted;
        Sketch = new FrequentDirections(dimension, Math.Max(2, rows), Math.Min(wanted, dimension - 1), LeastVariance) { AboveChance = true };
        _directions = new DirectionRows(Sketch.Components, dimension);
        _products = new float[RowMatrix.Padded(Math.Max(1, Sketch.Components))];
    }

    /// <summary>The sketch.</summary>
    public FrequentDirections Sketch { get; }

    /// <summary>Adds what a row touches.</summary>
    public void AddTo(WorkingSet set)
    {
        set.Add(this, 64);
        set.Add(_products);
        _directions.AddTo(set);
    }

    /// <summary>Adds a row of deviations; the directions follow at once only after <see cref="Settle"/>.</summary>
    public void Fit(ReadOnlySpan<double> deviations)
    {
        Sketch.AppendClipped(deviations, FitClip);
        TakeDirections();
    }

    /// <summary>Brings the directions up to all rows.</summary>
    public void Settle()
    {
        Sketch.Refresh();
        TakeDirections();
    }

    /// <summary>
    /// Leaves of <paramref name="deviations"/>, in <paramref name="rest"/>, what the directions do not explain; NaN where <paramref name="row"/> is missing. The directions are
    /// fitted to the clipped deviations that <paramref name="rest"/> holds before: one metric gone mad would bend what they say of all the others.
    /// </summary>
    public void Explain(ReadOnlySpan<double> row, ReadOnlySpan<double> deviations, Span<double> rest)
    {
        if (_directions.Count > 0)
            _ = _directions.Project(rest, _products);
        _directions.Subtract(_products, row, deviations, rest);
    }

    private void TakeDirections()
    {
        if (Sketch.Decompositions == _decompositions)
            return;
        _decompositions = Sketch.Decompositions;
        _directions.Take(Sketch);
    }
}
