using CsCheck;

namespace MicroView.Analysis.Tests;

/// <summary>Projections on floats beside sums in doubles, one value at a time; every vector width by <see cref="VectorWidthTests"/>.</summary>
public sealed class DirectionRowsTests
{
    [Fact]
    public void Products_and_what_they_leave_are_those_of_doubles_within_a_float()
    {
        Gen.Select(Gen.Int[2, 300], Gen.Int[0, 20], Gen.Int[0, 1000]).Sample((dimension, wanted, seed) =>
        {
            var random = new Random(seed);
            var sketch = Sketch(dimension, Math.Min(wanted, dimension), seed);
            var y = Random(random, dimension, (i, value) => i < dimension ? 10 * value : 0);
            var directions = new DirectionRows(sketch.Components, dimension);
            directions.Take(sketch);
            Assert.Equal(sketch.Rank, directions.Count);
            var products = new float[Math.Max(1, directions.Products)];
            var square = directions.Project(y, products);

            var seen = Random(random, dimension, (_, value) => value > 0.4 ? double.NaN : value);
            var left = new double[y.Length];
            directions.Subtract(products, seen, y, left);
            var tolerance = 1e-6 * (Math.Sqrt(y.Sum(value => value * value)) + 1);
            double[] rest = [.. y];
            for (var k = 0; k < sketch.Rank; k++)
            {
                var product = Enumerable.Range(0, dimension).Sum(i => sketch.Direction(k, i) * y[i]);
                Assert.Equal(product, products[k], tolerance);
                for (var i = 0; i < dimension; i++)
                    rest[i] -= product * sketch.Direction(k, i);
            }
            Assert.Equal(sketch.ProjectedSquare(y), square, tolerance * tolerance * 1e6);
            Assert.Equal(square, directions.Project(y, default));
            for (var i = 0; i < dimension; i++)
                if (double.IsNaN(seen[i]))
                    Assert.True(double.IsNaN(left[i]));
                else
                    Assert.Equal(rest[i], left[i], 10 * tolerance);
        }, iter: 200);
    }

    [Fact]
    public void Fewer_directions_leave_nothing_of_those_before()
    {
        var directions = new DirectionRows(4, 8);
        directions.Take(Sketch(8, 4, 1));
        double[] row = [1, 2, 3, 4, 5, 6, 7, 8];
        Assert.NotEqual(0, directions.Project(row, default));
        directions.Take(new FrequentDirections(8, 4, 4));
        Assert.Equal(0, directions.Count);
        Assert.Equal(0, directions.Project(row, default));
    }

    [Fact]
    public void A_row_that_is_too_long_or_too_little_room_is_an_error()
    {
        var directions = new DirectionRows(4, 8);
        directions.Take(Sketch(8, 4, 1));
        Assert.Throws<ArgumentException>(() => directions.Project(new double[24], default));
        Assert.Throws<ArgumentException>(() => directions.Project(new double[8], new float[3]));
    }

    private static FrequentDirections Sketch(int dimension, int components, int seed)
    {
        var sketch = new FrequentDirections(dimension, Math.Max(2, components), components);
        foreach (var row in FrequentDirectionsTests.Rows(dimension, 2 * components + 3, dimension, seed))
            sketch.Append(row);
        sketch.Refresh();
        return sketch;
    }

    private static double[] Random(Random random, int dimension, Func<int, double, double> at) =>
        [.. Enumerable.Range(0, RowMatrix.Padded(dimension)).Select(i => i < dimension ? at(i, random.NextDouble() - 0.5) : 0)];
}
