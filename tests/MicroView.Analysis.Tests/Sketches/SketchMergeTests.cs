using CsCheck;

namespace MicroView.Analysis.Tests;

public sealed class SketchMergeTests
{
    private static readonly Gen<(int D, int L, int Parts, int Rows, int Rank, int Seed)> Streams =
        Gen.Select(Gen.Int[1, 24], Gen.Int[2, 10], Gen.Int[2, 5], Gen.Int[0, 60], Gen.Int[1, 24], Gen.Int[0, 1_000_000]);

    [Fact]
    public void The_error_of_several_merged_sketches_stays_within_the_bound_of_one() =>
        Streams.Sample(s =>
        {
            var (all, merged) = (new List<double[]>(), new FrequentDirections(s.D, s.L, 0));
            for (var part = 0; part < s.Parts; part++)
            {
                // One part may be empty, and each has its own size and its own directions.
                var rows = FrequentDirectionsTests.Rows(s.D, s.Rows * part, s.Rank, s.Seed + part);
                all.AddRange(rows);
                merged.Merge(SketchOf(s.D, s.L, rows));
            }
            Assert.Equal(all.Count, merged.Seen);
            return WithinBound(all, merged, s.D, s.L);
        }, iter: 60);

    [Fact]
    public void Merging_as_a_tree_is_as_good_as_one_by_one()
    {
        var parts = Enumerable.Range(0, 8).Select(i => FrequentDirectionsTests.Rows(20, 70, 20, 100 + i)).ToArray();
        var sketches = parts.Select(rows => SketchOf(20, 6, rows)).ToList();
        while (sketches.Count > 1)
        {
            sketches[0].Merge(sketches[1]);
            sketches.Add(sketches[0]);
            sketches.RemoveRange(0, 2);
        }
        Assert.True(WithinBound([.. parts.SelectMany(rows => rows)], sketches[0], 20, 6));
    }

    [Fact]
    public void A_sketch_with_more_rows_merges_into_one_with_fewer_and_stays_as_it_is()
    {
        var (first, second) = (FrequentDirectionsTests.Rows(12, 90, 12, 1), FrequentDirectionsTests.Rows(12, 90, 12, 2));
        var (small, large) = (SketchOf(12, 3, first), SketchOf(12, 9, second));
        var before = SketchBytes.Write(large);
        small.Merge(large);
        Assert.Equal(before, SketchBytes.Write(large));
        Assert.True(WithinBound([.. first, .. second], small, 12, 3));
    }

    [Fact]
    public void Merged_with_nothing_a_sketch_has_the_same_directions()
    {
        var rows = FrequentDirectionsTests.Rows(10, 50, 4, 3);
        var alone = SketchOf(10, 5, rows, components: 5);
        var merged = alone.Clone();
        merged.Merge(new FrequentDirections(10, 5, 5));
        alone.Refresh();
        merged.Refresh();
        foreach (var row in rows)
            Assert.Equal(alone.ProjectedSquare(FrequentDirectionsTests.Padded(row)), merged.ProjectedSquare(FrequentDirectionsTests.Padded(row)), 1e-9);
    }

    [Fact]
    public void A_merged_sketch_counts_all_rows_when_it_asks_what_a_direction_must_carry()
    {
        // 100 rows of variance 4 along one axis, then 300 quiet ones: 1 on average, less than the 1.1 asked for.
        var (busy, quiet) = (new FrequentDirections(3, 2, 2, leastVariance: 1.1), new FrequentDirections(3, 2, 2, leastVariance: 1.1));
        for (var i = 0; i < 100; i++)
            busy.Append([i % 2 == 0 ? 2 : -2, 0, 0]);
        for (var i = 0; i < 300; i++)
            quiet.Append([0, 0, 0]);
        busy.Refresh();
        Assert.Equal(1, busy.Rank);
        busy.Merge(quiet);
        busy.Refresh();
        Assert.Equal(0, busy.Rank);
    }

    [Fact]
    public void What_cannot_be_merged_is_refused_with_both_widths()
    {
        var sketch = new FrequentDirections(3, 2, 2);
        var error = Assert.Throws<ArgumentException>(() => sketch.Merge(new FrequentDirections(4, 2, 2)));
        Assert.Contains("4 values, this one of 3", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => sketch.Merge(sketch));
        Assert.Throws<ArgumentException>(() => sketch.CopyFrom(new FrequentDirections(3, 3, 2)));
    }

    [Fact]
    public void A_clone_goes_its_own_way()
    {
        var sketch = SketchOf(8, 3, FrequentDirectionsTests.Rows(8, 20, 8, 4));
        var before = SketchBytes.Write(sketch);
        var clone = sketch.Clone();
        Assert.Equal(before, SketchBytes.Write(clone));
        clone.Append(new double[8]);
        Assert.Equal(before, SketchBytes.Write(sketch));
        Assert.NotEqual(before, SketchBytes.Write(clone));
    }

    internal static FrequentDirections SketchOf(int d, int l, IEnumerable<double[]> rows, int components = 0)
    {
        var sketch = new FrequentDirections(d, l, components);
        foreach (var row in rows)
            sketch.Append(row);
        return sketch;
    }

    /// <summary>‖AᵀA − BᵀB‖₂ ≤ ‖A − A_k‖²_F / (ℓ − k) for every k below ℓ.</summary>
    internal static bool WithinBound(List<double[]> rows, FrequentDirections sketch, int d, int l)
    {
        if (rows.Count == 0)
            return sketch.Count == 0;
        var kept = Enumerable.Range(0, sketch.Count).Select(i => sketch.Row(i).ToArray()).ToList();
        var difference = FrequentDirectionsTests.Subtract(FrequentDirectionsTests.Covariance(rows, d), FrequentDirectionsTests.Covariance(kept, d));
        var error = FrequentDirectionsTests.SpectralNorm(difference);
        // The singular values of AᵀA are the squares of A's.
        var covariance = FrequentDirectionsTests.Covariance(rows, d);
        var squares = ReferenceSketch.RightSingular([.. Enumerable.Range(0, d).Select(i => Enumerable.Range(0, d).Select(j => covariance[i, j]).ToArray())], d).Sigma;
        return Enumerable.Range(0, l).All(k => error <= squares.Skip(k).Sum() / (l - k) + 1e-9 * squares[0]);
    }
}
