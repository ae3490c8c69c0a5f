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
    /// What a flight recorder adds to <paramref name="sent"/>: each row of the last <paramref name="recorderNs"/> before an anomalous one. They are sent when it comes, late but whole; nothing is known ahead.
    /// </summary>
    public static bool[] WithRecorder(ReadOnlySpan<long> times, ReadOnlySpan<bool> anomalous, ReadOnlySpan<bool> sent, long recorderNs)
    {
        var more = sent.ToArray();
        var next = long.MaxValue;
        for (var i = more.Length - 1; i >= 0; i--)
        {
            if (anomalous[i])
                next = times[i];
            more[i] |= next != long.MaxValue && next - times[i] <= recorderNs;
        }
        return more;
    }

    /// <summary>
    /// Mean of <see cref="Likeness"/> over the metrics that move in the rows that count (<paramref name="counted"/>; all, if it is empty).
    /// </summary>
    public static (double AtLagZero, double Pearson) MeanLikeness(SeriesRows rows, ReadOnlySpan<bool> sent, GapFill fill, ReadOnlySpan<bool> counted = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var column = new double[rows.Count];
        var (metrics, atLagZero, pearson) = (0, 0.0, 0.0);
        for (var metric = 0; metric < rows.Width; metric++)
        {
            for (var i = 0; i < column.Length; i++)
                column[i] = rows[i][metric];
            var found = Likeness(column, sent, fill, counted);
            if (double.IsNaN(found.AtLagZero))
                continue;
            (metrics, atLagZero, pearson) = (metrics + 1, atLagZero + found.AtLagZero, pearson + found.Pearson);
        }
        return metrics == 0 ? (double.NaN, double.NaN) : (atLagZero / metrics, pearson / metrics);
    }

    /// <summary>
    /// Likeness of the signal received to the full one, both in z-scores of the full one: Σs·x/Σx² at lag 0 (the artifact's), and Pearson's. Rows
    /// without a value, and before the first (hold) or after the last (back-fill) one sent, do not count. NaN for a constant signal; Pearson's
    /// is 0 when what is received is constant. Only rows of <paramref name="counted"/> count, if it is not empty.
    /// </summary>
    public static (double AtLagZero, double Pearson) Likeness(ReadOnlySpan<double> full, ReadOnlySpan<bool> sent, GapFill fill, ReadOnlySpan<bool> counted = default)
    {
        var (mean, deviation) = Moments(full, counted);
        if (!(deviation > 0))
            return (double.NaN, double.NaN);
        var received = Received(full, sent, fill);
        double n = 0, sumS = 0, sumX = 0, sumSX = 0, sumSS = 0, sumXX = 0;
        for (var i = 0; i < received.Length; i++)
        {
            var (x, s) = ((full[i] - mean) / deviation, (received[i] - mean) / deviation);
            if (double.IsNaN(x) || double.IsNaN(s) || (!counted.IsEmpty && !counted[i]))
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

    private static (double Mean, double Deviation) Moments(ReadOnlySpan<double> values, ReadOnlySpan<bool> counted)
    {
        double n = 0, mean = 0, squares = 0;
        for (var i = 0; i < values.Length; i++)
        {
            var value = values[i];
            if (double.IsNaN(value) || (!counted.IsEmpty && !counted[i]))
                continue;
            n++;
            var off = value - mean;
            mean += off / n;
            squares += off * (value - mean);
        }
        return (mean, n > 1 ? Math.Sqrt(squares / n) : 0);
    }
}
