using System.Numerics.Tensors;
using MicroView.Analysis;

namespace MicroView.Lab;

/// <summary>
/// A dense layer under training, in double precision. Activations are stored unit by unit, the batch's values side by side, so that
/// every inner loop runs over the batch. For one thread.
/// </summary>
internal sealed class TrainedLayer
{
    /// <summary>Uniform in ±1/√inputs, as PyTorch begins.</summary>
    public TrainedLayer(int inputs, int outputs, ref SplitMix64 random)
    {
        (Inputs, Outputs) = (inputs, outputs);
        (Weights, Bias) = (new double[inputs * outputs], new double[outputs]);
        (WeightGradient, BiasGradient) = (new double[inputs * outputs], new double[outputs]);
        var bound = 1 / Math.Sqrt(inputs);
        foreach (ref var weight in Weights.AsSpan())
            weight = (2 * random.NextUniform() - 1) * bound;
        foreach (ref var weight in Bias.AsSpan())
            weight = (2 * random.NextUniform() - 1) * bound;
    }

    public int Inputs { get; }

    public int Outputs { get; }

    /// <summary>W, row-major: weight of input j for output i at i·inputs + j.</summary>
    public double[] Weights { get; }

    public double[] Bias { get; }

    public double[] WeightGradient { get; }

    public double[] BiasGradient { get; }

    /// <summary>y = W·x + b.</summary>
    public void Forward(Activations x, Activations y)
    {
        for (var i = 0; i < Outputs; i++)
        {
            var target = y[i];
            target.Fill(Bias[i]);
            for (var j = 0; j < Inputs; j++)
                TensorPrimitives.MultiplyAdd(x[j], Weights[i * Inputs + j], target, target);
        }
    }

    /// <summary>Sets the gradients from those of y, and those of x unless <paramref name="dx"/> is null.</summary>
    public void Backward(Activations x, Activations dy, Activations? dx)
    {
        for (var i = 0; i < Outputs; i++)
        {
            BiasGradient[i] = TensorPrimitives.Sum(dy[i]);
            for (var j = 0; j < Inputs; j++)
                WeightGradient[i * Inputs + j] = TensorPrimitives.Dot(dy[i], x[j]);
        }
        for (var j = 0; dx is not null && j < Inputs; j++)
        {
            var target = dx[j];
            target.Clear();
            for (var i = 0; i < Outputs; i++)
                TensorPrimitives.MultiplyAdd(dy[i], Weights[i * Inputs + j], target, target);
        }
    }

    /// <summary>The layer in single precision, as it is stored.</summary>
    public DenseWeights Store() =>
        new(Inputs, Outputs, [.. Weights.Select(weight => (float)weight)], [.. Bias.Select(weight => (float)weight)]);
}

/// <summary>Values of some units over a batch: a row per unit.</summary>
internal sealed class Activations
{
    private readonly int _capacity;
    private readonly double[] _values;

    public Activations(int units, int capacity)
    {
        (Units, Count, _capacity) = (units, capacity, capacity);
        _values = new double[units * capacity];
    }

    public int Units { get; }

    /// <summary>Values per unit in use, at most the capacity.</summary>
    public int Count { get; set; }

    public Span<double> this[int unit] => _values.AsSpan(unit * _capacity, Count);

    /// <summary>max(value, 0) everywhere.</summary>
    public void Rectify()
    {
        for (var unit = 0; unit < Units; unit++)
            TensorPrimitives.Max(this[unit], 0.0, this[unit]);
    }

    /// <summary>Sets to 0 where <paramref name="rectified"/> is: the gradient of max(value, 0).</summary>
    public void MaskBy(Activations rectified)
    {
        for (var unit = 0; unit < Units; unit++)
        {
            var gradient = this[unit];
            var value = rectified[unit];
            for (var i = 0; i < gradient.Length; i++)
                gradient[i] = value[i] > 0 ? gradient[i] : 0;
        }
    }
}
