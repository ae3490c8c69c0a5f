namespace MicroView.Lab.Tests;

public sealed class TrainedNetworkTests
{
    /// <summary>Central differences of the loss, the noise held fixed, for a spread of the weights of every layer.</summary>
    [Theory]
    [InlineData(5, 3, 1.0, 4)]
    [InlineData(19, 10, 0.5, 9)]
    [InlineData(1, 1, 2.0, 1)]
    [InlineData(33, 10, 0.0, 16)]
    public void Gradients_are_the_differences_of_the_loss(int dimension, int latent, double beta, int rows)
    {
        var network = new TrainedNetwork(dimension, latent, beta, rows, seed: 7);
        var (x, noise) = (Values(dimension, rows, 1), Values(latent, rows, 2));
        network.Step(x, noise);
        var checkedWeights = 0;
        foreach (var layer in network.Layers)
        {
            // Copied: every step overwrites them.
            var (weights, bias) = ((double[])layer.WeightGradient.Clone(), (double[])layer.BiasGradient.Clone());
            for (var i = 0; i < weights.Length; i += 1 + weights.Length / 40)
                Check(layer.Weights, i, weights[i]);
            for (var i = 0; i < bias.Length; i += 1 + bias.Length / 10)
                Check(layer.Bias, i, bias[i]);
        }
        Assert.True(checkedWeights > 100, $"{checkedWeights} weights");

        void Check(double[] parameters, int i, double gradient)
        {
            const double step = 1e-5;
            var (value, above, below) = (parameters[i], LossAt(parameters, i, step), LossAt(parameters, i, -step));
            var middle = network.Step(x, noise);
            // Where a rectifier bends within the step there is no derivative to compare.
            if (Math.Abs(above + below - 2 * middle) > 1e-6 * (1 + Math.Abs(middle)))
                return;
            checkedWeights++;
            Assert.Equal(gradient, (above - below) / (2 * step), 1e-5 * (1 + Math.Abs(gradient)));
            Assert.Equal(value, parameters[i]);
        }

        double LossAt(double[] parameters, int i, double step)
        {
            var value = parameters[i];
            parameters[i] += step;
            var loss = network.Step(x, noise);
            parameters[i] = value;
            return loss;
        }
    }

    [Fact]
    public void A_smaller_batch_uses_only_its_rows()
    {
        var network = new TrainedNetwork(6, 4, 1, batch: 8, seed: 3);
        var (x, noise) = (Values(6, 8, 1), Values(4, 8, 2));
        network.Step(x, noise);
        (x.Count, noise.Count) = (3, 3);
        var part = network.Step(x, noise);
        var small = new TrainedNetwork(6, 4, 1, batch: 3, seed: 3);
        var (few, fewNoise) = (new Activations(6, 3), new Activations(4, 3));
        for (var unit = 0; unit < 6; unit++)
            x[unit].CopyTo(few[unit]);
        for (var unit = 0; unit < 4; unit++)
            noise[unit].CopyTo(fewNoise[unit]);
        Assert.Equal(small.Step(few, fewNoise), part);
        Assert.Equal(small.First.WeightGradient, network.First.WeightGradient);
    }

    [Fact]
    public void Adam_moves_as_its_definition()
    {
        var random = new MicroView.Analysis.SplitMix64(1);
        var layer = new TrainedLayer(3, 5, ref random);
        var (expected, mean, square) = ((double[])layer.Weights.Clone(), new double[15], new double[15]);
        var adam = new AdamOptimizer([layer], 0.01);
        for (var step = 1; step <= 20; step++)
        {
            for (var i = 0; i < 15; i++)
            {
                layer.WeightGradient[i] = Math.Sin(step * (i + 1));
                mean[i] = 0.9 * mean[i] + 0.1 * layer.WeightGradient[i];
                square[i] = 0.999 * square[i] + 0.001 * layer.WeightGradient[i] * layer.WeightGradient[i];
                expected[i] -= 0.01 * (mean[i] / (1 - Math.Pow(0.9, step))) / (Math.Sqrt(square[i] / (1 - Math.Pow(0.999, step))) + 1e-8);
            }
            adam.Step();
        }
        for (var i = 0; i < 15; i++)
            Assert.Equal(expected[i], layer.Weights[i], 1e-12);
    }

    [Fact]
    public void Noise_is_standard_normal_and_shuffles_are_permutations()
    {
        var (random, values) = (new NormalNumbers(5), new double[100_001]);
        random.Fill(values);
        Assert.Equal(0, values.Average(), 0.02);
        Assert.Equal(1, values.Average(x => x * x), 0.02);
        Assert.Equal(3, values.Average(x => x * x * x * x), 0.15);
        int[] order = [.. Enumerable.Range(0, 1000)];
        random.Shuffle(order);
        Assert.NotEqual(Enumerable.Range(0, 1000), order);
        Assert.Equal(Enumerable.Range(0, 1000), order.Order());
    }

    private static Activations Values(int units, int rows, ulong seed)
    {
        var (random, values) = (new NormalNumbers(seed), new Activations(units, rows));
        for (var unit = 0; unit < units; unit++)
            random.Fill(values[unit]);
        return values;
    }
}
