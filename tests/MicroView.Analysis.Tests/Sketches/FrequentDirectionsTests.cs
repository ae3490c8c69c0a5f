using System.Runtime.Intrinsics;
using CsCheck;

namespace MicroView.Analysis.Tests;

public sealed class FrequentDirectionsTests
{
    private static readonly Gen<(int D, int L, int Rows, int Rank, int Seed)> Streams =
        Gen.Select(Gen.Int[1, 40], Gen.Int[2, 12], Gen.Int[1, 120], Gen.Int[1, 40], Gen.Int[0, 1_000_000]);

    [Fact]
    public void Covariance_error_stays_within_the_bound() =>
        Streams.Sample(s =>
        {
            var rows = Rows(s.D, s.Rows, s.Rank, s.Seed);
            var sketch = new FrequentDirections(s.D, s.L, Math.Min(s.L, s.D));
            foreach (var row in rows)
                sketch.Append(row);
            var kept = Enumerable.Range(0, sketch.Count).Select(i => sketch.Row(i).ToArray()).ToList();
            var error = SpectralNorm(Subtract(Covariance(rows, s.D), Covariance(kept, s.D)));
            var (sigma, _) = ReferenceSketch.RightSingular(rows, s.D);
            for (var k = 0; k < s.L; k++)
            {
                var rest = sigma.Skip(k).Sum(x => x * x);
                if (error > rest / (s.L - k) + 1e-9 * sigma[0] * sigma[0])
                    return false;
            }
            return true;
        }, iter: 60);

    [Fact]
    public void Rank_deficient_rows_leave_no_residual_and_an_orthonormal_basis()
    {
        var rows = Rows(24, 90, 2, 9);
        var sketch = new FrequentDirections(24, 6, 6);
        foreach (var row in rows)
            sketch.Append(row);
        sketch.Refresh();
        Assert.Equal(2, sketch.Rank);
        foreach (var row in rows)
            Assert.True(sketch.Residual(row, new double[24]) < 1e-24 * row.Sum(x => x * x));
        AssertOrthonormal(sketch);
    }

    [Fact]
    public void Basis_is_orthonormal_when_scales_differ_by_thousands()
    {
        var rows = Rows(48, 200, 48, 3);
        foreach (var row in rows)
            for (var j = 0; j < row.Length; j++)
                row[j] *= Math.Pow(10, -4.0 * j / row.Length);
        var sketch = new FrequentDirections(48, 8, 8);
        foreach (var row in rows)
            sketch.Append(row);
        sketch.Refresh();
        Assert.Equal(8, sketch.Rank);
        AssertOrthonormal(sketch);
    }

    [Fact]
    public void Every_vector_width_finds_the_same_directions()
    {
        foreach (var d in new[] { 1, 7, 8, 20, 64 })
        {
            var rows = Rows(d, 11, d, d);
            var sketches = new FrequentDirections[3];
            for (var i = 0; i < 3; i++)
            {
                sketches[i] = new FrequentDirections(d, 6, Math.Min(d, 6));
                foreach (var row in rows)
                    sketches[i].Append(row);
            }
            sketches[0].Decompose<Ops512, Vector512<double>>(shrink: false);
            sketches[1].Decompose<Ops256, Vector256<double>>(shrink: false);
            sketches[2].Decompose<Ops128, Vector128<double>>(shrink: false);
            foreach (var row in Rows(d, 20, d, 99))
            {
                var padded = Padded(row);
                var score = sketches[0].ProjectedSquare(padded);
                Assert.Equal(score, sketches[1].ProjectedSquare(padded), 1e-10 * (1 + score));
                Assert.Equal(score, sketches[2].ProjectedSquare(padded), 1e-10 * (1 + score));
            }
        }
    }

    [Fact]
    public void Every_vector_width_projects_on_any_number_of_directions()
    {
        var random = new Random(3);
        foreach (var d in new[] { 8, 24, 64 })
        {
            var y = Enumerable.Range(0, d).Select(_ => random.NextDouble() - 0.5).ToArray();
            for (var rank = 0; rank <= 40; rank++)
            {
                var basis = new double[(rank + 7) / 8 * 8 * d];
                var expected = new double[(rank + 7) & ~7];
                for (var k = 0; k < rank; k++)
                    for (var j = 0; j < d; j++)
                        expected[k] += y[j] * (basis[((k >> 3) * d + j) * 8 + (k & 7)] = random.NextDouble() - 0.5);
                Check<Ops512, Vector512<double>>();
                Check<Ops256, Vector256<double>>();
                Check<Ops128, Vector128<double>>();

                void Check<TOps, V>() where TOps : struct, IVectorOps<V> where V : struct
                {
                    Assert.Equal(expected.Sum(product => product * product), MatrixKernels<TOps, V>.Project(basis, rank, y), 1e-12 * (1 + rank) * d);
                    var products = new double[expected.Length];
                    MatrixKernels<TOps, V>.Products(basis, rank, y, products);
                    Assert.All(expected.Zip(products), pair => Assert.Equal(pair.First, pair.Second, 1e-12 * d));
                }
            }
        }
    }

    internal static List<double[]> Rows(int d, int count, int rank, int seed, double noise = 0)
    {
        var random = new Random(seed);
        var factors = Enumerable.Range(0, rank)
            .Select(_ => Enumerable.Range(0, d).Select(_ => random.NextDouble() - 0.5).ToArray()).ToArray();
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            var row = new double[d];
            for (var f = 0; f < rank; f++)
            {
                var weight = (random.NextDouble() - 0.5) * 10 / (f + 1);
                for (var j = 0; j < d; j++)
                    row[j] += weight * factors[f][j];
            }
            for (var j = 0; j < d && noise > 0; j++)
                row[j] += noise * (random.NextDouble() - 0.5);
            return row;
        })];
    }

    internal static double[] Padded(double[] row)
    {
        var padded = new double[RowMatrix.Padded(row.Length)];
        row.CopyTo(padded, 0);
        return padded;
    }

    private static void AssertOrthonormal(FrequentDirections sketch)
    {
        for (var a = 0; a < sketch.Rank; a++)
            for (var b = 0; b <= a; b++)
            {
                var dot = Enumerable.Range(0, sketch.Dimension).Sum(j => sketch.Direction(a, j) * sketch.Direction(b, j));
                Assert.Equal(a == b ? 1 : 0, dot, 1e-11);
            }
    }

    internal static double[,] Covariance(List<double[]> rows, int d)
    {
        var c = new double[d, d];
        foreach (var row in rows)
            for (var i = 0; i < d; i++)
                for (var j = 0; j < d; j++)
                    c[i, j] += row[i] * row[j];
        return c;
    }

    internal static double[,] Subtract(double[,] a, double[,] b)
    {
        for (var i = 0; i < a.GetLength(0); i++)
            for (var j = 0; j < a.GetLength(1); j++)
                a[i, j] -= b[i, j];
        return a;
    }

    /// <summary>Largest |eigenvalue| of a symmetric matrix: the largest singular value of its rows.</summary>
    internal static double SpectralNorm(double[,] m)
    {
        var d = m.GetLength(0);
        return ReferenceSketch.RightSingular(
            [.. Enumerable.Range(0, d).Select(i => Enumerable.Range(0, d).Select(j => m[i, j]).ToArray())], d).Sigma[0];
    }
}
