namespace MicroView.Analysis;

/// <summary>
/// How much a deviation r (in scales) says against a row being normal: r² up to <see cref="Bend"/>, and from there 9 + 3·ln(r/3). Gaussian near
/// the centre, and bounded as for a heavy-tailed metric further out: one metric that goes mad counts, and does not drown all others.
/// </summary>
internal static class Evidence
{
    /// <summary>Where the logarithm takes over.</summary>
    public const double Bend = 3;

    /// <summary>The evidence of one deviation.</summary>
    public static double Of(double deviation)
    {
        var square = deviation * deviation;
        return square <= Bend * Bend ? square : Bend * Bend + Excess(square);
    }

    /// <summary>What deviations beyond the bend add to Σ min(r², 9). Such are rare: no kernel needs a logarithm.</summary>
    public static double Beyond(ReadOnlySpan<double> deviations)
    {
        var sum = 0.0;
        foreach (var deviation in deviations)
            if (Math.Abs(deviation) > Bend)
                sum += Excess(deviation * deviation);
        return sum;
    }

    private static double Excess(double square) => 1.5 * Math.Log(square / (Bend * Bend));
}
