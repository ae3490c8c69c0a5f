using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MicroView.Analysis;

/// <summary>
/// Follows, per feature, where a value stands and how far it usually strays, so that drift is not an event: deviation = (x − centre) / scale.
/// Deviations are clipped at ±<see cref="Clip"/> before they move anything, so an event hardly does; a feature that has come to stand elsewhere
/// (<see cref="LevelRuns"/>) has its centre there. Features that are missing (NaN) deviate by 0 and move nothing. Centres and variances are kept in units of the scale
/// of the moment: a row then reads one array less of each, and memory is what rows of many pods wait for. Not thread-safe.
/// </summary>
internal sealed class DeviationTracker
{
    /// <summary>Deviations beyond this are events and are followed only after the hold limit.</summary>
    public const double Clip = 5;

    // How much of its scale of training a feature may come to stray. More, and a long event would hide itself.
    private const double MostGrowth = 10;

    // Scales move slowly: their square roots are taken once in so many rows.
    private const int RefreshEvery = 16;

    // Rows that the start counts for in the running means that centres and scales are until the half-life's gain is reached.
    private const double HeadStart = 60;

    private readonly int _dimension;
    private readonly bool _centers;
    private readonly AlignedRow _center, _variance, _inverse, _base, _reach;
    private readonly LevelRuns _levels;
    private int _sinceRefresh;
    private double _seen;

    /// <summary>A tracker of rows of <paramref name="dimension"/> values.</summary>
    /// <param name="dimension">Values per row.</param>
    /// <param name="centers">False: centres stay 0, and only scales are followed; then nothing is clipped and <see cref="FarthestSquare"/> says nothing.</param>
    public DeviationTracker(int dimension, bool centers)
    {
        (_dimension, _centers) = (dimension, centers);
        var stride = RowMatrix.Padded(dimension);
        var rows = AlignedRow.Block(6, stride);
        (_inverse, Deviations, _variance, _center, _reach, _base) = (rows[0], rows[1], rows[2], rows[3], rows[4], rows[5]);
        _levels = new LevelRuns(centers ? dimension : 0);
    }

    /// <summary>The deviations of the last row, 0 where missing.</summary>
    public AlignedRow Deviations { get; }

    /// <summary>The largest squared deviation of the last row.</summary>
    public double LargestSquare { get; private set; }

    /// <summary>The largest squared deviation of the last row in units of how far its feature has been (see <see cref="SetReach"/>).</summary>
    public double FarthestSquare { get; private set; }

    /// <summary>What the pace of following is, in rows.</summary>
    public Pace Pace { get; set; }

    /// <summary>Starts over at centre 0 with scales of <paramref name="scales"/>, one per feature, above 0.</summary>
    public void Start(ReadOnlySpan<double> scales, TrainingFacts facts)
    {
        _center.Span.Clear();
        _seen = 0;
        _sinceRefresh = 0;
        _base.Span.Fill(1);
        for (var i = 0; i < _dimension; i++)
            _base[i] = scales[i] * scales[i];
        _variance.Span.Fill(1);
        for (var i = 0; i < _base.Length; i++)
            _inverse[i] = 1 / Math.Sqrt(_base[i]);
        _levels.Start(facts);
    }

    /// <summary>How far each feature has ever been, in deviations above 0; the start sets none.</summary>
    public void SetReach(ReadOnlySpan<double> reach)
    {
        for (var i = 0; i < _dimension; i++)
            _reach[i] = 1 / (reach[i] * reach[i]);
    }

    /// <summary>The next rows are no continuation: centres follow <paramref name="weight"/> rows' worth of what comes, scales stay.</summary>
    public void SetCenters(ReadOnlySpan<double> z, double weight)
    {
        for (var i = 0; i < _dimension; i++)
            if (double.IsFinite(z[i]))
                _center[i] += (z[i] * _inverse[i] - _center[i]) * weight;
        _levels.End();
    }

