using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MicroView.Analysis;

/// <summary>The three matrix products of a sketch, on padded rows.</summary>
internal static class MatrixKernels<TOps, V> where TOps : struct, IVectorOps<V> where V : struct
{
    /// <summary>Lower triangle and diagonal of B·Bᵀ, mirrored, into the workspace's matrix.</summary>
    public static void Gram(ReadOnlySpan<double> rows, int stride, EigenWorkspace w)
    {
        for (var i = 0; i < w.Size; i++)
        {
            var row = rows.Slice(i * stride, stride);
            var j = 0;
            for (; j + 4 <= i + 1; j += 4)
                FourDots(row, rows[(j * stride)..], stride, w.Row(i)[j..]);
            for (; j <= i; j++)
                w.Row(i)[j] = RowKernels<TOps, V>.Dot(row, rows.Slice(j * stride, stride));
            for (j = 0; j < i; j++)
                w.Row(j)[i] = w.Row(i)[j];
        }
    }

    /// <summary>Dots of one row with four consecutive others: four independent sums hide the latency of the additions.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourDots(ReadOnlySpan<double> row, ReadOnlySpan<double> others, int stride, Span<double> result)
    {
        ref var x = ref MemoryMarshal.GetReference(row);
        ref var y = ref MemoryMarshal.GetReference(others[..(4 * stride)]);
        var (s0, s1, s2, s3) = (TOps.Broadcast(0), TOps.Broadcast(0), TOps.Broadcast(0), TOps.Broadcast(0));
        for (var i = 0; i < row.Length; i += TOps.Count)
        {
            var a = TOps.Load(ref x, (nuint)i);
            s0 = TOps.MultiplyAdd(a, TOps.Load(ref y, (nuint)i), s0);
            s1 = TOps.MultiplyAdd(a, TOps.Load(ref y, (nuint)(i + stride)), s1);
            s2 = TOps.MultiplyAdd(a, TOps.Load(ref y, (nuint)(i + 2 * stride)), s2);
            s3 = TOps.MultiplyAdd(a, TOps.Load(ref y, (nuint)(i + 3 * stride)), s3);
        }
        result[3] = TOps.Sum(s3);
        result[2] = TOps.Sum(s2);
        result[1] = TOps.Sum(s1);
        result[0] = TOps.Sum(s0);
    }

    /// <summary>The first <paramref name="count"/> rows of (eigenvectors)·B into <paramref name="result"/>.</summary>
    public static void Combine(EigenWorkspace w, ReadOnlySpan<double> rows, int stride, int count, Span<double> result)
    {
        var i = 0;
        for (; i + 4 <= count; i += 4)
            CombineFour(w, i, rows, stride, result.Slice(i * stride, 4 * stride));
        for (; i < count; i++)
        {
            var target = result.Slice(i * stride, stride);
            target.Clear();
            for (var r = 0; r < w.Size; r++)
                RowKernels<TOps, V>.AddScaled(w.Vector(i)[r], rows.Slice(r * stride, stride), target, 0);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CombineFour(EigenWorkspace w, int first, ReadOnlySpan<double> rows, int stride, Span<double> result)
    {
        ref var b = ref MemoryMarshal.GetReference(rows[..(w.Size * stride)]);
        ref var target = ref MemoryMarshal.GetReference(result);
        var u0 = w.Vector(first);
        var u1 = w.Vector(first + 1);
        var u2 = w.Vector(first + 2);
        var u3 = w.Vector(first + 3);
        for (var j = 0; j < stride; j += TOps.Count)
        {
            var (s0, s1, s2, s3) = (TOps.Broadcast(0), TOps.Broadcast(0), TOps.Broadcast(0), TOps.Broadcast(0));
            for (var r = 0; r < w.Size; r++)
            {
                var x = TOps.Load(ref b, (nuint)(r * stride + j));
                s0 = TOps.MultiplyAdd(TOps.Broadcast(u0[r]), x, s0);
                s1 = TOps.MultiplyAdd(TOps.Broadcast(u1[r]), x, s1);
                s2 = TOps.MultiplyAdd(TOps.Broadcast(u2[r]), x, s2);
                s3 = TOps.MultiplyAdd(TOps.Broadcast(u3[r]), x, s3);
            }
            TOps.Store(s0, ref target, (nuint)j);
            TOps.Store(s1, ref target, (nuint)(j + stride));
            TOps.Store(s2, ref target, (nuint)(j + 2 * stride));
            TOps.Store(s3, ref target, (nuint)(j + 3 * stride));
        }
    }

    /// <summary>
    /// V·y for a basis stored by groups of eight directions, feature by feature (see <see cref="FrequentDirections"/>); one vector lane is
    /// one
    /// direction, so nothing is summed across lanes. Returns ‖V·y‖²; the products go to <paramref name="products"/> unless it is empty.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Project(ReadOnlySpan<double> basis, int groups, ReadOnlySpan<double> y, Span<double> products)
    {
        var stride = y.Length;
        if (basis.Length < groups * stride * 8)
            throw new ArgumentException("The basis is shorter than its groups.", nameof(basis));
        ref var v = ref MemoryMarshal.GetReference(basis);
        ref var x = ref MemoryMarshal.GetReference(y);
        var total = TOps.Broadcast(0);
        for (var lane = 0; lane < groups * 8; lane += TOps.Count)
        {
            var at = (nuint)((lane >> 3) * stride * 8 + (lane & 7));
            var (s0, s1, s2, s3) = (TOps.Broadcast(0), TOps.Broadcast(0), TOps.Broadcast(0), TOps.Broadcast(0));
            for (nuint j = 0; j < (nuint)(stride & ~7); j += 4, at += 32)
            {
                s0 = TOps.MultiplyAdd(TOps.Load(ref v, at), TOps.Broadcast(Unsafe.Add(ref x, j)), s0);
                s1 = TOps.MultiplyAdd(TOps.Load(ref v, at + 8), TOps.Broadcast(Unsafe.Add(ref x, j + 1)), s1);
                s2 = TOps.MultiplyAdd(TOps.Load(ref v, at + 16), TOps.Broadcast(Unsafe.Add(ref x, j + 2)), s2);
                s3 = TOps.MultiplyAdd(TOps.Load(ref v, at + 24), TOps.Broadcast(Unsafe.Add(ref x, j + 3)), s3);
            }
            var sum = TOps.Add(TOps.Add(s0, s1), TOps.Add(s2, s3));
            if (!products.IsEmpty)
                TOps.Store(sum, ref products[lane], 0);
            total = TOps.MultiplyAdd(sum, sum, total);
        }
        return TOps.Sum(total);
    }
}
