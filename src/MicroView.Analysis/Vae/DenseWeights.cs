namespace MicroView.Analysis;

/// <summary>
/// Weights of one dense layer y = W·x + b, single precision as they are trained elsewhere and stored. Immutable and thread-safe.
/// </summary>
public sealed class DenseWeights
{
    /// <summary>Bound on the magnitude of a weight: with it no finite row can overflow the network (|x| ≤ 1e6, six layers).</summary>
    public const float Limit = 1e6f;

    private readonly float[] _weights;
    private readonly float[] _bias;

    /// <summary>A layer from W, row-major (an output's weights side by side, as PyTorch's Linear.weight), and b.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit, or a weight is not finite or beyond <see cref="Limit"/>.</exception>
    public DenseWeights(int inputs, int outputs, ReadOnlySpan<float> weights, ReadOnlySpan<float> bias)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputs, 1);
        if (weights.Length != (long)inputs * outputs || bias.Length != outputs)
            throw new ArgumentException($"A layer of {inputs} inputs and {outputs} outputs has {(long)inputs * outputs} weights and {outputs} biases, not {weights.Length} and {bias.Length}.");
        CheckRange(weights);
        CheckRange(bias);
        (Inputs, Outputs) = (inputs, outputs);
        (_weights, _bias) = (weights.ToArray(), bias.ToArray());
    }

    /// <summary>Length of x.</summary>
    public int Inputs { get; }

    /// <summary>Length of y.</summary>
    public int Outputs { get; }

    /// <summary>W, row-major: weight of input j for output i at i·<see cref="Inputs"/> + j.</summary>
    public ReadOnlySpan<float> Weights => _weights;

    /// <summary>b.</summary>
    public ReadOnlySpan<float> Bias => _bias;

    private static void CheckRange(ReadOnlySpan<float> values)
    {
        foreach (var value in values)
            if (!(Math.Abs(value) <= Limit))
                throw new ArgumentException($"A weight is {value}; weights lie within ±{Limit:g}.");
    }
}
