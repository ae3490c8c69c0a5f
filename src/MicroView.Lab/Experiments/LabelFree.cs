namespace MicroView.Lab;

/// <summary>
/// How good a configuration is without a single label: it learns from the first part of the training rows and must find shifts that are
/// put into the rest, without calling the rest anomalous. What is put in is the same for all configurations.
/// </summary>
internal static class LabelFree
{
    private const double LearnShare = 0.7;
    private const int Every = 40; // rows from one shift to the next
    private const int Length = 4; // rows that a shift lasts
    private const double SmallestShift = 3, LargestShift = 10; // deviations

    /// <summary>F1 on the shifts, 0..1; NaN where there are too few rows to tell.</summary>
    public static double Measure(IEnumerable<Trial> trials, ModelChoice choice)
    {
        // A network that was trained already has seen the rows that shifts are put into.
        choice = choice with { Detector = choice.Detector with { Vae = null } };
        var counts = default(Confusion);
        foreach (var trial in trials.Select(trial => Shifted(trial, choice.Detector.Seed)).OfType<Trial>())
            foreach (var row in Classification.Of([trial], choice, attribute: false).Rows)
                counts = counts.With(row.Label is RowLabel.Positive, row.Predicted);
        return counts.TruePositives + counts.FalseNegatives > 0 ? counts.F1 : double.NaN;
    }

    /// <summary>A trial made of the training rows alone.</summary>
    internal static Trial? Shifted(Trial trial, ulong seed)
    {
        var rows = trial.Training;
        var learnt = (int)(rows.Count * LearnShare);
        if (learnt < 20 || rows.Count - learnt < Every)
            return null;
        var (training, rest) = (rows.Rows(0, learnt), rows.Rows(learnt, rows.Count));
        var deviations = Deviations(training);
        int[] moving = [.. Enumerable.Range(0, rows.Width).Where(metric => deviations[metric] > 0)];
        if (moving.Length == 0)
            return null;
        var random = new Random((int)(seed % int.MaxValue));
        var labels = new RowLabel[rest.Count];
        Array.Fill(labels, RowLabel.Negative);
        for (var start = Every / 2; start + Length <= rest.Count; start += Every)
        {
            var (metric, size) = (moving[random.Next(moving.Length)], SmallestShift + (LargestShift - SmallestShift) * random.NextDouble());
            var sign = random.Next(2) == 0 ? -1 : 1;
            for (var i = start; i < start + Length; i++)
            {
                rest.Edit(i)[metric] += sign * size * deviations[metric];
                labels[i] = RowLabel.Positive;
            }
        }
        return trial with { Training = training, Test = rest, Labels = labels, Tail = rest.Count };
    }

    private static double[] Deviations(SeriesRows rows)
    {
        var statistics = new Analysis.RunningStatistics(rows.Width);
        for (var i = 0; i < rows.Count; i++)
            statistics.Add(rows[i]);
        return [.. Enumerable.Range(0, rows.Width).Select(statistics.Deviation)];
    }
}
