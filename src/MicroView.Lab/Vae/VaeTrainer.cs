using System.Text.RegularExpressions;
using MicroView.Analysis;

namespace MicroView.Lab;

/// <summary>How far a training is.</summary>
/// <param name="Epoch">Passes done.</param>
/// <param name="Epochs">Passes in all.</param>
/// <param name="Loss">Mean loss per row over the last pass.</param>
internal readonly record struct VaeProgress(int Epoch, int Epochs, double Loss);

/// <summary>
/// Trains the VAE of one service from rows of metrics (values and rates, NaN where missing). The same rows and options give the same
/// model on the same machine; another vector width changes last digits. Thread-safe: it keeps nothing.
/// </summary>
internal static partial class VaeTrainer
{
    /// <summary>Trains on the rows of all <paramref name="pods"/>, which have the same metrics.</summary>
    /// <param name="pods">Rows to learn from.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Called after each pass.</param>
    /// <param name="stop">Ends the training early.</param>
    /// <exception cref="LabException">Too few rows, pods of different metrics, or a training that diverges.</exception>
    public static VaeModel Train(IReadOnlyList<SeriesRows> pods, VaeTrainingOptions options, Action<VaeProgress>? progress = null, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(pods);
        ArgumentNullException.ThrowIfNull(options);
        Check(pods);
        var scaling = Scale(pods, options.RelativeFloor);
        var rows = Standardize(pods, scaling);
        var network = Learn(rows, options, progress, stop);
        var untold = Model(network, scaling, pods, options, rows.Count);
        // The errors are those of the network as it is stored and run live, not of the one that was trained.
        var detector = new VaeDetector(rows.Dimension, new DetectorOptions { Vae = untold, ThresholdPercentile = options.ThresholdPercentile });
        detector.Fit(rows);
        return Model(network, scaling, pods, options, rows.Count, detector.Threshold);
    }

    /// <summary>The settings of <paramref name="model"/>; where it is VAE and has no network, with one trained on <paramref name="training"/>.</summary>
    public static DetectorOptions Prepare(ModelChoice model, SeriesRows training)
    {
        ArgumentNullException.ThrowIfNull(model);
        var detector = model.Detector;
        if (!detector.Model.Equals("VAE", StringComparison.OrdinalIgnoreCase) || detector.Vae is not null)
            return detector;
        return detector with { Vae = Train([training], new VaeTrainingOptions { Seed = detector.Seed, RelativeFloor = model.RelativeFloor ?? new VaeTrainingOptions().RelativeFloor }) };
    }

    /// <summary>Passes over <paramref name="rows"/> rows.</summary>
    public static int EpochsOf(int rows, VaeTrainingOptions options)
    {
        var batches = (rows + options.BatchSize - 1) / options.BatchSize;
        return Math.Max(options.Epochs, (options.LeastSteps + batches - 1) / batches);
    }

    private static TrainedNetwork Learn(RowMatrix rows, VaeTrainingOptions options, Action<VaeProgress>? progress, CancellationToken stop)
    {
        var network = new TrainedNetwork(rows.Dimension, options.Latent, options.KlWeight, options.BatchSize, options.Seed);
        var optimizer = new AdamOptimizer(network.Layers, options.LearningRate);
        var random = new NormalNumbers(options.Seed + 1);
        var (batch, noise) = (new Activations(rows.Dimension, options.BatchSize), new Activations(options.Latent, options.BatchSize));
        int[] order = [.. Enumerable.Range(0, rows.Count)];
        var epochs = EpochsOf(rows.Count, options);
        for (var epoch = 1; epoch <= epochs; epoch++)
        {
            random.Shuffle(order);
            var loss = 0.0;
            foreach (var part in order.Chunk(options.BatchSize))
            {
                stop.ThrowIfCancellationRequested();
                Fill(batch, rows, part, options.Clip);
                noise.Count = part.Length;
                for (var unit = 0; unit < noise.Units; unit++)
                    random.Fill(noise[unit]);
                loss += network.Step(batch, noise);
                optimizer.Step();
            }
            if (!double.IsFinite(loss))
                throw new LabException($"the training diverged in pass {epoch} of {epochs}; lower --learning-rate {options.LearningRate}");
            progress?.Invoke(new VaeProgress(epoch, epochs, loss / rows.Count));
        }
        return network;
    }