    /// <summary>
    /// Measures a row and follows it; the sum of the evidence (see <see cref="Evidence"/>) of all its features. Its clipped deviations go to <paramref name="clipped"/>, as long as
    /// the row, when centres are followed. The row may be <see cref="Deviations"/>.
    /// </summary>
    public double Track(ReadOnlySpan<double> row, Span<double> clipped = default)
    {
        if (_centers && clipped.Length < row.Length)
            throw new ArgumentException($"There is room for {clipped.Length} clipped deviations, the row has {row.Length}.", nameof(clipped));
        _seen += Pace.RowsPerRow;
        var gain = Math.Max(Pace.CenterGain, Pace.RowsPerRow / (_seen + HeadStart));
        var scaleGain = Math.Max(Pace.ScaleGain, Pace.RowsPerRow / (_seen + HeadStart));
        var centerGain = _centers ? gain : 0;
        var evidence = Vector512.IsHardwareAccelerated ? Track<Ops512, Vector512<double>>(row, clipped, centerGain, scaleGain, out var largest, out var farthest)
            : Vector256.IsHardwareAccelerated ? Track<Ops256, Vector256<double>>(row, clipped, centerGain, scaleGain, out largest, out farthest)
            : Track<Ops128, Vector128<double>>(row, clipped, centerGain, scaleGain, out largest, out farthest);
        (LargestSquare, FarthestSquare) = (largest, farthest);
        if (_centers && (_levels.Any || largest > Clip * Clip) && FollowLevels(row, clipped))
            evidence = MeasureAgain(out largest);
        if (largest > Evidence.Bend * Evidence.Bend)
            evidence += Evidence.Beyond(Deviations.Span[.._dimension]);
        if (++_sinceRefresh == RefreshEvery)
            Refresh();
        return evidence;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Track<TOps, V>(ReadOnlySpan<double> row, Span<double> clippedRow, double centerGain, double scaleGain, out double largest, out double farthest)
        where TOps : struct, IVectorOps<V> where V : struct
    {
        ref var x = ref MemoryMarshal.GetReference(row);
        ref var center = ref MemoryMarshal.GetReference(_center.Span);
        ref var variance = ref MemoryMarshal.GetReference(_variance.Span);
        ref var reach = ref MemoryMarshal.GetReference(_reach.Span);
        ref var inverse = ref MemoryMarshal.GetReference(_inverse.Span);
        ref var deviations = ref MemoryMarshal.GetReference(Deviations.Span);
        ref var clipped = ref MemoryMarshal.GetReference(clippedRow);
        var (zero, infinity) = (TOps.Broadcast(0), TOps.Broadcast(double.PositiveInfinity));
        var (clip, minusClip) = (TOps.Broadcast(Clip), TOps.Broadcast(-Clip));
        var bend = TOps.Broadcast(Evidence.Bend * Evidence.Bend);
        var (a, b) = (TOps.Broadcast(centerGain), TOps.Broadcast(scaleGain));
        var (sum, most, far) = (zero, zero, zero);
        var length = Math.Min(row.Length, _center.Length);
        for (nuint i = 0; i < (nuint)length; i += (nuint)TOps.Count)
        {
            var value = TOps.Load(ref x, i);
            var present = TOps.LessThan(TOps.Abs(value), infinity);
            var c = _centers ? TOps.Load(ref center, i) : zero;
            var d = TOps.Select(present, TOps.Subtract(TOps.Multiply(value, TOps.Load(ref inverse, i)), c), zero);
            var p = TOps.Max(TOps.Min(d, clip), minusClip);
            TOps.Store(d, ref deviations, i);
            var v = TOps.Load(ref variance, i);
            TOps.Store(TOps.Select(present, TOps.MultiplyAdd(b, TOps.Subtract(TOps.Multiply(p, p), v), v), v), ref variance, i);
            var square = TOps.Multiply(d, d);
            sum = TOps.Add(sum, TOps.Min(square, bend));
            most = TOps.Max(most, square);
            if (!_centers)
                continue; // nobody asks for the rest, and what is not touched need not be fetched
            TOps.Store(p, ref clipped, i);
            TOps.Store(TOps.MultiplyAdd(a, p, c), ref center, i);
            far = TOps.Max(far, TOps.Multiply(square, TOps.Load(ref reach, i)));
        }
        (largest, farthest) = (TOps.Largest(most), TOps.Largest(far));
        return TOps.Sum(sum);
    }

    /// <summary>Features that are out, one by one: rare. Whether one is back at a level that it stood at, so that this row deviates less.</summary>
    private bool FollowLevels(ReadOnlySpan<double> row, Span<double> clipped)
    {
        var changed = false;
        _levels.Any = false;
        for (var i = 0; i < _dimension; i++)
        {
            if (!double.IsFinite(row[i]))
            {
                _levels.Skip(i);
                continue;
            }
            var scale = 1 / _inverse[i];
            if (Math.Abs(Deviations[i]) > Clip && _levels.GoBack(i, row[i], _center[i] * scale, scale) is var known && !double.IsNaN(known))
            {
                _center[i] = known * _inverse[i];
                Deviations[i] = (row[i] - known) * _inverse[i];
                clipped[i] = Math.Clamp(Deviations[i], -Clip, Clip);
                changed = true;
            }
            var side = Deviations[i] > Clip ? 1 : Deviations[i] < -Clip ? -1 : 0;
            if (_levels.Observe(i, side, row[i], _center[i] * scale, scale, Pace) is var level && !double.IsNaN(level))
                _center[i] = level * _inverse[i];
        }
        return changed;
    }

    /// <summary>The last row as its deviations are now: Σ min(r², bend²), before what lies beyond the bend.</summary>
    private double MeasureAgain(out double largest)
    {
        var (sum, far) = (0.0, 0.0);
        largest = 0;
        for (var i = 0; i < _dimension; i++)
        {
            var square = Deviations[i] * Deviations[i];
            sum += Math.Min(square, Evidence.Bend * Evidence.Bend);
            largest = Math.Max(largest, square);
            far = Math.Max(far, square * _reach[i]);
        }
        (LargestSquare, FarthestSquare) = (largest, far);
        return sum;
    }

    /// <summary>Adds what a row touches.</summary>
    public void AddTo(WorkingSet set)
    {
        set.Add(this, 256);
        foreach (var row in (ReadOnlySpan<AlignedRow>)(_centers ? [_inverse, Deviations, _variance, _center, _reach] : [_inverse, Deviations, _variance]))
            row.AddTo(set);
    }

    /// <summary>Scales as the variances are now; centres and variances in the new ones.</summary>
    private void Refresh()
    {
        _sinceRefresh = 0;
        for (var i = 0; i < _base.Length; i++)
        {
            var variance = _variance[i] / (_inverse[i] * _inverse[i]);
            var inverse = 1 / Math.Sqrt(Math.Clamp(variance, _base[i], MostGrowth * MostGrowth * _base[i]));
            _center[i] *= inverse / _inverse[i];
            (_variance[i], _inverse[i]) = (variance * inverse * inverse, inverse);
        }
    }
}

/// <summary>How fast centres and scales follow.</summary>
/// <param name="CenterGain">Part of a deviation by which a centre moves with a row.</param>
/// <param name="ScaleGain">The same of variances.</param>
/// <param name="HoldRows">Rows on one side after which a feature's centre jumps.</param>
/// <param name="SettleRows">Rows after which that of a count does, if it stands still.</param>
/// <param name="RowsPerRow">Rows of the pod that a row stands for.</param>
internal readonly record struct Pace(double CenterGain, double ScaleGain, int HoldRows, int SettleRows, double RowsPerRow)
{
    // Below so many rows neither a mean nor a change of level can be told from noise, however slow the rows come.
    private const double FewestRows = 60;
    private const int FewestHoldRows = 15;

    /// <summary>The pace for rows that come each <paramref name="seconds"/> and stand for <paramref name="rowsPerRow"/> rows each.</summary>
    public static Pace Of(DetectorOptions options, double seconds, double rowsPerRow)
    {
        seconds = seconds > 0 ? seconds : 1;
        var half = Math.Max(FewestRows, options.DriftHalfLifeSeconds / seconds);
        // Scales follow four times more slowly: they must not take an event for restlessness.
        return new(Gain(rowsPerRow / half), Gain(rowsPerRow / (4 * half)), Rows(options.HoldLimitSeconds), Rows(options.SettleSeconds), rowsPerRow);

        int Rows(double time) => (int)Math.Max(1, Math.Clamp(time / seconds, FewestHoldRows, int.MaxValue / 2) / rowsPerRow);
    }

    private static double Gain(double halfLives) => 1 - Math.Pow(0.5, halfLives);
}
