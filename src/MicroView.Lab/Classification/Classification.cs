using MicroView.Analysis;

namespace MicroView.Lab;

/// <summary>One row's judgement beside what is known about it.</summary>
/// <param name="TimeNs">Its time, nanoseconds since 1970.</param>
/// <param name="Score">The detector's score.</param>
/// <param name="Threshold">The threshold it was held against.</param>
/// <param name="Label">What is known.</param>
/// <param name="Predicted">Whether it was called anomalous.</param>
/// <param name="Alarm">Whether the alarm was open after it.</param>
/// <param name="Rank">What ranks rows of all trials together: the score, in a common unit where there are several.</param>
internal readonly record struct ClassifiedRow(long TimeNs, double Score, double Threshold, RowLabel Label, bool Predicted, bool Alarm, double Rank);

/// <summary>How much a metric explained of the rows called anomalous.</summary>
/// <param name="Metric">Its name.</param>
/// <param name="Rows">Anomalous rows in which it was among the three largest shares.</param>
/// <param name="MeanShare">Its mean share over all anomalous rows, 0..1.</param>
internal sealed record TopMetric(string Metric, int Rows, double MeanShare);

/// <summary>A detector's judgement of one service: all its trials, in order of time. Immutable.</summary>
internal sealed class Classification
{
    private const int TopShares = 3;

    private Classification(IReadOnlyList<ClassifiedRow> rows, IReadOnlyList<TopMetric> top)
    {
        (Rows, TopMetrics) = (rows, top);
        var counted = rows.Where(row => row.Label is not RowLabel.Ignored).ToArray();
        Counts = counted.Aggregate(default(Confusion), (sum, row) => sum.With(row.Label is RowLabel.Positive, row.Predicted));
        Ranking = new Ranking([.. counted.Select(row => row.Rank)], [.. counted.Select(row => row.Label is RowLabel.Positive)]);
    }

    public IReadOnlyList<ClassifiedRow> Rows { get; }

    /// <summary>Decisions against labels; rows without a label are not counted.</summary>
    public Confusion Counts { get; }

    /// <summary>Scores against labels.</summary>
    public Ranking Ranking { get; }

    /// <summary>Metrics that explained anomalous rows, the most important first; empty unless asked for.</summary>
    public IReadOnlyList<TopMetric> TopMetrics { get; }

    /// <summary>Learns and judges each trial.</summary>
    /// <param name="trials">Trials of one service.</param>
    /// <param name="choice">The detector.</param>
    /// <param name="attribute">Whether to find the top metrics as well.</param>
    public static Classification Of(IEnumerable<Trial> trials, ModelChoice choice, bool attribute)
    {
        ArgumentNullException.ThrowIfNull(trials);
        ArgumentNullException.ThrowIfNull(choice);
        var rows = new List<ClassifiedRow>();
        var shares = new Shares();
        Trial[] given = [.. trials.Select(trial => trial.With(choice.Metrics))];
        foreach (var trial in given)
            Judge(trial, new DetectorRun(choice, trial.Training), pool: given.Length > 1, attribute ? shares : null, rows);
        return new Classification([.. rows.OrderBy(row => row.TimeNs)], shares.Sorted());
    }

    private static void Judge(Trial trial, DetectorRun run, bool pool, Shares? shares, List<ClassifiedRow> rows)
    {
        // The scores of one trial need no common unit, and theirs costs a second training.
        var (median, scale) = pool ? TrialScores.Unit(run.TrainingScores) : (0, 1);
        Span<Attribution> top = new Attribution[trial.Test.Width];
        for (var i = 0; i < trial.Test.Count; i++)
        {
            var seen = run.Judge(trial.Test, i);
            rows.Add(new ClassifiedRow(trial.Test.Times[i], seen.Score, seen.Threshold, trial.Labels[i], seen.Anomalous, seen.AlarmOpen,
                (seen.Score - median) / scale));
            if (seen.Anomalous && shares is not null)
                shares.Add(trial.Test.Metrics, top[..run.Attribute(top)]);
        }
    }

    /// <summary>Sums of attribution over anomalous rows.</summary>
    private sealed class Shares
    {
        private readonly Dictionary<string, (int Rows, double Sum)> _metrics = [];
        private int _rows;

        public void Add(IReadOnlyList<string> names, ReadOnlySpan<Attribution> top)
        {
            _rows++;
            for (var i = 0; i < top.Length; i++)
            {
                var name = names[top[i].Feature];
                var (rows, sum) = _metrics.GetValueOrDefault(name);
                _metrics[name] = (rows + (i < TopShares ? 1 : 0), sum + top[i].Share);
            }
        }

        public TopMetric[] Sorted() =>
            [.. _metrics.Select(metric => new TopMetric(metric.Key, metric.Value.Rows, metric.Value.Sum / _rows)).OrderByDescending(metric => metric.MeanShare).ThenBy(metric => metric.Metric, StringComparer.Ordinal)];
    }
}
