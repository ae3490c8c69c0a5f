using System.Numerics.Tensors;
using System.Runtime.Intrinsics;

namespace MicroView.Analysis;

/// <summary>
/// Frequent Directions sketch of a stream of rows of d doubles, which must be finite.
/// A buffer of 2ℓ rows is filled; when full it is decomposed, all squared singular values are lowered by the ℓ-th, and
/// fewer than ℓ rows remain. With A all rows seen and B the buffer, ‖AᵀA − BᵀB‖₂ ≤ ‖A − A_k‖²_F / (ℓ − k) for every k &lt; ℓ.
/// <para>The decomposition goes through the Gram matrix of the buffer's rows, at most 2ℓ×2ℓ. Singular values below 1e-7 of the largest
/// cannot be told from 0 there and count as rank deficiency: their directions are left out. Not thread-safe.</para>
/// <para>Source: Liberty, KDD 2013; bound and merging by Ghashami et al., SIAM J. Comput. 2016; the paper's Sec. 4.</para>
/// </summary>
public sealed class FrequentDirections
{
    // σ² relative to the largest below which an eigenvalue of the Gram matrix is rounding noise.
    private const double RankTolerance = 1e-14;

    // σ² relative to the largest below which directions are orthogonalised again, on the rows themselves.
    private const double PolishBelow = 1e-6;

    // Of so many rows per feature, what a direction by chance explains of them is little.
    private const int ManyRows = 10;

    private readonly int _stride;
    private readonly int _groups;
    private readonly double _leastVariance;
    private readonly double[] _buffer;

    // Groups of eight directions; within a group, feature by feature, the eight directions' coefficients side by side.
    private readonly AlignedRow _basis;
    private int _filled;
    private bool _stale;

    /// <summary>An empty sketch of rows of <paramref name="dimension"/> values.</summary>
    /// <param name="dimension">d, values per row.</param>
    /// <param name="sketchRows">ℓ, at least 2.</param>
    /// <param name="components">k, 0 to ℓ: the directions that <see cref="ProjectedSquare"/> projects on.</param>
    /// <param name="leastVariance">Directions whose σ²/n, n the rows seen, is not above this are left out of the k.</param>
    public FrequentDirections(int dimension, int sketchRows, int components, double leastVariance = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(sketchRows, 2);
        ArgumentOutOfRangeException.ThrowIfNegative(components);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(components, sketchRows);
        Dimension = dimension;
        SketchRows = sketchRows;
        Components = components;
        _leastVariance = leastVariance;
        _stride = RowMatrix.Padded(dimension);
        _groups = (components + 7) / 8;
        _buffer = new double[2 * sketchRows * _stride];
        _basis = new AlignedRow(_groups * 8 * _stride);
    }

    /// <summary>d, values per row.</summary>
    public int Dimension { get; }

    /// <summary>ℓ; the buffer holds twice as many rows.</summary>
    public int SketchRows { get; }

    /// <summary>k, the directions kept for projection.</summary>
    public int Components { get; }

    /// <summary>Directions whose σ²/n is not above this are left out of the k.</summary>
    public double LeastVariance => _leastVariance;

    /// <summary>
    /// Whether, of fewer than 10·d rows, directions must also carry more than chance gives independent features of unit variance, up to (1 + √(d/n))²
    /// (Marchenko &amp; Pastur, Math. USSR-Sb. 1967).
    /// </summary>
    internal bool AboveChance { get; init; }

    /// <summary>n, the rows seen; of a merged sketch, by all that were merged.</summary>
    public long Seen { get; private set; }

    /// <summary>Whether rows have been appended since the directions were computed.</summary>
    internal bool IsStale => _stale;

    /// <summary>Directions found, at most <see cref="Components"/>: fewer when the rows seen have a lower rank.</summary>
    public int Rank { get; private set; }

    /// <summary>Decompositions made so far: the directions are the same as long as this is.</summary>
    internal long Decompositions { get; private set; }

    /// <summary>Rows in the buffer now, at most 2ℓ.</summary>
    public int Count => _filled;

