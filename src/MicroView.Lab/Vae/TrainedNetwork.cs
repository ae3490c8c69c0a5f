using MicroView.Analysis;

namespace MicroView.Lab;

/// <summary>
/// The paper's autoencoder under training: d-64-32, the latent mean and log-variance, a latent sample by reparameterisation (Kingma and
/// Welling, ICLR 2014), 32-64-d. The loss of a batch is Σ(y − x)² + β·KL, KL = −½Σ(1 + v − μ² − eᵛ), summed over rows as in the artifact.
/// For one thread.
/// </summary>
internal sealed class TrainedNetwork
{
    // e^v of a log-variance beyond this has left what a latent unit can mean, and would soon overflow.
    private const double LargestLogVariance = 20;

    private readonly double _beta;
    private readonly Activations _h1, _h2, _mean, _logVariance, _sample, _g1, _g2, _y;
    private readonly Activations _dy, _dg2, _dg1, _dz, _dMean, _dLogVariance, _dh2, _dh2Mean, _dh1;

    public TrainedNetwork(int dimension, int latent, double beta, int batch, ulong seed)
    {
        _beta = beta;
        var random = new SplitMix64(seed);
        var (outer, inner) = (VaeModel.OuterWidth, VaeModel.InnerWidth);
        First = new TrainedLayer(dimension, outer, ref random);
        Second = new TrainedLayer(outer, inner, ref random);
        Mean = new TrainedLayer(inner, latent, ref random);
        LogVariance = new TrainedLayer(inner, latent, ref random);
        Fourth = new TrainedLayer(latent, inner, ref random);
        Fifth = new TrainedLayer(inner, outer, ref random);
        Last = new TrainedLayer(outer, dimension, ref random);
        (_h1, _h2, _g1, _g2) = (new(outer, batch), new(inner, batch), new(inner, batch), new(outer, batch));
        (_mean, _logVariance, _sample, _y) = (new(latent, batch), new(latent, batch), new(latent, batch), new(dimension, batch));
        (_dh1, _dh2, _dh2Mean, _dg1, _dg2) = (new(outer, batch), new(inner, batch), new(inner, batch), new(inner, batch), new(outer, batch));
        (_dMean, _dLogVariance, _dz, _dy) = (new(latent, batch), new(latent, batch), new(latent, batch), new(dimension, batch));
    }

    public TrainedLayer First { get; }

    public TrainedLayer Second { get; }

    public TrainedLayer Mean { get; }

    public TrainedLayer LogVariance { get; }

    public TrainedLayer Fourth { get; }

    public TrainedLayer Fifth { get; }

    public TrainedLayer Last { get; }

    /// <summary>All layers, in order; the log-variance, which inference does not need, is the fourth.</summary>
    public IReadOnlyList<TrainedLayer> Layers => [First, Second, Mean, LogVariance, Fourth, Fifth, Last];

    /// <summary>The layers that inference needs, in single precision.</summary>
    public IReadOnlyList<DenseWeights> Store() => [.. new[] { First, Second, Mean, Fourth, Fifth, Last }.Select(layer => layer.Store())];

    /// <summary>The loss of a batch; sets every layer's gradients.</summary>
    /// <param name="x">Rows, unit by unit; at most the capacity given.</param>
    /// <param name="noise">A standard normal number per latent unit and row.</param>
    public double Step(Activations x, Activations noise)
    {
        foreach (var values in (Activations[])[_h1, _h2, _mean, _logVariance, _sample, _g1, _g2, _y, _dy, _dg2, _dg1, _dz, _dMean, _dLogVariance, _dh2, _dh2Mean, _dh1])
            values.Count = x.Count;
        Forward(x, noise);
        var loss = Loss(x);
        Backward(x, noise);
        return loss;
    }

    private void Forward(Activations x, Activations noise)
    {
        First.Forward(x, _h1);
        _h1.Rectify();
        Second.Forward(_h1, _h2);
        _h2.Rectify();
        Mean.Forward(_h2, _mean);
        LogVariance.Forward(_h2, _logVariance);
        for (var unit = 0; unit < _sample.Units; unit++)
        {
            var sample = _sample[unit];
            var mean = _mean[unit];
            var logVariance = _logVariance[unit];
            var epsilon = noise[unit];
            for (var i = 0; i < sample.Length; i++)
            {
                logVariance[i] = Math.Clamp(logVariance[i], -LargestLogVariance, LargestLogVariance);
                sample[i] = mean[i] + epsilon[i] * Math.Exp(0.5 * logVariance[i]);
            }
        }
        Fourth.Forward(_sample, _g1);
        _g1.Rectify();
        Fifth.Forward(_g1, _g2);
        _g2.Rectify();
        Last.Forward(_g2, _y);
    }

    /// <summary>The loss; leaves the gradient of the output in its place.</summary>
    private double Loss(Activations x)
    {
        var loss = 0.0;
        for (var unit = 0; unit < x.Units; unit++)
        {
            var value = x[unit];
            var output = _y[unit];
            var gradient = _dy[unit];
            for (var i = 0; i < value.Length; i++)
            {
                var error = output[i] - value[i];
                loss += error * error;
                gradient[i] = 2 * error;
            }
        }
        for (var unit = 0; unit < _mean.Units; unit++)
        {
            var mean = _mean[unit];
            var logVariance = _logVariance[unit];
            for (var i = 0; i < mean.Length; i++)
                loss -= 0.5 * _beta * (1 + logVariance[i] - mean[i] * mean[i] - Math.Exp(logVariance[i]));
        }
        return loss;
    }

    private void Backward(Activations x, Activations noise)
    {
        Last.Backward(_g2, _dy, _dg2);
        _dg2.MaskBy(_g2);
        Fifth.Backward(_g1, _dg2, _dg1);
        _dg1.MaskBy(_g1);
        Fourth.Backward(_sample, _dg1, _dz);
        for (var unit = 0; unit < _dz.Units; unit++)
        {
            var dz = _dz[unit];
            var mean = _mean[unit];
            var logVariance = _logVariance[unit];
            var epsilon = noise[unit];
            var dMean = _dMean[unit];
            var dLogVariance = _dLogVariance[unit];
            for (var i = 0; i < dz.Length; i++)
            {
                dMean[i] = dz[i] + _beta * mean[i];
                var inside = Math.Abs(logVariance[i]) < LargestLogVariance;
                dLogVariance[i] = inside ? 0.5 * (dz[i] * epsilon[i] * Math.Exp(0.5 * logVariance[i]) + _beta * (Math.Exp(logVariance[i]) - 1)) : 0;
            }
        }
        Mean.Backward(_h2, _dMean, _dh2Mean);
        LogVariance.Backward(_h2, _dLogVariance, _dh2);
        for (var unit = 0; unit < _dh2.Units; unit++)
            System.Numerics.Tensors.TensorPrimitives.Add(_dh2[unit], _dh2Mean[unit], _dh2[unit]);
        _dh2.MaskBy(_h2);
        Second.Backward(_h1, _dh2, _dh1);
        _dh1.MaskBy(_h1);
        First.Backward(x, _dh1, null);
    }
}
