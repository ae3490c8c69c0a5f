namespace MicroView.Analysis.Tests;

/// <summary>The registry, TH, thresholds and options; what holds for every detector is in <see cref="DetectorContract"/>.</summary>
public sealed class DetectorTests
{
    [Fact]
    public void An_unknown_model_is_refused_with_the_known_ones()
    {
        var error = Assert.Throws<ArgumentException>(() => DetectorRegistry.Create(3, new DetectorOptions { Model = "KNN" }));
        Assert.Contains("'KNN'", error.Message, StringComparison.Ordinal);
        Assert.Contains("FD", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Threshold_detector_fires_beyond_three_deviations_of_any_metric()
    {
        var detector = new ThresholdDetector(10, new DetectorOptions());
        detector.Fit(Matrix(10, 20, 1));
        var row = new double[16];
        row[9] = -3;
        Assert.False(detector.Score(row, 9) > detector.Threshold);
        row[9] = -3.01;
        Assert.True(detector.Score(row, 9.06) > detector.Threshold);
        row[0] = 6.02;
        row[1] = 2.9;
        var shares = new double[16];
        detector.Attribute(row, shares);
        Assert.Equal(0.8, shares[0], 1e-12);
        Assert.Equal(0.2, shares[9], 1e-12);
        Assert.Equal(0, shares[1]);
    }

    [Fact]
    public void Threshold_detector_can_take_each_metrics_limit_from_training()
    {
        var training = new RowMatrix(2);
        for (var i = 0; i <= 100; i++)
            training.Add([i / 10.0, 0]);
        var detector = new ThresholdDetector(2, new DetectorOptions { ZPercentile = 90 });
        detector.Fit(training);
        Assert.False(detector.Score([8.99, 0.99, 0, 0, 0, 0, 0, 0], 0) > detector.Threshold);
        Assert.True(detector.Score([9.01, 0, 0, 0, 0, 0, 0, 0], 0) > detector.Threshold);
        Assert.True(detector.Score([0, 1.01, 0, 0, 0, 0, 0, 0], 0) > detector.Threshold);
    }

    [Fact]
    public void Frequent_directions_threshold_is_a_factor_times_the_percentile_and_never_below_the_least()
    {
        static double Threshold(DetectorOptions options)
        {
            var detector = new FrequentDirectionsDetector(12, options with { Normalization = Normalization.None });
            detector.Fit(Matrix(12, 80, 1));
            return detector.Threshold;
        }

        var paper = Threshold(new DetectorOptions { MinThreshold = 0 });
        Assert.InRange(paper, 0.1, 2);
        Assert.Equal(2 * paper, Threshold(new DetectorOptions { MinThreshold = 0, ThresholdFactor = 2 }), 1e-12);
        Assert.True(Threshold(new DetectorOptions { MinThreshold = 0, ThresholdPercentile = 50 }) < paper);
        Assert.Equal(3, Threshold(new DetectorOptions()));
    }

    [Theory]
    [InlineData(50, 2.5)]
    [InlineData(99, 3.97)]
    [InlineData(0, 1)]
    [InlineData(100, 4)]
    public void Percentiles_are_numpys(double percent, double expected) =>
        Assert.Equal(expected, Percentile.Of([4, 1, 3, 2], percent), 1e-12);

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentException>(() => DetectorRegistry.Create(3, new DetectorOptions { Eta = 1.5 }));
        Assert.Throws<ArgumentException>(() => DetectorRegistry.Create(3, new DetectorOptions { SketchRows = 4, Components = 5 }));
        Assert.Throws<ArgumentException>(() => DetectorRegistry.Create(99, new DetectorOptions { Components = 10 }));
        Assert.Throws<ArgumentException>(() => DetectorRegistry.Create(3, new DetectorOptions { ThresholdPercentile = double.NaN }));
        Assert.Throws<ArgumentException>(() => DetectorRegistry.Create(3, new DetectorOptions { ZLimit = 0 }));
    }

    private static RowMatrix Matrix(int dimension, int count, int seed)
    {
        var rows = new RowMatrix(dimension);
        foreach (var row in FrequentDirectionsTests.Rows(dimension, count, 3, seed, noise: 1))
            rows.Add(row);
        return rows;
    }
}
