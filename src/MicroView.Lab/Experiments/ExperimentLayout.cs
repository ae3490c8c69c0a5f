using System.Globalization;
using MicroView.Analysis;

namespace MicroView.Lab;

/// <summary>Where an experiment's files are, and what its configurations are called.</summary>
internal static class ExperimentLayout
{
    public const string Results = "results";
    public const string GridPrefix = "hyperparameter_results_";
    public const string LabelFreeConfig = "label_free_config.csv";
    public const string BestConfig = "best_config.csv";
    public const string Merged = "merged.csv";
    public const string MergedPerformance = "merged_performance.csv";
    public const string BestConfigPerformance = "best_config_parameters_and_performance.csv";

    /// <summary>A configuration as a folder: FD_k10_l25_p99_e0, VAE_p99.</summary>
    public static string Name(ModelChoice choice)
    {
        var detector = choice.Detector;
        return string.Create(CultureInfo.InvariantCulture, $"{detector.Model}{(HasSketch(detector) ? $"_k{detector.Components}_l{detector.SketchRows}" : "")}_p{detector.ThresholdPercentile}{(choice.UpdateOnline ? $"_e{detector.Eta}" : "")}");
    }

    /// <summary>Whether a model has a sketch, and so a k and an ℓ.</summary>
    public static bool HasSketch(DetectorOptions detector) => detector.Model is not ("TH" or "VAE");

    /// <summary>A configuration for people; k and ℓ of 0 are the model's own.</summary>
    public static string Title(ModelChoice choice)
    {
        var detector = choice.Detector;
        var size = detector.SketchRows > 0 ? string.Create(CultureInfo.InvariantCulture, $", k={(detector.Components > 0 ? detector.Components : detector.SketchRows)} ℓ={detector.SketchRows}") : "";
        var norm = detector.Model == "FD" && detector.Normalization == Normalization.None ? ", no unit norm" : "";
        var clip = detector is { Model: "FD", FitClip: > 0 } ? string.Create(CultureInfo.InvariantCulture, $", fitted within ±{detector.FitClip}") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{detector.Model}{size}{norm}{clip}, {Threshold(detector)}{(choice.UpdateOnline ? $", η={detector.Eta}" : "")}");
    }

    /// <summary>Where the threshold comes from; TH has limits on |z| instead.</summary>
    private static string Threshold(DetectorOptions detector) => detector switch
    {
        { Model: "TH", ZPercentile: { } percentile } => string.Create(CultureInfo.InvariantCulture, $"limits at p{percentile} of |z|"),
        { Model: "TH" } => string.Create(CultureInfo.InvariantCulture, $"limit |z| = {detector.ZLimit}"),
        { ThresholdFactor: not 1 } => string.Create(CultureInfo.InvariantCulture, $"threshold {detector.ThresholdFactor} × p{detector.ThresholdPercentile}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"threshold p{detector.ThresholdPercentile}"),
    };
}
