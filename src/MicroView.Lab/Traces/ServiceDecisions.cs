using MicroView.Analysis;

namespace MicroView.Lab;

/// <summary>
/// When the services of a data set were called anomalous. A row's decision stands from its time on, when it is known, to the next row, and no longer than two
/// steps: nothing is known from the future.
/// </summary>
internal sealed class ServiceDecisions
{
    private readonly List<(string Service, SeriesRows Rows, double[] Scores, double[] Training, double Threshold)> _judged = [];

    private ServiceDecisions(IEnumerable<(Trial Trial, double[] Scores, double[] Training, double Threshold)> judged)
    {
        foreach (var (trial, scores, training, threshold) in judged)
            _judged.Add((trial.Service, trial.Test, scores, training, threshold));
    }

    /// <summary>When rows to judge there were.</summary>
    public required TimeRanges Judged { get; init; }

    /// <summary>When the rows were that detectors learnt from.</summary>
    public required TimeRanges Training { get; init; }

    /// <summary>Learns and judges every trial; <paramref name="choice"/> says with what.</summary>
    public static ServiceDecisions Of(IReadOnlyList<Trial> trials, Func<Trial, ModelChoice> choice, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(trials);
        ArgumentNullException.ThrowIfNull(choice);
        var judged = LabProgress.Run("judging services", trials.Count, progress => trials.AsParallel().AsOrdered().WithCancellation(stop).Select(trial =>
        {
            var model = choice(trial);
            var given = trial.With(model.Metrics);
            var run = new DetectorRun(model, given.Training);
            var scores = run.Score(given.Test);
            progress.Add();
            return (trial, scores, run.TrainingScores, run.Threshold);
        }).ToArray());
        return new ServiceDecisions(judged) { Judged = Ranges(trials.Select(trial => trial.Test)), Training = Ranges(trials.Select(trial => trial.Training)) };
    }

    /// <summary>When a service was anomalous, each by the threshold it set itself, or by a percentile of its training scores.</summary>
    public IReadOnlyDictionary<string, TimeRanges> Anomalous(double? percentile = null) => _judged.GroupBy(pod => pod.Service, StringComparer.Ordinal)
        .ToDictionary(service => service.Key, service => new TimeRanges(service.SelectMany(pod => Anomalous(pod.Rows, pod.Scores, percentile is { } p ? Percentile.Of([.. pod.Training], p) : pod.Threshold))), StringComparer.Ordinal);

    private static IEnumerable<(long, long)> Anomalous(SeriesRows rows, double[] scores, double threshold)
    {
        var longest = 2 * SeriesFile.UsualStep(rows.Times);
        for (var i = 0; i < scores.Length; i++)
            if (scores[i] > threshold)
                yield return (rows.Times[i], i + 1 < rows.Count ? Math.Min(rows.Times[i + 1], rows.Times[i] + longest) : rows.Times[i] + longest / 2);
    }

    /// <summary>When series have rows.</summary>
    public static TimeRanges Ranges(IEnumerable<SeriesRows> series) =>
        new(series.Where(rows => rows.Count > 0).Select(rows => (rows.Times[0], rows.Times[^1] + SeriesFile.UsualStep(rows.Times))));
}
