using System.Runtime.Intrinsics;
using CsCheck;

namespace MicroView.Analysis.Tests;

public sealed class SymmetricEigenTests
{
    [Fact]
    public void Decomposition_reproduces_the_matrix_at_every_vector_width() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 40], Gen.Int[0, 1_000_000]).Sample((n, rank, seed) =>
        {
            var matrix = GramMatrix(n, rank, seed, Math.Pow(10, seed % 13 - 6));
            Check<Ops512, Vector512<double>>(matrix, n);
            Check<Ops256, Vector256<double>>(matrix, n);
            Check<Ops128, Vector128<double>>(matrix, n);
        }, iter: 100);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Zero_and_identity_are_decomposed(double diagonal)
    {
        var matrix = new double[9, 9];
        for (var i = 0; i < 9; i++)
            matrix[i, i] = diagonal;
        Check<Ops512, Vector512<double>>(matrix, 9);
    }

    private static void Check<TOps, V>(double[,] matrix, int n) where TOps : struct, IVectorOps<V> where V : struct
    {
        var w = EigenWorkspace.Rent(n, 0);
        var largest = 0.0;
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++)
            {
                w.Row(i)[j] = matrix[i, j];
                largest = Math.Max(largest, Math.Abs(matrix[i, j]));
            }
        SymmetricEigen<TOps, V>.Solve(w);
        for (var i = 0; i < n; i++)
        {
            if (i > 0)
                Assert.True(w.Values[i] <= w.Values[i - 1]);
            for (var j = 0; j <= i; j++)
            {
                var (sum, dot) = (0.0, 0.0);
                for (var k = 0; k < n; k++)
                {
                    sum += w.Vector(k)[i] * w.Values[k] * w.Vector(k)[j];
                    dot += w.Vector(i)[k] * w.Vector(j)[k];
                }
                Assert.Equal(matrix[i, j], sum, 1e-13 * n * largest + double.Epsilon);
                Assert.Equal(i == j ? 1 : 0, dot, 1e-13 * n);
            }
        }
    }

    private static double[,] GramMatrix(int n, int rank, int seed, double scale)
    {
        var rows = FrequentDirectionsTests.Rows(20, n, rank, seed);
        var matrix = new double[n, n];
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++)
                matrix[i, j] = scale * rows[i].Zip(rows[j], (a, b) => a * b).Sum();
        return matrix;
    }
}
