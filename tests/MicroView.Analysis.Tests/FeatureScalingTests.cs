namespace MicroView.Analysis.Tests;

public sealed class FeatureScalingTests
{
    [Fact]
    public void Deviation_is_that_of_the_training_rows_and_never_below_the_resolution()
    {
        var scaling = Scaling([Feature.Value(0), Feature.Value(1, resolution: 10)], [1, 1], [3, 3]);
        Assert.Equal((2, 1), (scaling.Mean(0), scaling.Deviation(0)));
        Assert.Equal((2, 10), (scaling.Mean(1), scaling.Deviation(1)));
    }

    [Fact]
    public void A_constant_metric_gives_bounded_scores()
    {
        var scaling = Scaling([Feature.Value(0), Feature.Value(1), Feature.Value(2, resolution: 0.02)], [1e9, 0, 0], [1e9, 0, 0]);
        var z = new double[3];
        scaling.Standardize([1e9 + 1e5, 7, 1], z);
        Assert.Equal([1, 7, 50], z.Select(x => Math.Round(x, 9)));
        scaling.Standardize([double.MaxValue, double.MinValue, 1e300], z);
        Assert.Equal([FeatureScaling.Limit, -FeatureScaling.Limit, FeatureScaling.Limit], z);
    }

    [Fact]
    public void Missing_values_give_zero_and_a_metric_never_seen_in_training_is_ignored()
    {
        var scaling = Scaling([Feature.Value(0), Feature.Value(1)], [1, double.NaN], [2, double.PositiveInfinity]);
        var z = new double[2];
        scaling.Standardize([double.NaN, 5], z);
        Assert.Equal([0, 0], z);
        Assert.Equal(double.PositiveInfinity, scaling.Deviation(1));
    }

    [Fact]
    public void Statistics_are_stable_far_from_zero()
    {
        var statistics = new RunningStatistics(1);
        for (var i = 0; i < 1000; i++)
            statistics.Add([1e9 + i % 2]);
        Assert.Equal(1e9 + 0.5, statistics.Mean(0), 1e-6);
        Assert.Equal(0.5, statistics.Deviation(0), 1e-9);
    }

    private static FeatureScaling Scaling(Feature[] features, params double[][] rows)
    {
        var statistics = new RunningStatistics(features.Length);
        foreach (var row in rows)
            statistics.Add(row);
        return new FeatureScaling(new FeatureMap(features), statistics, 1e-4);
    }
}
