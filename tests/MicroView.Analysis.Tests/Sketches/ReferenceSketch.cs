namespace MicroView.Analysis.Tests;

/// <summary>Frequent Directions the straightforward way: plain arrays, one-sided Jacobi SVD of the whole buffer.</summary>
internal sealed class ReferenceSketch(int dimension, int sketchRows, int components)
{
    private double[][] _directions = [];
    private bool _stale;

    public List<double[]> Buffer { get; private set; } = [];

    public void Append(double[] row)
    {
        Buffer.Add(row);
        _stale = true;
        if (Buffer.Count < 2 * sketchRows)
            return;
        var (sigma, v) = RightSingular(Buffer, dimension);
        _directions = v;
        _stale = false;
        var delta = sigma[sketchRows - 1] * sigma[sketchRows - 1];
        Buffer = [.. Enumerable.Range(0, sketchRows - 1).Where(i => sigma[i] * sigma[i] > delta)
            .Select(i => v[i].Select(x => x * Math.Sqrt(sigma[i] * sigma[i] - delta)).ToArray())];
    }

    /// <summary>The residual's norm; by directions of the newest decomposition, or of the buffer as it is now.</summary>
    public double Score(double[] y, bool current = true)
    {
        if (_stale && current)
            (_directions, _stale) = (RightSingular(Buffer, dimension).V, false);
        var residual = (double[])y.Clone();
        foreach (var v in _directions.Take(components))
        {
            var p = v.Zip(y, (a, b) => a * b).Sum();
            for (var j = 0; j < dimension; j++)
                residual[j] -= p * v[j];
        }
        return Math.Sqrt(residual.Sum(x => x * x));
    }

    /// <summary>
    /// Singular values, descending, and right singular vectors by orthogonalising the rows pairwise (Hestenes); null rows are dropped to
    /// zeros.
    /// </summary>
    public static (double[] Sigma, double[][] V) RightSingular(List<double[]> rows, int dimension)
    {
        var a = rows.Select(r => (double[])r.Clone()).ToArray();
        for (var (sweep, rotated) = (0, true); sweep < 80 && rotated; sweep++)
        {
            rotated = false;
            for (var p = 0; p < a.Length; p++)
                for (var q = p + 1; q < a.Length; q++)
                    rotated |= Orthogonalise(a[p], a[q]);
        }
        var ordered = a.Select(r => (Sigma: Math.Sqrt(r.Sum(x => x * x)), Row: r)).OrderByDescending(r => r.Sigma).ToArray();
        var floor = 1e-7 * ordered[0].Sigma;
        return ([.. ordered.Select(r => r.Sigma)],
            [.. ordered.Select(r => r.Sigma > floor ? r.Row.Select(x => x / r.Sigma).ToArray() : new double[dimension])]);
    }

    private static bool Orthogonalise(double[] x, double[] y)
    {
        double alpha = 0, beta = 0, gamma = 0;
        for (var j = 0; j < x.Length; j++)
        {
            alpha += x[j] * x[j];
            beta += y[j] * y[j];
            gamma += x[j] * y[j];
        }
        if (Math.Abs(gamma) <= 1e-15 * Math.Sqrt(alpha * beta))
            return false;
        var zeta = (beta - alpha) / (2 * gamma);
        var t = (zeta >= 0 ? 1 : -1) / (Math.Abs(zeta) + Math.Sqrt(1 + zeta * zeta));
        var c = 1 / Math.Sqrt(1 + t * t);
        for (var j = 0; j < x.Length; j++)
            (x[j], y[j]) = (c * x[j] - c * t * y[j], c * t * x[j] + c * y[j]);
        return true;
    }
}
