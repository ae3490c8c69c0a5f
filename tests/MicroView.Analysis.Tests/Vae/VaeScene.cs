namespace MicroView.Analysis.Tests;

/// <summary>Models and rows for tests, and the network the straightforward way.</summary>
internal static class VaeScene
{
    public static VaeModel Model(int dimension, ulong seed = 3, string service = "", IReadOnlyList<string>? names = null, double threshold = 0.5)
    {
        var untrained = VaeModel.Untrained(dimension, seed);
        double[] means = [.. Enumerable.Range(0, dimension).Select(i => 10.0 + i)];
        double[] deviations = [.. Enumerable.Range(0, dimension).Select(i => 1 + 0.5 * i)];
        return new VaeModel(untrained.Layers, means, deviations)
        {
            Service = service, Names = names ?? untrained.Names, Threshold = threshold, ThresholdPercentile = 99.9, TrainingRows = 1234,
        };
    }

    /// <summary>The reconstruction of x, element by element.</summary>
    public static double[] Reconstruct(VaeModel model, double[] x)
    {
        var y = x;
        foreach (var (index, layer) in model.Layers.Index())
        {
            var next = new double[layer.Outputs];
            for (var i = 0; i < layer.Outputs; i++)
            {
                next[i] = layer.Bias[i];
                for (var j = 0; j < layer.Inputs; j++)
                    next[i] += layer.Weights[i * layer.Inputs + j] * y[j];
                if (index is not (2 or 5))
                    next[i] = Math.Max(0, next[i]);
            }
            y = next;
        }
        return y;
    }

    public static string[] Names(int count) => [.. Enumerable.Range(0, count).Select(i => $"metric_{i}{{route=\"/{i}\"}}")];

    public static FeatureMap Map(int count) => new([.. Enumerable.Range(0, count).Select(i => Feature.Value(i))]);
}
