using System.Runtime.Intrinsics;
using CsCheck;

namespace MicroView.Analysis.Tests;

public sealed class FeatureExtractorTests
{
    private const long Second = 1_000_000_000;

    [Fact]
    public void Counters_become_rates_and_gauges_stay()
    {
        var extractor = new FeatureExtractor(new FeatureMap([Feature.Rate(0), Feature.Value(1)]));
        var row = new double[8];
        Assert.Equal(RowOutcome.First, extractor.Extract([10, 5], 0, row));
        Assert.Equal(RowOutcome.Accepted, extractor.Extract([13, 4], Second / 2, row));
        Assert.Equal([6, 4, 0, 0, 0, 0, 0, 0], row);
    }

    [Fact]
    public void A_counter_that_fell_counts_from_zero()
    {
        var extractor = new FeatureExtractor(new FeatureMap([Feature.Rate(0)]));
        var row = new double[8];
        extractor.Extract([1000], 0, row);
        extractor.Extract([4], 2 * Second, row);
        Assert.Equal(2, row[0]);
    }

    [Fact]
    public void Rows_that_are_not_later_are_ignored_until_the_clock_has_evidently_restarted()
    {
        var extractor = new FeatureExtractor(new FeatureMap([Feature.Rate(0)]));
        var row = new double[8];
        extractor.Extract([10], 100 * Second, row);
        Assert.Equal(RowOutcome.NotLater, extractor.Extract([11], 100 * Second, row));
        Assert.Equal(RowOutcome.NotLater, extractor.Extract([12], 99 * Second, row));
        Assert.Equal(RowOutcome.Accepted, extractor.Extract([14], 102 * Second, row));
        Assert.Equal(2, row[0]);
        for (var i = 1; i < FeatureExtractor.RebaseAfter; i++)
            Assert.Equal(RowOutcome.NotLater, extractor.Extract([20], i, row));
        Assert.Equal(RowOutcome.First, extractor.Extract([20], Second, row));
        Assert.Equal(RowOutcome.Accepted, extractor.Extract([25], 2 * Second, row));
        Assert.Equal(5, row[0]);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void A_non_finite_counter_is_missing_then_and_in_the_next_row_only(double bad)
    {
        var extractor = new FeatureExtractor(new FeatureMap([Feature.Rate(0), Feature.Value(1)]));
        var row = new double[8];
        extractor.Extract([10, 1], 0, row);
        extractor.Extract([bad, bad], Second, row);
        Assert.Equal([double.NaN, double.NaN], row[..2]);
        extractor.Extract([30, 2], 2 * Second, row);
        Assert.Equal([double.NaN, 2], row[..2]);
        extractor.Extract([37, 2], 3 * Second, row);
        Assert.Equal([7, 2], row[..2]);
    }

    [Fact]
    public void Histograms_give_the_rate_of_their_count_and_the_mean_of_new_observations()
    {
        // Slots: buckets 1, 2, 3 and sum 5; a gauge on 0, a hidden slot 4.
        int[] buckets = [1, 2, 3];
        var extractor = new FeatureExtractor(new FeatureMap(
            [Feature.Value(0), Feature.HistogramRate(buckets), Feature.HistogramMean(buckets, 5)]));
        var row = new double[8];
        extractor.Extract([7, 1, 2, 3, -1, 100], 0, row);
        extractor.Extract([7, 1, 4, 5, -1, 108], 2 * Second, row);
        Assert.Equal([7, 2, 2], row[..3]);
        extractor.Extract([7, 1, 4, 5, -1, 108], 3 * Second, row);
        Assert.Equal([7, 0, double.NaN], row[..3]);
        extractor.Extract([7, 2, 0, 0, -1, 3], 4 * Second, row);
        Assert.Equal([7, 2, 1.5], row[..3]);
    }

    [Fact]
    public void A_grown_layout_keeps_rates_going_and_starts_new_ones()
    {
        int[] buckets = [2, 3];
        var old = new FeatureExtractor(new FeatureMap([Feature.Rate(0), Feature.HistogramMean(buckets, 4)]));
        var row = new double[8];
        old.Extract([10, 0, 1, 1, 5], 0, row);
        var grown = old.Extend(new FeatureMap(
            [Feature.Value(1), Feature.HistogramMean(buckets, 4), Feature.Rate(0, resolution: 3), Feature.Rate(5)]));
        Assert.Equal(RowOutcome.Accepted, grown.Extract([14, 9, 2, 1, 8, 100], Second, row));
        Assert.Equal([9, 3, 4, double.NaN], row[..4]);
        grown.Extract([14, 9, 2, 1, 8, 101], 2 * Second, row);
        Assert.Equal([9, double.NaN, 0, 1], row[..4]);
    }

    [Fact]
    public void A_short_row_is_refused_with_both_numbers()
    {
        var extractor = new FeatureExtractor(new FeatureMap([Feature.Value(11)]));
        var error = Assert.Throws<ArgumentException>(() => extractor.Extract(new double[11], 0, new double[8]));
        Assert.Contains("11 slots", error.Message, StringComparison.Ordinal);
        Assert.Contains("reads 12", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Direct_and_gathered_maps_and_all_widths_agree_with_a_scalar_reference() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[0, 1_000_000]).Sample((count, seed) =>
        {
            var random = new Random(seed);
            var kinds = Enumerable.Range(0, count).Select(_ => random.Next(2) == 0).ToArray();
            var direct = new FeatureMap([.. kinds.Select((rate, i) => rate ? Feature.Rate(i) : Feature.Value(i))]);
            var shifted = new FeatureMap([.. kinds.Select((rate, i) => rate ? Feature.Rate(count - i) : Feature.Value(count - i))]);
            Assert.True(direct.IsDirect && !shifted.IsDirect);
            var statistics = new RunningStatistics(count);
            for (var i = 0; i < 3; i++)
                statistics.Add(Values(random, count));
            var scaling = new FeatureScaling(direct, statistics, 1e-4);
            double[] previous = Values(random, count), current = Values(random, count);
            var expected = new double[count];
            for (var i = 0; i < count; i++)
                expected[i] = Z(kinds[i], previous[i], current[i], 0.25, scaling, i);
            var missing = expected.Count(double.IsNaN);
            expected = [.. expected.Select(z => double.IsNaN(z) ? 0 : z)];
            foreach (var map in new[] { direct, shifted })
            {
                var extractor = new FeatureExtractor(map);
                var z = new double[direct.Stride];
                extractor.Standardize(Slots(map, previous), 0, scaling, z, out _, out _);
                extractor.Standardize(Slots(map, current), Second / 4, scaling, z, out var norm, out var lost);
                Check(expected, z, norm);
                Assert.Equal(missing, lost);
            }
            CheckWidth<Ops512, Vector512<double>>(direct, scaling, previous, current, expected, missing);
            CheckWidth<Ops256, Vector256<double>>(direct, scaling, previous, current, expected, missing);
            CheckWidth<Ops128, Vector128<double>>(direct, scaling, previous, current, expected, missing);
        }, iter: 300);

    private static double[] Slots(FeatureMap map, double[] values)
    {
        var slots = new double[map.SlotCount];
        for (var i = 0; i < values.Length; i++)
            slots[map[i].Slots[0]] = values[i];
        return slots;
    }

    private static void CheckWidth<TOps, V>(
        FeatureMap map, FeatureScaling scaling, double[] previous, double[] current, double[] expected, int missing)
        where TOps : struct, IVectorOps<V> where V : struct
    {
        var state = FrequentDirectionsTests.Padded(previous);
        var z = new double[map.Stride];
        var lost = 0;
        var norm = RowKernel<TOps, V>.Standardize(
            FrequentDirectionsTests.Padded(current), state, map.RateBits, 4, scaling.Blocks, z, 0, ref lost);
        Check(expected, z, norm);
        Assert.Equal(missing, lost);
        Assert.Equal(current, state[..map.Count]);
    }

    private static void Check(double[] expected, double[] z, double norm)
    {
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], z[i], 1e-12 * (1 + Math.Abs(expected[i])));
        Assert.All(z[expected.Length..], x => Assert.Equal(0, x));
        var square = expected.Sum(x => x * x);
        Assert.Equal(square, norm, 1e-12 * (1 + square));
    }

    /// <summary>The definition, one element at a time; NaN where missing.</summary>
    private static double Z(bool rate, double previous, double current, double seconds, FeatureScaling scaling, int i)
    {
        var value = current;
        if (rate && (!double.IsFinite(previous) || !double.IsFinite(current)))
            return double.NaN;
        if (rate)
            value = (current < previous ? current : current - previous) / seconds;
        if (!double.IsFinite(value) || double.IsInfinity(scaling.Deviation(i)))
            return double.IsFinite(value) ? 0 : double.NaN;
        return Math.Clamp((value - scaling.Mean(i)) / scaling.Deviation(i), -FeatureScaling.Limit, FeatureScaling.Limit);
    }

    private static double[] Values(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => random.Next(12) switch
        {
            0 => double.NaN, 1 => double.PositiveInfinity, 2 => double.NegativeInfinity, 3 => 0, 4 => 1e200,
            _ => random.NextDouble() * 100,
        })];
}
