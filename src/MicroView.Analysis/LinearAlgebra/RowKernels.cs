using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MicroView.Analysis;

/// <summary>Reductions over rows padded to eight, at the widest vectors of the machine.</summary>
internal static class RowKernels
{
    public static double SquaredNorm(ReadOnlySpan<double> row) =>
        Vector512.IsHardwareAccelerated ? RowKernels<Ops512, Vector512<double>>.Dot(row, row)
        : Vector256.IsHardwareAccelerated ? RowKernels<Ops256, Vector256<double>>.Dot(row, row)
        : RowKernels<Ops128, Vector128<double>>.Dot(row, row);

    /// <summary>‖a − b‖².</summary>
    public static double SquaredDistance(ReadOnlySpan<double> a, ReadOnlySpan<double> b) =>
        Vector512.IsHardwareAccelerated ? RowKernels<Ops512, Vector512<double>>.SquaredDistance(a, b)
        : Vector256.IsHardwareAccelerated ? RowKernels<Ops256, Vector256<double>>.SquaredDistance(a, b)
        : RowKernels<Ops128, Vector128<double>>.SquaredDistance(a, b);

    public static double LargestMagnitude(ReadOnlySpan<double> row) =>
        Vector512.IsHardwareAccelerated ? RowKernels<Ops512, Vector512<double>>.LargestMagnitude(row)
        : Vector256.IsHardwareAccelerated ? RowKernels<Ops256, Vector256<double>>.LargestMagnitude(row)
        : RowKernels<Ops128, Vector128<double>>.LargestMagnitude(row);

    public static double LargestMagnitude(ReadOnlySpan<double> row, ReadOnlySpan<double> weights) =>
        Vector512.IsHardwareAccelerated ? RowKernels<Ops512, Vector512<double>>.LargestMagnitude(row, weights)
        : Vector256.IsHardwareAccelerated ? RowKernels<Ops256, Vector256<double>>.LargestMagnitude(row, weights)
        : RowKernels<Ops128, Vector128<double>>.LargestMagnitude(row, weights);
}

/// <summary><see cref="RowKernels"/> at one vector width.</summary>
internal static class RowKernels<TOps, V> where TOps : struct, IVectorOps<V> where V : struct
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        ref var x = ref MemoryMarshal.GetReference(a);
        ref var y = ref MemoryMarshal.GetReference(b);
        var sum = TOps.Broadcast(0);
        for (var i = 0; i < Math.Min(a.Length, b.Length) - 7; i += 8)
            for (var j = 0; j < 8; j += TOps.Count)
                sum = TOps.MultiplyAdd(TOps.Load(ref x, (nuint)(i + j)), TOps.Load(ref y, (nuint)(i + j)), sum);
        return TOps.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double SquaredDistance(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        ref var x = ref MemoryMarshal.GetReference(a);
        ref var y = ref MemoryMarshal.GetReference(b);
        var sum = TOps.Broadcast(0);
        for (var i = 0; i < Math.Min(a.Length, b.Length) - 7; i += 8)
            for (var j = 0; j < 8; j += TOps.Count)
            {
                var difference = TOps.Subtract(TOps.Load(ref x, (nuint)(i + j)), TOps.Load(ref y, (nuint)(i + j)));
                sum = TOps.MultiplyAdd(difference, difference, sum);
            }
        return TOps.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double LargestMagnitude(ReadOnlySpan<double> row)
    {
        ref var x = ref MemoryMarshal.GetReference(row);
        var first = TOps.Broadcast(0);
        var second = first;
        var length = row.Length & ~7;
        var i = 0;
        // Two maxima at a time: one alone waits for itself.
        for (; i + 2 * TOps.Count <= length; i += 2 * TOps.Count)
        {
            first = TOps.Max(first, TOps.Abs(TOps.Load(ref x, (nuint)i)));
            second = TOps.Max(second, TOps.Abs(TOps.Load(ref x, (nuint)(i + TOps.Count))));
        }
        for (; i < length; i += TOps.Count)
            first = TOps.Max(first, TOps.Abs(TOps.Load(ref x, (nuint)i)));
        return TOps.Largest(TOps.Max(first, second));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double LargestMagnitude(ReadOnlySpan<double> row, ReadOnlySpan<double> weights)
    {
        ref var x = ref MemoryMarshal.GetReference(row);
        ref var w = ref MemoryMarshal.GetReference(weights);
        var largest = TOps.Broadcast(0);
        for (var i = 0; i < Math.Min(row.Length, weights.Length) - 7; i += 8)
            for (var j = 0; j < 8; j += TOps.Count)
                largest = TOps.Max(largest, TOps.Abs(TOps.Multiply(TOps.Load(ref x, (nuint)(i + j)), TOps.Load(ref w, (nuint)(i + j)))));
        return TOps.Largest(largest);
    }

    /// <summary>y += a·x over [start, length), start and length multiples of the vector's width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddScaled(double a, ReadOnlySpan<double> x, Span<double> y, int start)
    {
        ref var from = ref MemoryMarshal.GetReference(x);
        ref var to = ref MemoryMarshal.GetReference(y);
        var factor = TOps.Broadcast(a);
        var length = Math.Min(x.Length, y.Length) & ~7;
        for (var i = start; i < length; i += TOps.Count)
            TOps.Store(TOps.MultiplyAdd(factor, TOps.Load(ref from, (nuint)i), TOps.Load(ref to, (nuint)i)), ref to, (nuint)i);
    }

    /// <summary>(x, y) ← (c·x − s·y, s·x + c·y).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rotate(Span<double> x, Span<double> y, double c, double s)
    {
        ref var first = ref MemoryMarshal.GetReference(x);
        ref var second = ref MemoryMarshal.GetReference(y);
        var (cosine, sine, minusSine) = (TOps.Broadcast(c), TOps.Broadcast(s), TOps.Broadcast(-s));
        var length = Math.Min(x.Length, y.Length) & ~7;
        for (var i = 0; i < length; i += TOps.Count)
        {
            var a = TOps.Load(ref first, (nuint)i);
            var b = TOps.Load(ref second, (nuint)i);
            TOps.Store(TOps.MultiplyAdd(cosine, a, TOps.Multiply(minusSine, b)), ref first, (nuint)i);
            TOps.Store(TOps.MultiplyAdd(sine, a, TOps.Multiply(cosine, b)), ref second, (nuint)i);
        }
    }
}
