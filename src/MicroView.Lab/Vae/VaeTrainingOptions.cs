using MicroView.Analysis;

namespace MicroView.Lab;

/// <summary>How a VAE is trained. The defaults are the artifact's, but for what is said.</summary>
internal sealed record VaeTrainingOptions
{
    /// <summary>Passes over the rows.</summary>
    public int Epochs { get; init; } = 50;

    /// <summary>Batches at least, in as many more passes: fifty passes over a hundred rows teach a network nothing.</summary>
    public int LeastSteps { get; init; } = 1000;

    public int BatchSize { get; init; } = 64;

    public double LearningRate { get; init; } = 1e-3;

    public int Latent { get; init; } = VaeModel.PaperLatent;

    /// <summary>β, the weight of the KL term.</summary>
    public double KlWeight { get; init; } = 1;

    /// <summary>Bound on |z| of the rows trained on, not of those judged: one wild row would be all that a squared error sees.</summary>
    public double Clip { get; init; } = 10;

    /// <summary>The percentile of the errors of the training rows that becomes the threshold.</summary>
    public double ThresholdPercentile { get; init; } = 99;

    /// <summary>Floor of a deviation as a part of |mean|, as <see cref="AnalyzerOptions.RelativeFloor"/>.</summary>
    public double RelativeFloor { get; init; } = 1e-4;

    public ulong Seed { get; init; } = 1;

    /// <summary>The service, for the file; empty for any.</summary>
    public string Service { get; init; } = "";
}
