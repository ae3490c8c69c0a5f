using System.Numerics;
using System.Runtime.InteropServices;

namespace MicroView.Lab;

/// <summary>Adam (Kingma and Ba, ICLR 2015) with bias correction; β₁ 0.9, β₂ 0.999, ε 1e-8. For one thread.</summary>
internal sealed class AdamOptimizer
{
    private const double FirstDecay = 0.9, SecondDecay = 0.999, Epsilon = 1e-8;

    private readonly double _rate;
    private readonly List<Moments> _parameters = [];
    private int _steps;

    /// <summary>An optimiser of all weights of <paramref name="layers"/>.</summary>
    public AdamOptimizer(IEnumerable<TrainedLayer> layers, double rate)
    {
        _rate = rate;
        foreach (var layer in layers)
        {
            _parameters.Add(new Moments(layer.Weights, layer.WeightGradient));
            _parameters.Add(new Moments(layer.Bias, layer.BiasGradient));
        }
    }

    /// <summary>Moves every weight against its gradient.</summary>
    public void Step()
    {
        _steps++;
        var first = 1 - Math.Pow(FirstDecay, _steps);
        var second = Math.Sqrt(1 - Math.Pow(SecondDecay, _steps));
        foreach (var one in _parameters)
            Move(one, _rate / first, second);
    }

    private static void Move(Moments one, double rate, double correction)
    {
        var values = Vectors(one.Values);
        var gradients = Vectors(one.Gradients);
        var means = Vectors(one.Means);
        var squares = Vectors(one.Squares);
        for (var i = 0; i < values.Length; i++)
        {
            means[i] = FirstDecay * means[i] + (1 - FirstDecay) * gradients[i];
            squares[i] = SecondDecay * squares[i] + (1 - SecondDecay) * gradients[i] * gradients[i];
            values[i] -= rate * means[i] / (Vector.SquareRoot(squares[i]) / new Vector<double>(correction) + new Vector<double>(Epsilon));
        }
        for (var i = values.Length * Vector<double>.Count; i < one.Values.Length; i++)
        {
            one.Means[i] = FirstDecay * one.Means[i] + (1 - FirstDecay) * one.Gradients[i];
            one.Squares[i] = SecondDecay * one.Squares[i] + (1 - SecondDecay) * one.Gradients[i] * one.Gradients[i];
            one.Values[i] -= rate * one.Means[i] / (Math.Sqrt(one.Squares[i]) / correction + Epsilon);
        }
    }

    private static Span<Vector<double>> Vectors(double[] values) => MemoryMarshal.Cast<double, Vector<double>>(values.AsSpan());

    private sealed class Moments(double[] values, double[] gradients)
    {
        public double[] Values { get; } = values;

        public double[] Gradients { get; } = gradients;

        public double[] Means { get; } = new double[values.Length];

        public double[] Squares { get; } = new double[values.Length];
    }
}
