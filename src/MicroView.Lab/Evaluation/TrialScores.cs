using MicroView.Analysis;

namespace MicroView.Lab;

/// <summary>A detector's judgement of one trial.</summary>
internal sealed class TrialScores
{
    private readonly double _median;
    private readonly double _scale;

    private TrialScores(Trial trial, DetectorRun run)
    {
        Trial = trial;
        var training = run.TrainingScores.ToArray();
        P99 = Percentile.Of(training, 99);
        P999 = Percentile.Of(training, 99.9);
        (_median, _scale) = Unit(training);
        Scores = new double[trial.Test.Count];
        Anomalous = new bool[trial.Test.Count];
        for (var i = 0; i < Scores.Length; i++)
        {
            var seen = run.Judge(trial.Test, i);
            Scores[i] = seen.Score;
            Anomalous[i] = seen.Anomalous;
        }
    }

    public Trial Trial { get; }

    /// <summary>Score per row of the trial's test rows.</summary>
    public double[] Scores { get; }

    /// <summary>Decision per row at the model's own threshold.</summary>
    public bool[] Anomalous { get; }

    /// <summary>99th percentile of the training scores.</summary>
    public double P99 { get; }

    /// <summary>99.9th percentile of the training scores.</summary>
    public double P999 { get; }

    /// <summary>The score in units that are the same for all pods: 0 at the training median, 1 at the 99th percentile.</summary>
    public double Pooled(int row) => (Scores[row] - _median) / _scale;

    /// <summary>What maps scores to units that are the same for all pods: (score − zero) / scale.</summary>
    public static (double Zero, double Scale) Unit(IReadOnlyList<double> trainingScores)
    {
        double[] sorted = [.. trainingScores];
        var (p99, median) = (Percentile.Of(sorted, 99), Percentile.Of(sorted, 50));
        // Training scores that are all equal have no scale of their own.
        return (median, p99 > median ? p99 - median : 1);
    }

    /// <summary>Learns and judges.</summary>
    public static TrialScores Of(Trial trial, ModelChoice choice)
    {
        ArgumentNullException.ThrowIfNull(trial);
        ArgumentNullException.ThrowIfNull(choice);
        var given = trial.With(choice.Metrics);
        return new TrialScores(given, new DetectorRun(choice, given.Training));
    }
}