    private static void Fill(Activations batch, RowMatrix rows, int[] part, double clip)
    {
        batch.Count = part.Length;
        for (var unit = 0; unit < batch.Units; unit++)
        {
            var target = batch[unit];
            for (var i = 0; i < part.Length; i++)
                target[i] = Math.Clamp(rows[part[i]][unit], -clip, clip);
        }
    }

    private static void Check(IReadOnlyList<SeriesRows> pods)
    {
        if (pods.Sum(pod => pod.Count) is var count and < 10)
            throw new LabException($"a network cannot learn from {count} rows; some hundred are sensible");
        foreach (var pod in pods.Skip(1))
            if (!pod.Metrics.SequenceEqual(pods[0].Metrics, StringComparer.Ordinal))
                throw new LabException($"the service's pods have different metrics ({pods[0].Width} and {pod.Width}); train one of them");
        if (pods[0].Width > VaeModel.MaxDimension)
            throw new LabException($"{pods[0].Width} metrics are too many for a network; at most {VaeModel.MaxDimension} are taken");
    }

    private static FeatureScaling Scale(IReadOnlyList<SeriesRows> pods, double relativeFloor)
    {
        var statistics = new RunningStatistics(pods[0].Width);
        foreach (var pod in pods)
            for (var i = 0; i < pod.Count; i++)
                statistics.Add(pod[i]);
        return new FeatureScaling(new FeatureMap([.. Enumerable.Range(0, pods[0].Width).Select(i => Feature.Value(i))]), statistics, relativeFloor);
    }

    private static RowMatrix Standardize(IReadOnlyList<SeriesRows> pods, FeatureScaling scaling)
    {
        var rows = new RowMatrix(pods[0].Width, pods.Sum(pod => pod.Count));
        var z = new double[rows.Dimension];
        foreach (var pod in pods)
            for (var i = 0; i < pod.Count; i++)
            {
                scaling.Standardize(pod[i], z);
                rows.Add(z);
            }
        return rows;
    }

    private static VaeModel Model(
        TrainedNetwork network, FeatureScaling scaling, IReadOnlyList<SeriesRows> pods, VaeTrainingOptions options, int count, double threshold = double.MaxValue)
    {
        var metrics = pods[0].Metrics;
        double[] means = [.. Enumerable.Range(0, metrics.Count).Select(scaling.Mean)];
        double[] deviations = [.. Enumerable.Range(0, metrics.Count).Select(scaling.Deviation)];
        try
        {
            return new VaeModel(network.Store(), means, deviations)
            {
                // Names that only count columns would be taken for a metric's.
                Names = metrics.All(name => Placeholder().IsMatch(name)) ? [.. metrics.Select(_ => "")] : metrics,
                Service = options.Service,
                Threshold = threshold,
                ThresholdPercentile = options.ThresholdPercentile,
                TrainingRows = count,
            };
        }
        catch (ArgumentException error)
        {
            throw new LabException($"the training diverged: {error.Message}", inner: error);
        }
    }

    [GeneratedRegex(@"^(value_\d+|column \d+|\d*)$")]
    private static partial Regex Placeholder();
}

/// <summary>Standard normal numbers by Box and Muller (Ann. Math. Stat. 1958), and shuffles; the same on every machine. For one thread.</summary>
internal sealed class NormalNumbers(ulong seed)
{
    private SplitMix64 _random = new(seed);

    public void Fill(Span<double> values)
    {
        for (var i = 0; i < values.Length; i += 2)
        {
            var radius = Math.Sqrt(-2 * Math.Log(1 - _random.NextUniform()));
            var (sine, cosine) = Math.SinCos(2 * Math.PI * _random.NextUniform());
            values[i] = radius * cosine;
            if (i + 1 < values.Length)
                values[i + 1] = radius * sine;
        }
    }

    /// <summary>Fisher and Yates.</summary>
    public void Shuffle(Span<int> values)
    {
        for (var i = values.Length - 1; i > 0; i--)
        {
            var j = (int)(_random.NextUniform() * (i + 1));
            (values[i], values[j]) = (values[j], values[i]);
        }
    }
}
