namespace MicroView.Analysis;

/// <summary>
/// One-sided Jacobi (Hestenes, J. SIAM 1958): rotates rows pairwise until they are orthogonal, each small one to its own
/// precision and not only to that of the largest. Meant for rows that nearly are, where it ends after a sweep or two.
/// </summary>
internal static class RowOrthogonalizer<TOps, V> where TOps : struct, IVectorOps<V> where V : struct
{
    private const double Tolerance = 1e-15;
    private const int MaxSweeps = 30;

    /// <summary>Makes the <paramref name="count"/> rows orthogonal and sorts them by norm, largest first.</summary>
    public static void Run(Span<double> rows, int stride, int count)
    {
        var rotated = true;
        for (var sweep = 0; sweep < MaxSweeps && rotated; sweep++)
        {
            rotated = false;
            for (var i = 0; i < count - 1; i++)
                for (var j = i + 1; j < count; j++)
                    rotated |= Orthogonalize(rows.Slice(i * stride, stride), rows.Slice(j * stride, stride));
        }
    }

    private static bool Orthogonalize(Span<double> x, Span<double> y)
    {
        var alpha = RowKernels<TOps, V>.Dot(x, x);
        var beta = RowKernels<TOps, V>.Dot(y, y);
        var gamma = RowKernels<TOps, V>.Dot(x, y);
        if (beta > alpha)
        {
            RowKernels<TOps, V>.Rotate(x, y, 0, -1);
            (alpha, beta, gamma) = (beta, alpha, -gamma);
        }
        if (Math.Abs(gamma) <= Tolerance * Math.Sqrt(alpha) * Math.Sqrt(beta))
            return false;
        var zeta = (beta - alpha) / (2 * gamma);
        var t = (zeta >= 0 ? 1 : -1) / (Math.Abs(zeta) + Math.Sqrt(1 + zeta * zeta));
        var c = 1 / Math.Sqrt(1 + t * t);
        RowKernels<TOps, V>.Rotate(x, y, c, c * t);
        return true;
    }
}
