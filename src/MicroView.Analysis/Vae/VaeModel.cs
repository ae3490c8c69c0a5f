namespace MicroView.Analysis;

/// <summary>
/// A trained variational autoencoder of the metrics of one service: d-64-32-latent-32-64-d, rectified but for the
/// latent mean and the output, with what it needs to judge a pod: the scaling of its training rows and the threshold of their errors. At
/// inference the latent mean stands for the latent sample. Immutable and thread-safe; all pods share one. <see cref="VaeBytes"/> is its file.
/// <para>Source: the paper's Sec. 6.1; Kingma and Welling, ICLR 2014.</para>
/// </summary>
public sealed class VaeModel
{
    /// <summary>Width of the first and the last hidden layer.</summary>
    public const int OuterWidth = 64;

    /// <summary>Width of the hidden layers beside the latent one.</summary>
    public const int InnerWidth = 32;

    /// <summary>The paper's latent width.</summary>
    public const int PaperLatent = 10;

    /// <summary>d and the latent width at most.</summary>
    public const int MaxDimension = 16_384, MaxLatent = 1024;

    private readonly double[] _means;
    private readonly double[] _deviations;
    private readonly Lazy<DenseLayer[]> _layers;

    /// <summary>A model from its parts, all checked.</summary>
    /// <param name="layers">Six: d→64, 64→32, 32→latent mean, latent→32, 32→64, 64→d.</param>
    /// <param name="means">Mean of each metric over the training rows, in its unit.</param>
    /// <param name="deviations">Effective deviation of each; infinite for a metric to be ignored.</param>
    /// <exception cref="ArgumentException">A part does not fit the others; the message says which.</exception>
    public VaeModel(IReadOnlyList<DenseWeights> layers, ReadOnlySpan<double> means, ReadOnlySpan<double> deviations)
    {
        ArgumentNullException.ThrowIfNull(layers);
        if (layers.Count != 6)
            throw new ArgumentException($"The network has six layers, not {layers.Count}.", nameof(layers));
        (Dimension, Latent) = (layers[0].Inputs, layers[2].Outputs);
        if (Dimension > MaxDimension || Latent > MaxLatent)
            throw new ArgumentException($"{Dimension} metrics and a latent width of {Latent} are too many; at most {MaxDimension} and {MaxLatent} are taken.");
        var widths = Widths(Dimension, Latent);
        for (var i = 0; i < layers.Count; i++)
            if ((layers[i].Inputs, layers[i].Outputs) != widths[i])
                throw new ArgumentException($"Layer {i + 1} is {layers[i].Inputs}→{layers[i].Outputs}, it must be {widths[i].Inputs}→{widths[i].Outputs}.", nameof(layers));
        if (means.Length != Dimension || deviations.Length != Dimension)
            throw new ArgumentException($"There are {means.Length} means and {deviations.Length} deviations for {Dimension} metrics.");
        for (var i = 0; i < means.Length; i++)
            if (!double.IsFinite(means[i]) || !(deviations[i] > 0))
                throw new ArgumentException($"The scaling of metric {i} is {means[i]} ± {deviations[i]}.");
        Layers = [.. layers];
        (_means, _deviations) = (means.ToArray(), deviations.ToArray());
        _layers = new Lazy<DenseLayer[]>(() => [.. Layers.Select(layer => new DenseLayer(layer))]);
        Names = [.. Enumerable.Repeat("", Dimension)];
    }

    /// <summary>d, the metrics.</summary>
    public int Dimension { get; }

    /// <summary>The latent width.</summary>
    public int Latent { get; }

    /// <summary>Names of the metrics in the model's order; all empty when they are not known, so that only their place counts.</summary>
    public IReadOnlyList<string> Names { get; init; }

    /// <summary>Whether the metrics have names.</summary>
    public bool IsNamed => Names.Any(name => name.Length > 0);

    /// <summary>The service whose rows it was trained on; empty when it may judge any.</summary>
    public string Service { get; init; } = "";

    /// <summary>A row is anomalous if its mean squared error, in squared deviations, exceeds this.</summary>
    public double Threshold { get; init; } = double.MaxValue;

    /// <summary>The percentile of the training errors that became the threshold.</summary>
    public double ThresholdPercentile { get; init; } = 99;

    /// <summary>Rows trained on; 0 for a network without training.</summary>
    public long TrainingRows { get; init; }

    /// <summary>The six layers.</summary>
    public IReadOnlyList<DenseWeights> Layers { get; }

    /// <summary>Mean of each metric over the training rows, in its unit.</summary>
    public ReadOnlySpan<double> Means => _means;

    /// <summary>Effective deviation of each metric; infinite for one to be ignored.</summary>
    public ReadOnlySpan<double> Deviations => _deviations;

    internal DenseLayer[] Compiled => _layers.Value;

    /// <summary>Inputs and outputs of the six layers.</summary>
    public static (int Inputs, int Outputs)[] Widths(int dimension, int latent) =>
    [
        (dimension, OuterWidth), (OuterWidth, InnerWidth), (InnerWidth, latent), (latent, InnerWidth), (InnerWidth, OuterWidth), (OuterWidth, dimension),
    ];

    /// <summary>
    /// A network without training, uniform in ±1/√inputs as PyTorch begins (LeCun et al., 1998): for benchmarks, and where training starts.
    /// </summary>
    public static VaeModel Untrained(int dimension, ulong seed, int latent = PaperLatent)
    {
        var random = new SplitMix64(seed);
        var layers = new List<DenseWeights>();
        foreach (var (inputs, outputs) in Widths(dimension, latent))
        {
            var bound = 1 / Math.Sqrt(inputs);
            var weights = new float[inputs * outputs];
            var bias = new float[outputs];
            foreach (ref var weight in weights.AsSpan())
                weight = (float)((2 * random.NextUniform() - 1) * bound);
            foreach (ref var weight in bias.AsSpan())
                weight = (float)((2 * random.NextUniform() - 1) * bound);
            layers.Add(new DenseWeights(inputs, outputs, weights, bias));
        }
        var (means, deviations) = (new double[dimension], new double[dimension]);
        Array.Fill(deviations, 1);
        return new VaeModel(layers, means, deviations);
    }
}
