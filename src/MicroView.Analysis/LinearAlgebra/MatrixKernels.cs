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
    /// ‖V·y‖² for a basis of <paramref name="rank"/> directions stored by groups of eight, feature by feature (see <see cref="FrequentDirections"/>); one vector lane is one
    /// direction, so nothing is summed across lanes before the end. What is beyond the rank in its last vector is 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Project(ReadOnlySpan<double> basis, int rank, ReadOnlySpan<double> y)
    {
        var stride = y.Length & ~7;
        if (basis.Length < (rank + 7) / 8 * stride * 8)
            throw new ArgumentException("The basis is shorter than its directions.", nameof(basis));
        ref var v = ref MemoryMarshal.GetReference(basis);
        ref var x = ref MemoryMarshal.GetReference(y);
        var total = TOps.Broadcast(0);
        // Vectors that share a feature's broadcast: each alone would load it again.
        var lane = 0;
        for (; lane + 3 * TOps.Count < rank; lane += 4 * TOps.Count)
            total = FourVectors(ref v, At(lane, stride), At(lane + TOps.Count, stride), At(lane + 2 * TOps.Count, stride), At(lane + 3 * TOps.Count, stride), ref x, stride, total);
        for (; lane + TOps.Count < rank; lane += 2 * TOps.Count)
            total = TwoVectors(ref v, At(lane, stride), At(lane + TOps.Count, stride), ref x, stride, total);
        if (lane < rank)
        {
            var last = OneVector(ref v, At(lane, stride), ref x, stride);
            total = TOps.MultiplyAdd(last, last, total);
        }
        return TOps.Sum(total);
    }

    /// <summary>V·y itself, into <paramref name="products"/>: the rank rounded up to a multiple of eight.</summary>
    public static void Products(ReadOnlySpan<double> basis, int rank, ReadOnlySpan<double> y, Span<double> products)
    {
        var stride = y.Length & ~7;
        ref var v = ref MemoryMarshal.GetReference(basis[..((rank + 7) / 8 * stride * 8)]);
        ref var target = ref MemoryMarshal.GetReference(products[..((rank + 7) & ~7)]);
        for (var lane = 0; lane < rank; lane += TOps.Count)
            TOps.Store(OneVector(ref v, At(lane, stride), ref MemoryMarshal.GetReference(y), stride), ref target, (nuint)lane);
    }

    private static nuint At(int lane, int stride) => (nuint)((lane >> 3) * stride * 8 + (lane & 7));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V OneVector(ref double v, nuint at, ref double x, int stride)
    {
        var (s0, s1, s2, s3) = (TOps.Broadcast(0), TOps.Broadcast(0), TOps.Broadcast(0), TOps.Broadcast(0));
        for (nuint j = 0; j < (nuint)stride; j += 4, at += 32)
        {
            s0 = TOps.MultiplyAdd(TOps.Load(ref v, at), TOps.Broadcast(Unsafe.Add(ref x, j)), s0);
            s1 = TOps.MultiplyAdd(TOps.Load(ref v, at + 8), TOps.Broadcast(Unsafe.Add(ref x, j + 1)), s1);
            s2 = TOps.MultiplyAdd(TOps.Load(ref v, at + 16), TOps.Broadcast(Unsafe.Add(ref x, j + 2)), s2);
            s3 = TOps.MultiplyAdd(TOps.Load(ref v, at + 24), TOps.Broadcast(Unsafe.Add(ref x, j + 3)), s3);
        }
        return TOps.Add(TOps.Add(s0, s1), TOps.Add(s2, s3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V TwoVectors(ref double v, nuint a, nuint b, ref double x, int stride, V total)
    {
        var (a0, a1, a2, a3) = (TOps.Broadcast(0), TOps.Broadcast(0), TOps.Broadcast(0), TOps.Broadcast(0));
        var (b0, b1, b2, b3) = (a0, a1, a2, a3);
        for (nuint j = 0; j < (nuint)stride; j += 4, a += 32, b += 32)
        {
            var (x0, x1) = (TOps.Broadcast(Unsafe.Add(ref x, j)), TOps.Broadcast(Unsafe.Add(ref x, j + 1)));
            a0 = TOps.MultiplyAdd(TOps.Load(ref v, a), x0, a0);
            b0 = TOps.MultiplyAdd(TOps.Load(ref v, b), x0, b0);
            a1 = TOps.MultiplyAdd(TOps.Load(ref v, a + 8), x1, a1);
            b1 = TOps.MultiplyAdd(TOps.Load(ref v, b + 8), x1, b1);
            (x0, x1) = (TOps.Broadcast(Unsafe.Add(ref x, j + 2)), TOps.Broadcast(Unsafe.Add(ref x, j + 3)));
            a2 = TOps.MultiplyAdd(TOps.Load(ref v, a + 16), x0, a2);
            b2 = TOps.MultiplyAdd(TOps.Load(ref v, b + 16), x0, b2);
            a3 = TOps.MultiplyAdd(TOps.Load(ref v, a + 24), x1, a3);
            b3 = TOps.MultiplyAdd(TOps.Load(ref v, b + 24), x1, b3);
        }
        var first = TOps.Add(TOps.Add(a0, a1), TOps.Add(a2, a3));
        var second = TOps.Add(TOps.Add(b0, b1), TOps.Add(b2, b3));
        return TOps.MultiplyAdd(second, second, TOps.MultiplyAdd(first, first, total));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V FourVectors(ref double v, nuint a, nuint b, nuint c, nuint d, ref double x, int stride, V total)
    {
        var (a0, b0, c0, d0) = (TOps.Broadcast(0), TOps.Broadcast(0), TOps.Broadcast(0), TOps.Broadcast(0));
        var (a1, b1, c1, d1) = (a0, b0, c0, d0);
        for (nuint j = 0; j < (nuint)stride; j += 2)
        {
            var (x0, x1) = (TOps.Broadcast(Unsafe.Add(ref x, j)), TOps.Broadcast(Unsafe.Add(ref x, j + 1)));
            var at = j * 8;
            a0 = TOps.MultiplyAdd(TOps.Load(ref v, a + at), x0, a0);
            b0 = TOps.MultiplyAdd(TOps.Load(ref v, b + at), x0, b0);
            c0 = TOps.MultiplyAdd(TOps.Load(ref v, c + at), x0, c0);
            d0 = TOps.MultiplyAdd(TOps.Load(ref v, d + at), x0, d0);
            a1 = TOps.MultiplyAdd(TOps.Load(ref v, a + at + 8), x1, a1);
            b1 = TOps.MultiplyAdd(TOps.Load(ref v, b + at + 8), x1, b1);
            c1 = TOps.MultiplyAdd(TOps.Load(ref v, c + at + 8), x1, c1);
            d1 = TOps.MultiplyAdd(TOps.Load(ref v, d + at + 8), x1, d1);
        }
        (a0, b0, c0, d0) = (TOps.Add(a0, a1), TOps.Add(b0, b1), TOps.Add(c0, c1), TOps.Add(d0, d1));
        total = TOps.MultiplyAdd(a0, a0, TOps.MultiplyAdd(b0, b0, total));
        return TOps.MultiplyAdd(c0, c0, TOps.MultiplyAdd(d0, d0, total));
    }
}