    /// <summary>Row <paramref name="index"/> of the buffer B, <see cref="Dimension"/> values.</summary>
    public ReadOnlySpan<double> Row(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_filled, nameof(index));
        return _buffer.AsSpan(index * _stride, Dimension);
    }

    /// <summary>Forgets all rows.</summary>
    public void Clear()
    {
        _filled = 0;
        _stale = false;
        Seen = 0;
        Rank = 0;
        Decompositions++;
        _basis.Span.Clear();
    }

    /// <summary>
    /// Adds <paramref name="scale"/>·<paramref name="row"/>; finite, at least <see cref="Dimension"/> values. The directions follow when
    /// the buffer is
    /// full, every ℓ + 1 rows or so, or on <see cref="Refresh"/>.
    /// </summary>
    public void Append(ReadOnlySpan<double> row, double scale = 1)
    {
        var target = Next;
        if (scale == 1)
            row[..Dimension].CopyTo(target);
        else
            for (var i = 0; i < target.Length; i++)
                target[i] = row[i] * scale;
        Appended();
    }

    /// <summary>Adds <paramref name="row"/> with its values clipped at ±<paramref name="most"/>.</summary>
    internal void AppendClipped(ReadOnlySpan<double> row, double most)
    {
        TensorPrimitives.Clamp(row[..Dimension], -most, most, Next);
        Appended();
    }

    private Span<double> Next => _buffer.AsSpan(_filled * _stride, Dimension);

    private void Appended()
    {
        _stale = true;
        Seen++;
        if (++_filled == 2 * SketchRows)
            Decompose(shrink: true);
    }

    /// <summary>
    /// Takes in all rows that another sketch has seen. With A both streams, B the buffer and ℓ the smaller of the two, the error stays
    /// ‖AᵀA − BᵀB‖₂ ≤ ‖A − A_k‖²_F / (ℓ − k): sketches merge (Ghashami et al., Sec. 1.2). The directions follow as for
    /// <see cref="Append"/>. The other sketch stays as it is.
    /// </summary>
    /// <exception cref="ArgumentException">The other sketch is this one, or of rows of another width.</exception>
    public void Merge(FrequentDirections other) => Merge(other, default, default);

    /// <summary>
    /// The same for rows s∘row + c, <paramref name="stretch"/> s and <paramref name="shift"/> c, where the other's rows have the mean 0.
    /// </summary>
    internal void Merge(FrequentDirections other, ReadOnlySpan<double> stretch, ReadOnlySpan<double> shift)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (ReferenceEquals(other, this))
            throw new ArgumentException("A sketch cannot be merged into itself: its rows would count twice.", nameof(other));
        if (other.Dimension != Dimension)
            throw new ArgumentException($"The other sketch is of rows of {other.Dimension} values, this one of {Dimension}.", nameof(other));
        var seen = Seen + other.Seen;
        var row = new double[Dimension];
        for (var i = 0; i < other.Count; i++)
        {
            other.Row(i).CopyTo(row);
            for (var j = 0; j < stretch.Length; j++)
                row[j] *= stretch[j];
            Append(row);
        }
        if (shift.ContainsAnyExcept(0))
            Append(shift, Math.Sqrt(other.Seen));
        Seen = seen;
        _stale = _filled > 0; // which directions carry enough depends on all rows seen
    }

    /// <summary>A sketch of the same state that goes its own way from here.</summary>
    public FrequentDirections Clone()
    {
        var copy = new FrequentDirections(Dimension, SketchRows, Components, _leastVariance) { AboveChance = AboveChance };
        copy.CopyFrom(this);
        return copy;
    }

    /// <summary>Takes over the state of a sketch of the same sizes.</summary>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public void CopyFrom(FrequentDirections other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if ((other.Dimension, other.SketchRows, other.Components) != (Dimension, SketchRows, Components))
            throw new ArgumentException(
                $"The other sketch has d = {other.Dimension}, ℓ = {other.SketchRows}, k = {other.Components}; "
                + $"this one {Dimension}, {SketchRows}, {Components}.", nameof(other));
        other._buffer.CopyTo(_buffer, 0);
        other._basis.Span.CopyTo(_basis);
        (_filled, _stale, Seen, Rank) = (other._filled, other._stale, other.Seen, other.Rank);
    }

    /// <summary>Fills a new sketch with a state that was stored: rows of the buffer, then directions, each <see cref="Dimension"/> values.</summary>
    internal void Restore(ReadOnlySpan<double> rows, ReadOnlySpan<double> directions, long seen, bool stale)
    {
        _filled = rows.Length / Dimension;
        for (var i = 0; i < _filled; i++)
            rows.Slice(i * Dimension, Dimension).CopyTo(_buffer.AsSpan(i * _stride));
        Rank = directions.Length / Dimension;
        for (var i = 0; i < Rank; i++)
            for (var j = 0; j < Dimension; j++)
                Coefficient(i, j) = directions[i * Dimension + j];
        (Seen, _stale) = (seen, stale);
    }

    /// <summary>Brings the directions up to the rows appended since the last decomposition; nothing is shrunk.</summary>
    public void Refresh()
    {
        if (_stale)
            Decompose(shrink: false);
    }

    /// <summary>‖V_k y‖², for <paramref name="row"/> y padded with zeros to a multiple of eight.</summary>
    public double ProjectedSquare(ReadOnlySpan<double> row) =>
        Vector512.IsHardwareAccelerated ? MatrixKernels<Ops512, Vector512<double>>.Project(_basis, Rank, row)
        : Vector256.IsHardwareAccelerated ? MatrixKernels<Ops256, Vector256<double>>.Project(_basis, Rank, row)
        : MatrixKernels<Ops128, Vector128<double>>.Project(_basis, Rank, row);

    /// <summary>Adds what a projection touches.</summary>
    internal void AddTo(WorkingSet set)
    {
        set.Add(this, 96);
        _basis.AddTo(set);
    }

    /// <summary>Writes y − V_kᵀV_k y, both padded with zeros to a multiple of eight; returns its squared norm.</summary>
    public double Residual(ReadOnlySpan<double> row, Span<double> residual)
    {
        Span<double> products = stackalloc double[_groups * 8];
        if (Vector512.IsHardwareAccelerated)
            MatrixKernels<Ops512, Vector512<double>>.Products(_basis, Rank, row, products);
        else if (Vector256.IsHardwareAccelerated)
            MatrixKernels<Ops256, Vector256<double>>.Products(_basis, Rank, row, products);
        else
            MatrixKernels<Ops128, Vector128<double>>.Products(_basis, Rank, row, products);
        var square = 0.0;
        for (var j = 0; j < row.Length; j++)
        {
            var explained = 0.0;
            for (var i = 0; i < Rank; i++)
                explained += Coefficient(i, j) * products[i];
            residual[j] = row[j] - explained;
            square += residual[j] * residual[j];
        }
        return square;
    }

    /// <summary>
    /// Element <paramref name="feature"/> of direction <paramref name="index"/> (0: the strongest); 0 beyond <see cref="Rank"/>.
    /// </summary>
    public double Direction(int index, int feature) => Coefficient(index, feature);

    private ref double Coefficient(int direction, int feature) =>
        ref _basis.Span[((direction >> 3) * _stride + feature) * 8 + (direction & 7)];

    private void Decompose(bool shrink)
    {
        if (Vector512.IsHardwareAccelerated)
            Decompose<Ops512, Vector512<double>>(shrink);
        else if (Vector256.IsHardwareAccelerated)
            Decompose<Ops256, Vector256<double>>(shrink);
        else
            Decompose<Ops128, Vector128<double>>(shrink);
        _stale = false;
        Decompositions++;
    }

    /// <summary>One decomposition at one vector width.</summary>
    internal void Decompose<TOps, V>(bool shrink) where TOps : struct, IVectorOps<V> where V : struct
    {
        var w = EigenWorkspace.Rent(_filled, _filled * _stride);
        MatrixKernels<TOps, V>.Gram(_buffer, _stride, w);
        SymmetricEigen<TOps, V>.Solve(w);
        var squares = w.Values;
        var rank = RankOf(squares);
        var kept = Math.Min(SketchRows, rank);
        // In the Gram matrix the smaller of very unequal singular values lose digits to the largest.
        var spread = kept > 0 && squares[kept - 1] < PolishBelow * squares[0];
        var count = spread ? rank : kept;
        var rows = w.Scratch(count * _stride);
        MatrixKernels<TOps, V>.Combine(w, _buffer, _stride, count, rows);
        if (spread)
            RowOrthogonalizer<TOps, V>.Run(rows, _stride, count);
        for (var i = 0; i < count; i++)
            squares[i] = RowKernels<TOps, V>.Dot(rows.Slice(i * _stride, _stride), rows.Slice(i * _stride, _stride));
        StoreBasis<TOps, V>(rows, squares, kept);
        if (shrink)
            Shrink(rows, squares, kept);
    }

    private static int RankOf(ReadOnlySpan<double> squares)
    {
        var floor = RankTolerance * Math.Max(squares[0], 0);
        var rank = 0;
        while (rank < squares.Length && squares[rank] > floor)
            rank++;
        return rank;
    }

    private void StoreBasis<TOps, V>(Span<double> rows, ReadOnlySpan<double> squares, int rank)
        where TOps : struct, IVectorOps<V> where V : struct
    {
        Rank = 0;
        var least = AboveChance && Seen < ManyRows * Dimension ? Math.Max(_leastVariance, Math.Pow(1 + Math.Sqrt((double)Dimension / Seen), 2)) : _leastVariance;
        while (Rank < Math.Min(rank, Components) && squares[Rank] > least * Seen)
            Rank++;
        _basis.Span.Clear();
        for (var i = 0; i < Rank; i++)
        {
            var inverse = squares[i] > 0 ? 1 / Math.Sqrt(squares[i]) : 0;
            for (var j = 0; j < _stride; j++)
                Coefficient(i, j) = rows[i * _stride + j] * inverse;
        }
    }

    /// <summary>Lowers all σ² by the ℓ-th; what gets to 0 leaves the buffer.</summary>
    private void Shrink(ReadOnlySpan<double> rows, ReadOnlySpan<double> squares, int rank)
    {
        var delta = rank < SketchRows ? 0 : squares[SketchRows - 1];
        var left = 0;
        for (var i = 0; i < Math.Min(rank, SketchRows - 1); i++)
        {
            if (squares[i] <= delta)
                continue;
            var factor = Math.Sqrt((squares[i] - delta) / squares[i]);
            for (var j = 0; j < _stride; j++)
                _buffer[left * _stride + j] = rows[i * _stride + j] * factor;
            left++;
        }
        _filled = left;
    }
}
