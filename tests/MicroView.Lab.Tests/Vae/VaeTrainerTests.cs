using MicroView.Analysis;

namespace MicroView.Lab.Tests;

public sealed class VaeTrainerTests
{
    private static readonly VaeTrainingOptions Quick = new() { Epochs = 20, LeastSteps = 300, Seed = 4 };

    [Fact]
    public void A_network_learns_what_its_rows_have_in_common_and_sees_what_breaks_it()
    {
        var losses = new List<double>();
        var model = VaeTrainer.Train([Rows(800, 1)], new VaeTrainingOptions { Epochs = 60, Seed = 4 }, seen => losses.Add(seen.Loss));
        Assert.True(losses[^1] < 0.5 * losses[0], $"{losses[0]} → {losses[^1]}");
        var start = VaeFit.Start(model, Map(8), Names, new DetectorOptions { Model = "VAE" }, out _)!;
        // Fresh rows of the same kind pass the training's 99th percentile about as often; rows whose halves no longer agree, almost always.
        Assert.InRange(Anomalous(start, Rows(1000, 2)), 0, 60);
        Assert.InRange(Anomalous(start, Rows(1000, 3, broken: true)), 900, 1000);
    }

    [Fact]
    public void The_same_seed_gives_the_same_network_and_another_seed_another()
    {
        var rows = Rows(200, 5);
        var first = VaeBytes.Write(VaeTrainer.Train([rows], Quick));
        Assert.Equal(first, VaeBytes.Write(VaeTrainer.Train([rows], Quick)));
        Assert.NotEqual(first, VaeBytes.Write(VaeTrainer.Train([rows], Quick with { Seed = 5 })));
    }

    [Fact]
    public void The_threshold_is_the_percentile_of_the_errors_of_the_stored_network()
    {
        var rows = Rows(300, 6);
        var model = VaeTrainer.Train([rows], Quick with { ThresholdPercentile = 95 });
        var start = VaeFit.Start(VaeBytes.Read(VaeBytes.Write(model)), Map(8), Names, new DetectorOptions { Model = "VAE" }, out _)!;
        var scores = Enumerable.Range(0, rows.Count).Select(i => Score(start, rows[i])).ToArray();
        Assert.Equal(Percentile.Of(scores, 95), model.Threshold, 1e-9);
        Assert.Equal((300, 95), (model.TrainingRows, model.ThresholdPercentile));
    }

    [Fact]
    public void Pods_of_a_service_are_pooled_and_missing_and_constant_metrics_are_no_harm()
    {
        var first = Rows(150, 7, change: (_, row) => (row[2], row[3]) = (double.NaN, 7));
        var second = Rows(150, 8, change: (i, row) => (row[3], row[5]) = (7, i % 3 == 0 ? double.NaN : row[5]));
        var model = VaeTrainer.Train([first, second], Quick);
        Assert.Equal(300, model.TrainingRows);
        Assert.InRange(model.Threshold, 0, 1e6);
        Assert.Equal(7, model.Means[3]);
        Assert.Equal(Enumerable.Range(0, 150).Average(i => second[i][2]), model.Means[2], 1e-9);
    }

    [Fact]
    public void A_wild_row_does_not_ruin_the_training()
    {
        var model = VaeTrainer.Train([Rows(300, 9, change: (i, row) => row[0] = i == 100 ? 1e12 : row[0])], Quick);
        Assert.All(model.Layers, layer => Assert.All(layer.Weights.ToArray(), weight => Assert.InRange(Math.Abs(weight), 0, 100)));
    }

    [Fact]
    public void Columns_that_are_only_counted_give_no_names()
    {
        var rows = new SeriesRows(["value_0", "value_1"]);
        for (var i = 0; i < 20; i++)
            (Math.Sin(i), i % 3.0).CopyTo(rows.Append(i));
        Assert.False(VaeTrainer.Train([rows], Quick with { LeastSteps = 1, Epochs = 1 }).IsNamed);
    }

    [Fact]
    public void What_cannot_be_trained_is_refused_in_one_line()
    {
        Assert.Contains("9 rows", Assert.Throws<LabException>(() => VaeTrainer.Train([Rows(9, 1)], Quick)).Message, StringComparison.Ordinal);
        var other = new SeriesRows(["a"]);
        Assert.Contains("different metrics (8 and 1)", Assert.Throws<LabException>(() => VaeTrainer.Train([Rows(20, 1), other], Quick)).Message, StringComparison.Ordinal);
        Assert.Contains("diverged", Assert.Throws<LabException>(() => VaeTrainer.Train([Rows(200, 1)], Quick with { LearningRate = 1e9 })).Message, StringComparison.Ordinal);
        Assert.Throws<OperationCanceledException>(() => VaeTrainer.Train([Rows(200, 1)], Quick, stop: new CancellationToken(true)));
    }

    internal static IReadOnlyList<string> Names { get; } = [.. Enumerable.Range(0, 8).Select(i => $"metric_{i}")];

    /// <summary>Eight metrics of two common causes; broken, the second half goes its own way.</summary>
    internal static SeriesRows Rows(int count, int seed, bool broken = false, Action<int, double[]>? change = null)
    {
        var random = new Random(seed);
        var rows = new SeriesRows(Names);
        for (var i = 0; i < count; i++)
        {
            var (first, second) = (random.NextDouble() * 4 - 2, random.NextDouble() * 4 - 2);
            var row = new double[8];
            for (var j = 0; j < 8; j++)
            {
                var cause = broken && j >= 4 ? random.NextDouble() * 8 - 4 : j % 2 == 0 ? first : second;
                row[j] = 100 + (j + 1) * (cause + 0.05 * random.NextDouble());
            }
            change?.Invoke(i, row);
            row.CopyTo(rows.Append(i * 1_000_000_000L));
        }
        return rows;
    }

    private static int Anomalous(PodKnowledge start, SeriesRows rows) =>
        Enumerable.Range(0, rows.Count).Count(i => Score(start, rows[i]) > start.Detector.Threshold);

    private static double Score(PodKnowledge start, ReadOnlySpan<double> row)
    {
        var z = new double[start.Detector.Stride];
        start.Scaling.Standardize(row, z);
        return start.Detector.Score(z, z.Sum(x => x * x));
    }

    private static FeatureMap Map(int count) => new([.. Enumerable.Range(0, count).Select(i => Feature.Value(i))]);
}

file static class PairExtensions
{
    public static void CopyTo(this (double First, double Second) pair, Span<double> row) => (row[0], row[1]) = pair;
}
