using System.Runtime.CompilerServices;

namespace MicroView.Analysis;

/// <summary>
/// All eigenvalues and eigenvectors of a small symmetric matrix: Householder tridiagonalisation, then the implicit QL
/// algorithm (Wilkinson and Reinsch, Handbook for Automatic Computation II/2 and II/4), with vectors kept as rows
/// so that every rotation runs over contiguous memory.
/// </summary>
internal static class SymmetricEigen<TOps, V> where TOps : struct, IVectorOps<V> where V : struct
{
    private const int MaxSweeps = 60;

    /// <summary>
    /// Decomposes the n×n matrix in <paramref name="w"/>, which is overwritten: <c>w.Values</c> descending, and row i of <c>w.Vectors</c>
    /// belonging to
    /// value i.
    /// </summary>
    public static void Solve(EigenWorkspace w)
    {
        var scale = Normalize(w);
        Tridiagonalize(w);
        FormTransform(w);
        Diagonalize(w);
        Order(w);
        for (var i = 0; i < w.Size; i++)
            w.Values[i] *= scale;
    }

    /// <summary>Brings the largest entry to 1 so that no product over- or underflows.</summary>
    private static double Normalize(EigenWorkspace w)
    {
        var largest = 0.0;
        for (var i = 0; i < w.Size; i++)
            largest = Math.Max(largest, RowKernels<TOps, V>.LargestMagnitude(w.Row(i)));
        if (largest == 0)
            return 0;
        var factor = 1 / largest;
        for (var i = 0; i < w.Size; i++)
        {
            var row = w.Row(i);
            for (var j = 0; j < row.Length; j++)
                row[j] *= factor;
        }
        return largest;
    }

    /// <summary>After step k, row k holds the reflector that zeroed it beyond its first off-diagonal.</summary>
    private static void Tridiagonalize(EigenWorkspace w)
    {
        var n = w.Size;
        for (var k = 0; k < n; k++)
        {
            var v = w.Row(k);
            w.Values[k] = v[k];
            v[..(k + 1)].Clear();
            w.Beta[k] = 0;
            if (k == n - 1)
                break;
            var start = (k + 1) & ~7;
            var tail = RowKernels<TOps, V>.Dot(v[start..], v[start..]) - v[k + 1] * v[k + 1];
            w.OffDiagonal[k] = v[k + 1];
            if (k == n - 2 || tail <= 0)
                continue;
            var norm = Math.Sqrt(RowKernels<TOps, V>.Dot(v[start..], v[start..]));
            var alpha = v[k + 1] > 0 ? -norm : norm;
            w.OffDiagonal[k] = alpha;
            v[k + 1] -= alpha;
            var length = RowKernels<TOps, V>.Dot(v[start..], v[start..]);
            if (length > 0)
                Reflect(w, k, start, w.Beta[k] = 2 / length);
        }
    }

