using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MicroView.Analysis;

/// <summary>
/// A sketch's directions V as RFD reads them, to project and to subtract: floats, one direction after the other, each padded with zeros to a multiple of 16. A product's
/// error, some 1e-7 of the row's norm, is far below what bounded evidence tells, and a quarter of the memory that both need in doubles is what a row must fetch. Not
/// thread-safe.
/// </summary>
internal sealed class DirectionRows
{
    private const int Lanes = 16;

    // Rows are taken by four: four sums at once hide the latency of the additions.
    private const int Together = 4;

    private readonly AlignedRow _memory;
    private readonly int _stride;

    /// <summary>Room for <paramref name="most"/> directions of <paramref name="dimension"/> values, none yet.</summary>
    public DirectionRows(int most, int dimension)
    {
        _stride = (dimension + Lanes - 1) / Lanes * Lanes;
        _memory = new((most + Together - 1) / Together * Together * _stride / 2);
    }

    /// <summary>Directions there are.</summary>
    public int Count { get; private set; }

    /// <summary>Products a caller of <see cref="Project"/> must have room for: <see cref="Count"/> rounded up.</summary>
    public int Products => (Count + Together - 1) / Together * Together;

    private Span<float> Values => MemoryMarshal.Cast<double, float>(_memory.Span);

    /// <summary>Adds what a row touches.</summary>
    public void AddTo(WorkingSet set)
    {
        set.Add(this, 48);
        _memory.AddTo(set, Products * _stride / 2);
    }

    /// <summary>Takes over the directions of a sketch of the same sizes.</summary>
    public void Take(FrequentDirections sketch)
    {
        var values = Values;
        values.Clear();
        Count = sketch.Rank;
        for (var k = 0; k < Count; k++)
            for (var i = 0; i < sketch.Dimension; i++)
                values[k * _stride + i] = (float)sketch.Direction(k, i);
    }

    /// <summary>‖V·y‖² of a row padded with zeros to a multiple of eight; V·y itself into <paramref name="products"/>, unless it is empty.</summary>
    public double Project(ReadOnlySpan<double> row, Span<float> products) =>
        Vector512.IsHardwareAccelerated ? Project<Singles512, Vector512<float>, Vector512<double>>(row, products)
        : Vector256.IsHardwareAccelerated ? Project<Singles256, Vector256<float>, Vector256<double>>(row, products)
        : Project<Singles128, Vector128<float>, Vector128<double>>(row, products);

    /// <summary>
    /// <paramref name="left"/> ← <paramref name="row"/> − Vᵀ·<paramref name="products"/>, NaN where <paramref name="seen"/> is not finite. All padded to eight.
    /// </summary>
    public void Subtract(ReadOnlySpan<float> products, ReadOnlySpan<double> seen, ReadOnlySpan<double> row, Span<double> left)
    {
        if (Vector512.IsHardwareAccelerated)
            Subtract<Singles512, Vector512<float>, Ops512, Vector512<double>>(products, seen, row, left);
        else if (Vector256.IsHardwareAccelerated)
            Subtract<Singles256, Vector256<float>, Ops256, Vector256<double>>(products, seen, row, left);
        else
            Subtract<Singles128, Vector128<float>, Ops128, Vector128<double>>(products, seen, row, left);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Project<TOps, F, V>(ReadOnlySpan<double> row, Span<float> products) where TOps : struct, ISingleOps<F, V> where F : struct where V : struct
    {
        if (row.Length > _stride || (!products.IsEmpty && products.Length < Products))
            throw new ArgumentException($"The row has {row.Length} values and there is room for {products.Length} products; {_stride} and {Products} are held.");
        ref var x = ref MemoryMarshal.GetReference(row);
        ref var directions = ref MemoryMarshal.GetReference(Values);
        var total = 0.0;
        for (var k = 0; k < Count; k += Together)
        {
            ref var v = ref Unsafe.Add(ref directions, k * _stride);
            var (s0, s1, s2, s3) = (TOps.Zero, TOps.Zero, TOps.Zero, TOps.Zero);
            for (var i = 0; i < row.Length; i += TOps.Count)
            {
                var y = i + TOps.Count <= row.Length ? TOps.Narrow(ref x, (nuint)i) : TOps.NarrowHalf(ref x, (nuint)i);
                s0 = TOps.MultiplyAdd(TOps.Load(ref v, (nuint)i), y, s0);
                s1 = TOps.MultiplyAdd(TOps.Load(ref v, (nuint)(i + _stride)), y, s1);
                s2 = TOps.MultiplyAdd(TOps.Load(ref v, (nuint)(i + 2 * _stride)), y, s2);
                s3 = TOps.MultiplyAdd(TOps.Load(ref v, (nuint)(i + 3 * _stride)), y, s3);
            }
            var four = Vector128.Create(TOps.Sum(s0), TOps.Sum(s1), TOps.Sum(s2), TOps.Sum(s3));
            if (!products.IsEmpty)
                four.StoreUnsafe(ref products[k]);
            var (lower, upper) = Vector128.Widen(four);
            total += Vector128.Dot(lower, lower) + Vector128.Dot(upper, upper);
        }
        return total;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Subtract<TOps, F, TDoubles, V>(ReadOnlySpan<float> products, ReadOnlySpan<double> seen, ReadOnlySpan<double> row, Span<double> left)
        where TOps : struct, ISingleOps<F, V> where TDoubles : struct, IVectorOps<V> where F : struct where V : struct
    {
        var length = Math.Min(Math.Min(seen.Length, row.Length), Math.Min(left.Length, _stride));
        ref var x = ref MemoryMarshal.GetReference(seen);
        ref var d = ref MemoryMarshal.GetReference(row);
        ref var target = ref MemoryMarshal.GetReference(left);
        ref var v = ref MemoryMarshal.GetReference(Values);
        for (var i = 0; i < length; i += TOps.Count)
        {
            var explained = TOps.Zero;
            for (var k = 0; k < Count; k++)
                explained = TOps.MultiplyAdd(TOps.Broadcast(products[k]), TOps.Load(ref v, (nuint)(k * _stride + i)), explained);
            Leave<TDoubles, V>(i, TOps.Lower(explained), ref x, ref d, ref target);
            if (i + TDoubles.Count < length)
                Leave<TDoubles, V>(i + TDoubles.Count, TOps.Upper(explained), ref x, ref d, ref target);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Leave<TOps, V>(int at, V explained, ref double seen, ref double row, ref double left) where TOps : struct, IVectorOps<V> where V : struct
    {
        var difference = TOps.Subtract(TOps.Load(ref row, (nuint)at), explained);
        var present = TOps.LessThan(TOps.Abs(TOps.Load(ref seen, (nuint)at)), TOps.Broadcast(double.PositiveInfinity));
        TOps.Store(TOps.Select(present, difference, TOps.Broadcast(double.NaN)), ref left, (nuint)at);
    }
}
