namespace MicroView.Analysis;

/// <summary>
/// Percentiles as numpy.percentile computes them by default: linear interpolation between order statistics. Thread-safe. Source: Hyndman and Fan, Am. Stat.
/// 1996, type 7.
/// </summary>
public static class Percentile
{
    /// <summary>The <paramref name="percent"/> percentile (0..100) of <paramref name="values"/>, which get sorted.</summary>
    /// <exception cref="ArgumentException">No values, or a percentile out of range.</exception>
    public static double Of(Span<double> values, double percent)
    {
        if (values.IsEmpty)
            throw new ArgumentException("There are no values to take a percentile of.", nameof(values));
        if (percent is not (>= 0 and <= 100))
            throw new ArgumentOutOfRangeException(nameof(percent), percent, "A percentile lies in 0..100.");
        values.Sort();
        var position = percent / 100 * (values.Length - 1);
        var below = (int)position;
        var above = Math.Min(below + 1, values.Length - 1);
        return values[below] + (position - below) * (values[above] - values[below]);
    }
}
