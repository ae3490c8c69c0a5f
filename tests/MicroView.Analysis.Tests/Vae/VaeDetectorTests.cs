using System.Runtime.Intrinsics;
using CsCheck;

namespace MicroView.Analysis.Tests;

public sealed class VaeDetectorTests
{
    [Fact]
    public void Reconstruction_and_score_are_those_of_the_definition() =>
        Gen.Select(Gen.Int[1, 90], Gen.Int[0, 1_000_000]).Sample((dimension, seed) =>
        {
            var model = VaeModel.Untrained(dimension, (ulong)seed, latent: 1 + seed % 20);
            var detector = Detector(dimension, model);
            var row = FrequentDirectionsTests.Rows(dimension, 1, 3, seed, noise: 4)[0];
            var expected = VaeScene.Reconstruct(model, row);
            var padded = FrequentDirectionsTests.Padded(row);
            var reconstruction = new double[padded.Length];
            detector.Reconstruct(padded, reconstruction);
            for (var j = 0; j < dimension; j++)
                Assert.Equal(expected[j], reconstruction[j], 1e-12 * (1 + Math.Abs(expected[j])));
            var error = row.Zip(expected, (x, y) => (x - y) * (x - y)).ToArray();
            Assert.Equal(error.Average(), Score(detector, row), 1e-11 * (1 + error.Average()));
            var shares = new double[padded.Length];
            detector.Attribute(padded, shares);
            for (var j = 0; j < dimension; j++)
                Assert.Equal(error[j] / error.Sum(), shares[j], 1e-9);
        }, iter: 200);

    [Fact]
    public void Every_vector_width_computes_the_same_layer()
    {
        foreach (var (inputs, outputs) in new[] { (64, 64), (1, 32), (33, 10), (300, 64), (10, 7) })
        {
            var random = new Random(inputs);
            var layer = new DenseLayer(new DenseWeights(inputs, outputs,
                [.. Enumerable.Range(0, inputs * outputs).Select(_ => (float)(random.NextDouble() - 0.5))], [.. Enumerable.Range(0, outputs).Select(_ => (float)random.NextDouble())]));
            var x = FrequentDirectionsTests.Padded([.. Enumerable.Range(0, inputs).Select(_ => 4 * random.NextDouble() - 2)]);
            var (y512, y256, y128) = (new double[layer.OutputStride], new double[layer.OutputStride], new double[layer.OutputStride]);
            layer.Run<Ops512, Vector512<double>>(x, y512, 0);
            layer.Run<Ops256, Vector256<double>>(x, y256, 0);
            layer.Run<Ops128, Vector128<double>>(x, y128, 0);
            for (var i = 0; i < y512.Length; i++)
            {
                Assert.Equal(y512[i], y256[i], 1e-12);
                Assert.Equal(y512[i], y128[i], 1e-12);
            }
        }
    }

    [Fact]
    public void A_network_of_another_width_and_none_at_all_are_refused_with_both_numbers()
    {
        var error = Assert.Throws<ArgumentException>(() => Detector(12, VaeModel.Untrained(64, 1)));
        Assert.Contains("64 metrics, the rows have 12", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => DetectorRegistry.Create(12, new DetectorOptions { Model = "VAE" }));
    }

    [Fact]
    public void The_threshold_is_the_percentile_of_the_errors_and_live_never_below_one_metric_three_deviations_out()
    {
        var rows = new RowMatrix(16);
        foreach (var row in FrequentDirectionsTests.Rows(16, 100, 3, 1, noise: 2))
            rows.Add(row);
        var (paper, live) = (Detector(16, VaeModel.Untrained(16, 1)), Detector(16, VaeModel.Untrained(16, 1), DetectorOptions.Live));
        paper.Fit(rows);
        var errors = Enumerable.Range(0, 100).Select(i => Score(paper, rows[i][..16].ToArray())).ToArray();
        Assert.Equal(Percentile.Of(errors, 99), paper.Threshold, 1e-12);
        live.Fit(rows);
        Assert.Equal(2 * Percentile.Of(errors, 99.9), live.Threshold, 1e-12);
        live.TakeThreshold(0.001);
        Assert.Equal(9.0 / 16, live.Threshold);
    }

    [Fact]
    public void Pods_of_one_model_do_not_share_what_they_compute_with()
    {
        var model = VaeModel.Untrained(64, 5);
        var rows = FrequentDirectionsTests.Rows(64, 64, 4, 8, noise: 1);
        var alone = Detector(64, model);
        var expected = rows.Select(row => Score(alone, row)).ToArray();
        Parallel.For(0, 8, _ =>
        {
            var detector = Detector(64, model);
            for (var round = 0; round < 50; round++)
                for (var i = 0; i < rows.Count; i++)
                    Assert.Equal(expected[i], Score(detector, rows[i]));
        });
    }

    [Fact]
    public void Parts_that_do_not_fit_are_no_model()
    {
        var model = VaeModel.Untrained(8, 1);
        double[] zeros = new double[8], ones = [1, 1, 1, 1, 1, 1, 1, 1];
        Assert.Contains("six layers", Assert.Throws<ArgumentException>(() => new VaeModel([.. model.Layers.Take(5)], zeros, ones)).Message, StringComparison.Ordinal);
        Assert.Contains("Layer 2", Assert.Throws<ArgumentException>(
            () => new VaeModel([model.Layers[0], model.Layers[0], .. model.Layers.Skip(2)], zeros, ones)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new VaeModel(model.Layers, zeros.AsSpan(0, 7), ones));
        Assert.Throws<ArgumentException>(() => new VaeModel(model.Layers, zeros, zeros));
        Assert.Throws<ArgumentException>(() => new DenseWeights(2, 2, [1, 2, 3], [0, 0]));
        Assert.Throws<ArgumentException>(() => new DenseWeights(1, 1, [float.NaN], [0]));
        Assert.Throws<ArgumentException>(() => new DenseWeights(1, 1, [1], [2e6f]));
    }

    private static VaeDetector Detector(int dimension, VaeModel model, DetectorOptions? options = null) =>
        new(dimension, (options ?? new DetectorOptions()) with { Vae = model });

    private static double Score(VaeDetector detector, double[] row)
    {
        var padded = FrequentDirectionsTests.Padded(row);
        return detector.Score(padded, padded.Sum(x => x * x));
    }
}
