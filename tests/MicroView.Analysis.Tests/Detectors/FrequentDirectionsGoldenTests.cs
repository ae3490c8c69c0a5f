using System.Globalization;

namespace MicroView.Analysis.Tests;

/// <summary>
/// FD as in the paper beside golden scores: numpy's SVD and the artifact's formula, on rows that both sides draw from SplitMix64.
/// Golden/frequent_directions.py made Golden/frequent_directions.csv.
/// </summary>
public sealed class FrequentDirectionsGoldenTests
{
    private const int Dimension = 64, Training = 300, Live = 150, Factors = 5;

    [Theory]
    [InlineData("fixed", null)]
    [InlineData("eta0", 0.0)]
    [InlineData("eta1", 1.0)]
    public void Scores_and_decisions_are_the_golden_ones(string column, double? eta)
    {
        var golden = Golden(column);
        var rows = Rows();
        var detector = new FrequentDirectionsDetector(Dimension, new DetectorOptions { SketchRows = 8, Components = 8, Eta = eta ?? 0 });
        var training = new RowMatrix(Dimension);
        foreach (var row in rows.Take(Training))
            training.Add(row);
        detector.Fit(training);
        var threshold = golden["threshold"];
        Assert.Equal(threshold, detector.Threshold, 1e-9);
        var anomalies = 0;
        foreach (var (i, row) in rows.Skip(Training).Index())
        {
            var square = RowKernels.SquaredNorm(row);
            var score = detector.Score(row, square);
            Assert.Equal(golden[$"{i}"], score, 1e-9);
            Assert.Equal(golden[$"{i}"] > threshold, score > detector.Threshold);
            anomalies += score > detector.Threshold ? 1 : 0;
            if (eta is not null)
                detector.Update(row, square, score > detector.Threshold);
        }
        Assert.InRange(anomalies, 10, 20);
    }

    /// <summary>z-scores by the statistics of the training rows, padded.</summary>
    private static List<double[]> Rows()
    {
        var random = new SplitMix64(20260101);
        var loadings = new double[Factors, Dimension];
        for (var f = 0; f < Factors; f++)
            for (var j = 0; j < Dimension; j++)
                loadings[f, j] = random.NextUniform() - 0.5;
        var raw = Enumerable.Range(0, Training + Live).Select(i => Row(ref random, loadings, i)).ToArray();
        var statistics = new RunningStatistics(Dimension);
        foreach (var row in raw.Take(Training))
            statistics.Add(row);
        var scaling = new FeatureScaling(VaeScene.Map(Dimension), statistics, relativeFloor: 0);
        return [.. raw.Select(row =>
        {
            var z = new double[Dimension];
            scaling.Standardize(row, z);
            return z;
        })];
    }

    private static double[] Row(ref SplitMix64 random, double[,] loadings, int i)
    {
        var weights = new double[Factors];
        for (var f = 0; f < Factors; f++)
            weights[f] = (Factors - f) * (random.NextUniform() - 0.5);
        var row = new double[Dimension];
        for (var j = 0; j < Dimension; j++)
        {
            var value = random.NextUniform() - 0.5;
            for (var f = 0; f < Factors; f++)
                value += weights[f] * loadings[f, j];
            row[j] = 100.0 + j + (1 + j % 7) * value;
        }
        for (var j = i % 58; i >= Training && i % 10 == 7 && j < i % 58 + 6; j++)
            row[j] += 4.0 * (1 + j % 7);
        return row;
    }

    private static Dictionary<string, double> Golden(string column)
    {
        var lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Golden", "frequent_directions.csv")).Select(line => line.Split(',')).ToArray();
        var at = Array.IndexOf(lines[0], column);
        Assert.Equal(Live + 2, lines.Length);
        return lines.Skip(1).ToDictionary(line => line[0], line => double.Parse(line[at], CultureInfo.InvariantCulture));
    }
}
