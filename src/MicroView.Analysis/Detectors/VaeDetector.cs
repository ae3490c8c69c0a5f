namespace MicroView.Analysis;

/// <summary>
/// VAE, the neural baseline: the score of a row of z-scores is the mean squared error of its reconstruction by a trained network, in squared deviations, the latent mean taken for the sample. The network is trained elsewhere (<c>microview lab vae train</c>) and never changes here;
/// <see cref="Fit"/> only takes the threshold from the errors of a pod's own rows. Not thread-safe, but any number of them share a <see cref="VaeModel"/>.
/// <para>Source: the paper's Sec. 6.1, after Kingma and Welling (ICLR 2014).</para>
/// </summary>
public sealed class VaeDetector : Detector
{
    private readonly DetectorOptions _options;
    private readonly DenseLayer[] _layers;
    private readonly int _inputs;

    // Where the network's metrics stand in the pod's row; null: in the same places.
    private readonly int[]? _columns;
    private readonly AlignedRow _x, _outer, _inner, _latent, _y;

    /// <summary>A detector by <see cref="DetectorOptions.Vae"/>, whose metrics are the row's, in its order.</summary>
    /// <exception cref="ArgumentException">There is no trained network in the options, or it is of another width.</exception>
    public VaeDetector(int dimension, DetectorOptions options) : this(dimension, options, columns: null)
    {
    }

    internal VaeDetector(int dimension, DetectorOptions options, int[]? columns) : base(dimension)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var model = options.Vae ?? throw new ArgumentException("Model VAE needs a trained network.", nameof(options));
        if (columns is null && model.Dimension != dimension)
            throw new ArgumentException($"The VAE was trained on {model.Dimension} metrics, the rows have {dimension}.", nameof(options));
        (_options, _layers, _columns, _inputs) = (options, model.Compiled, columns, model.Dimension);
        _x = new AlignedRow(_layers[0].InputStride);
        _outer = new AlignedRow(_layers[0].OutputStride);
        _inner = new AlignedRow(_layers[1].OutputStride);
        _latent = new AlignedRow(_layers[2].OutputStride);
        _y = new AlignedRow(_layers[5].OutputStride);
    }

    /// <summary>Learns nothing but the threshold: the percentile of the errors of <paramref name="rows"/>.</summary>
    public override void Fit(RowMatrix rows)
    {
        CheckTraining(rows);
        Threshold = AtLeast(_options.ThresholdFactor * Percentile.Of([.. TrainingScores = ScoreAll(rows)], _options.ThresholdPercentile));
    }

    /// <inheritdoc/>
    public override double Score(ReadOnlySpan<double> z, double squaredNorm)
    {
        CheckRow(z);
        var x = Reconstruct(z);
        return RowKernels.SquaredDistance(x, _y) / _inputs;
    }

    /// <summary>The network does not learn online.</summary>
    public override void Update(ReadOnlySpan<double> z, double squaredNorm, bool anomalous) { }

    /// <summary>Shares of the squared error.</summary>
    public override void Attribute(ReadOnlySpan<double> z, Span<double> shares)
    {
        CheckRow(z);
        CheckRow(shares);
        var x = Reconstruct(z);
        shares.Clear();
        var total = 0.0;
        for (var i = 0; i < _inputs; i++)
        {
            var error = x[i] - _y[i];
            shares[_columns is null ? i : _columns[i]] = error * error;
            total += error * error;
        }
        for (var j = 0; j < shares.Length && total > 0; j++)
            shares[j] /= total;
    }

    /// <summary>
    /// Writes the network's reconstruction of <paramref name="x"/>, z-scores in its own order of metrics; both spans are
    /// <see cref="VaeModel.Dimension"/> long, rounded up to a multiple of eight.
    /// </summary>
    public void Reconstruct(ReadOnlySpan<double> x, Span<double> reconstruction)
    {
        Run(x);
        _y.Span.CopyTo(reconstruction);
    }

    /// <summary>Takes the threshold that came with the network.</summary>
    internal void TakeThreshold(double threshold) => Threshold = AtLeast(threshold);

    /// <summary>
    /// Without unit norm a score is in deviations: one metric three deviations out must be the least that counts, or an idle pod, whose
    /// training errors are next to 0, would alarm at a trifle.
    /// </summary>
    private double AtLeast(double threshold) =>
        Math.Max(threshold, _options.MinThreshold ?? (_options.Normalization == Normalization.None ? 9.0 / _inputs : 0));

    private ReadOnlySpan<double> Reconstruct(ReadOnlySpan<double> z)
    {
        if (_columns is null)
        {
            Run(z);
            return z;
        }
        var x = _x.Span;
        for (var i = 0; i < _columns.Length; i++)
            x[i] = z[_columns[i]];
        Run(x);
        return x;
    }

    private void Run(ReadOnlySpan<double> x)
    {
        _layers[0].ApplyRelu(x, _outer);
        _layers[1].ApplyRelu(_outer, _inner);
        _layers[2].Apply(_inner, _latent);
        _layers[3].ApplyRelu(_latent, _inner);
        _layers[4].ApplyRelu(_inner, _outer);
        _layers[5].Apply(_outer, _y);
    }
}
