namespace MicroView.Lab;

/// <summary>How a metric's gaps between sent samples are filled.</summary>
internal enum GapFill
{
    /// <summary>With the last value sent: all that a receiver has at that time.</summary>
    Hold,

    /// <summary>With the next value sent, from the future, as the artifact does.</summary>
    BackFill,
}

/// <summary>What a receiver sees of a signal of which only some samples are sent, and how like the full signal that is.</summary>
internal static class SentSignal
{
    /// <summary>Which rows are sent: every anomalous one, and one each <paramref name="baselineNs"/> since the last one sent.</summary>
    public static bool[] Sent(ReadOnlySpan<long> times, ReadOnlySpan<bool> anomalous, long baselineNs)
    {
        var sent = new bool[times.Length];
        var last = long.MinValue / 2;
        for (var i = 0; i < sent.Length; i++)
        {
            if (!anomalous[i] && times[i] - last < baselineNs)
                continue;
            (sent[i], last) = (true, times[i]);
        }
        return sent;
    }

    /// <summary>
    /// Likeness of the signal received to the full one, both in z-scores of the full one: Σs·x/Σx² at lag 0 (the artifact's), and Pearson's. Rows
    /// without a value, and before the first (hold) or after the last (back-fill) one sent, do not count. NaN for a constant signal; Pearson's
    /// is 0 when what is received is constant.
    /// </summary>
    public static (double AtLagZero, double Pearson) Likeness(ReadOnlySpan<double> full, ReadOnlySpan<bool> sent, GapFill fill)
    {
        var (mean, deviation) = Moments(full);
        if (!(deviation > 0))
            return (double.NaN, double.NaN);
        var received = Received(full, sent, fill);
        double n = 0, sumS = 0, sumX = 0, sumSX = 0, sumSS = 0, sumXX = 0;
        for (var i = 0; i < received.Length; i++)
        {
            var (x, s) = ((full[i] - mean) / deviation, (received[i] - mean) / deviation);
            if (double.IsNaN(x) || double.IsNaN(s))
                continue;
            (n, sumS, sumX, sumSX, sumSS, sumXX) = (n + 1, sumS + s, sumX + x, sumSX + s * x, sumSS + s * s, sumXX + x * x);
        }
        var (varianceS, varianceX) = (n * sumSS - sumS * sumS, n * sumXX - sumX * sumX);
        return (sumSX / sumXX, varianceS > 1e-12 * n * n && varianceX > 0 ? (n * sumSX - sumS * sumX) / Math.Sqrt(varianceS * varianceX) : 0);
    }

    private static double[] Received(ReadOnlySpan<double> full, ReadOnlySpan<bool> sent, GapFill fill)
    {
        var received = new double[full.Length];
        var value = double.NaN;
        for (var step = 0; step < received.Length; step++)
        {
            var i = fill == GapFill.Hold ? step : received.Length - 1 - step;
            if (sent[i] && !double.IsNaN(full[i]))
                value = full[i];
            received[i] = value;
        }
        return received;
    }

    private static (double Mean, double Deviation) Moments(ReadOnlySpan<double> values)
    {
        double n = 0, mean = 0, squares = 0;
        foreach (var value in values)
        {
            if (double.IsNaN(value))
                continue;
            n++;
            var off = value - mean;
            mean += off / n;
            squares += off * (value - mean);
        }
        return (mean, n > 1 ? Math.Sqrt(squares / n) : 0);
    }
}
