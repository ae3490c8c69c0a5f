using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

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
    private readonly double[] _products;
    private readonly AlignedRow _directions;
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
        _products = new double[RowMatrix.Padded(Math.Max(1, Sketch.Components))];
        _directions = new AlignedRow(Math.Max(1, Sketch.Components) * _stride);
        Unexplained = new AlignedRow(_stride);
    }

    /// <summary>The sketch.</summary>
    public FrequentDirections Sketch { get; }

    /// <summary>What the directions left of the last row: NaN where the row was missing.</summary>
    public AlignedRow Unexplained { get; }

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
        if (Sketch.Rank > 0)
            Sketch.Project(clipped, _products);
        if (Vector512.IsHardwareAccelerated)
            Subtract<Ops512, Vector512<double>>(row, deviations);
        else if (Vector256.IsHardwareAccelerated)
            Subtract<Ops256, Vector256<double>>(row, deviations);
        else
            Subtract<Ops128, Vector128<double>>(row, deviations);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Subtract<TOps, V>(ReadOnlySpan<double> row, ReadOnlySpan<double> deviations) where TOps : struct, IVectorOps<V> where V : struct
    {
        ref var x = ref MemoryMarshal.GetReference(row);
        ref var d = ref MemoryMarshal.GetReference(deviations);
        ref var directions = ref MemoryMarshal.GetReference(_directions.Span);
        ref var target = ref MemoryMarshal.GetReference(Unexplained.Span);
        var (infinity, missing) = (TOps.Broadcast(double.PositiveInfinity), TOps.Broadcast(double.NaN));
        var length = Math.Min(Math.Min(row.Length, deviations.Length), _stride);
        for (var i = 0; i < length; i += TOps.Count)
        {
            var explained = TOps.Broadcast(0);
            for (var k = 0; k < Sketch.Rank; k++)
                explained = TOps.MultiplyAdd(TOps.Broadcast(_products[k]), TOps.Load(ref directions, (nuint)(k * _stride + i)), explained);
            var left = TOps.Subtract(TOps.Load(ref d, (nuint)i), explained);
            TOps.Store(TOps.Select(TOps.LessThan(TOps.Abs(TOps.Load(ref x, (nuint)i)), infinity), left, missing), ref target, (nuint)i);
        }
    }

    /// <summary>Direction by direction, feature beside feature: the order in which they are subtracted.</summary>
    private void TakeDirections()
    {
        if (Sketch.Decompositions == _decompositions)
            return;
        _decompositions = Sketch.Decompositions;
        for (var k = 0; k < Sketch.Rank; k++)
            for (var i = 0; i < _stride; i++)
                _directions[k * _stride + i] = Sketch.Direction(k, i);
    }
}
