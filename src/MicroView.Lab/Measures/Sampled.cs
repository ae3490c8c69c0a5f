namespace MicroView.Lab;

/// <summary>Mean of samples and its standard error; the error of a single sample is NaN, for it says nothing.</summary>
internal readonly record struct Sampled(double Mean, double Error, int Count)
{
    public static Sampled Of(IReadOnlyList<double> samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        if (samples.Count == 0)
            return new(double.NaN, double.NaN, 0);
        var mean = samples.Average();
        var variance = samples.Count > 1 ? samples.Sum(sample => (sample - mean) * (sample - mean)) / (samples.Count - 1) : double.NaN;
        return new(mean, Math.Sqrt(variance / samples.Count), samples.Count);
    }
}