    /// <summary>A ← A − v·qᵀ − q·vᵀ on what remains, with p = βAv and q = p − (β/2)(pᵀv)v.</summary>
    private static void Reflect(EigenWorkspace w, int k, int start, double beta)
    {
        var n = w.Size;
        var v = w.Row(k);
        var q = w.Work;
        q.Clear();
        for (var i = k + 1; i < n; i++)
            q[i] = beta * RowKernels<TOps, V>.Dot(w.Row(i)[start..], v[start..]);
        var half = beta / 2 * RowKernels<TOps, V>.Dot(q, v);
        RowKernels<TOps, V>.AddScaled(-half, v, q, start);
        for (var i = k + 1; i < n; i++)
            AddTwo(-v[i], q, -q[i], v, w.Row(i), start);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddTwo(double a, ReadOnlySpan<double> x, double b, ReadOnlySpan<double> y, Span<double> target, int start)
    {
        ref var first = ref System.Runtime.InteropServices.MemoryMarshal.GetReference(x);
        ref var second = ref System.Runtime.InteropServices.MemoryMarshal.GetReference(y);
        ref var to = ref System.Runtime.InteropServices.MemoryMarshal.GetReference(target);
        var (fa, fb) = (TOps.Broadcast(a), TOps.Broadcast(b));
        var length = Math.Min(target.Length, Math.Min(x.Length, y.Length)) & ~7;
        for (var i = start; i < length; i += TOps.Count)
        {
            var sum = TOps.MultiplyAdd(fa, TOps.Load(ref first, (nuint)i), TOps.Load(ref to, (nuint)i));
            TOps.Store(TOps.MultiplyAdd(fb, TOps.Load(ref second, (nuint)i), sum), ref to, (nuint)i);
        }
    }

    /// <summary>Multiplies the reflectors out into Qᵀ, from the last, whose rows are the only ones not yet those of the identity.</summary>
    private static void FormTransform(EigenWorkspace w)
    {
        var n = w.Size;
        for (var i = 0; i < n; i++)
        {
            w.Vector(i).Clear();
            w.Vector(i)[i] = 1;
        }
        for (var k = n - 3; k >= 0; k--)
        {
            if (w.Beta[k] == 0)
                continue;
            var v = w.Row(k);
            var start = (k + 1) & ~7;
            for (var i = k + 1; i < n; i++)
            {
                var row = w.Vector(i);
                RowKernels<TOps, V>.AddScaled(-w.Beta[k] * RowKernels<TOps, V>.Dot(row[start..], v[start..]), v, row, start);
            }
        }
    }

    private static void Diagonalize(EigenWorkspace w)
    {
        var n = w.Size;
        var e = w.OffDiagonal;
        e[n - 1] = 0;
        for (var low = 0; low < n; low++)
        {
            // Convergence takes two or three sweeps; the bound only guards against an endless loop.
            for (var sweep = 0; sweep < MaxSweeps; sweep++)
            {
                var high = low;
                while (high < n - 1 && !Negligible(w, high))
                    high++;
                if (high == low)
                    break;
                Sweep(w, low, high);
            }
        }
    }

    private static bool Negligible(EigenWorkspace w, int i) =>
        Math.Abs(w.OffDiagonal[i]) <= 1.2e-16 * (Math.Abs(w.Values[i]) + Math.Abs(w.Values[i + 1])) + 1e-60;

    private static void Sweep(EigenWorkspace w, int low, int high)
    {
        var d = w.Values;
        var e = w.OffDiagonal;
        var g = (d[low + 1] - d[low]) / (2 * e[low]);
        var r = Math.Sqrt(g * g + 1);
        g = d[high] - d[low] + e[low] / (g + Math.CopySign(r, g));
        var (s, c, p) = (1.0, 1.0, 0.0);
        for (var i = high - 1; i >= low; i--)
        {
            var f = s * e[i];
            var b = c * e[i];
            e[i + 1] = r = Math.Sqrt(f * f + g * g);
            if (r == 0)
            {
                d[i + 1] -= p;
                e[high] = 0;
                return;
            }
            var inverse = 1 / r;
            s = f * inverse;
            c = g * inverse;
            g = d[i + 1] - p;
            r = (d[i] - g) * s + 2 * c * b;
            p = s * r;
            d[i + 1] = g + p;
            g = c * r - b;
            RowKernels<TOps, V>.Rotate(w.Vector(i), w.Vector(i + 1), c, s);
        }
        d[low] -= p;
        e[low] = g;
        e[high] = 0;
    }

    private static void Order(EigenWorkspace w)
    {
        var d = w.Values;
        for (var i = 0; i < w.Size - 1; i++)
        {
            var largest = i;
            for (var j = i + 1; j < w.Size; j++)
                if (d[j] > d[largest])
                    largest = j;
            if (largest == i)
                continue;
            (d[i], d[largest]) = (d[largest], d[i]);
            RowKernels<TOps, V>.Rotate(w.Vector(i), w.Vector(largest), 0, 1);
        }
    }
}

/// <summary>Memory for one decomposition, reused by all pods of a thread.</summary>
internal sealed class EigenWorkspace
{
    [ThreadStatic]
    private static EigenWorkspace? _current;

    private double[] _matrix = [];
    private double[] _vectors = [];
    private double[] _values = [];
    private double[] _offDiagonal = [];
    private double[] _beta = [];
    private double[] _work = [];
    private double[] _rows = [];

    public int Size { get; private set; }

    public int Stride { get; private set; }

    public Span<double> Values => _values.AsSpan(0, Size);

    public Span<double> OffDiagonal => _offDiagonal.AsSpan(0, Size);

    public Span<double> Beta => _beta.AsSpan(0, Size);

    public Span<double> Work => _work.AsSpan(0, Stride);

    /// <summary>
    /// The calling thread's workspace, with room for a matrix of <paramref name="size"/> and a scratch of <paramref name="scratch"/>
    /// doubles.
    /// </summary>
    public static EigenWorkspace Rent(int size, int scratch)
    {
        var workspace = _current ??= new EigenWorkspace();
        workspace.Resize(size);
        if (workspace._rows.Length < scratch)
            workspace._rows = new double[scratch];
        return workspace;
    }

    public Span<double> Row(int i) => _matrix.AsSpan(i * Stride, Stride);

    public Span<double> Vector(int i) => _vectors.AsSpan(i * Stride, Stride);

    public Span<double> Scratch(int length) => _rows.AsSpan(0, length);

    private void Resize(int size)
    {
        Size = size;
        Stride = RowMatrix.Padded(size);
        if (_matrix.Length < size * Stride)
        {
            _matrix = new double[size * Stride];
            _vectors = new double[size * Stride];
        }
        if (_values.Length < Stride)
        {
            _values = new double[Stride];
            _offDiagonal = new double[Stride];
            _beta = new double[Stride];
            _work = new double[Stride];
        }
        _matrix.AsSpan(0, size * Stride).Clear();
    }
}
