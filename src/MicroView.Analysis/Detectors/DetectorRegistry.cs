using System.Collections.Frozen;

namespace MicroView.Analysis;

/// <summary>Detectors by the name that <c>--model</c> takes. Names are not case-sensitive. Thread-safe.</summary>
public static class DetectorRegistry
{
    private static readonly FrozenDictionary<string, Func<int, DetectorOptions, Detector>> Factories =
        new Dictionary<string, Func<int, DetectorOptions, Detector>>(StringComparer.OrdinalIgnoreCase)
        {
            ["none"] = (dimension, _) => new NoDetector(dimension),
            ["TH"] = (dimension, options) => new ThresholdDetector(dimension, options),
            ["FD"] = (dimension, options) => new FrequentDirectionsDetector(dimension, options),
            ["RFD"] = (dimension, options) => new RobustFrequentDirectionsDetector(dimension, options),
            ["VAE"] = (dimension, options) => new VaeDetector(dimension, options),
        }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>All names, sorted.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Factories.Keys.Order(StringComparer.OrdinalIgnoreCase)];

    /// <summary>Whether <paramref name="model"/> names a detector.</summary>
    public static bool Contains(string model) => Factories.ContainsKey(model);

    /// <summary>A new detector <c>options.Model</c> for rows of <paramref name="dimension"/> values.</summary>
    /// <exception cref="ArgumentException">The model is unknown or an option is out of range.</exception>
    public static Detector Create(int dimension, DetectorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (!Factories.TryGetValue(options.Model, out var factory))
            throw new ArgumentException($"Unknown model '{options.Model}'; use one of {string.Join(", ", Names)}.", nameof(options));
        return factory(dimension, options);
    }
}
