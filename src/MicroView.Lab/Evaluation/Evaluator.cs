namespace MicroView.Lab;

/// <summary>Measures models on the trials of a protocol. Deterministic: the same data, models and seeds give the same figures.</summary>
internal static class Evaluator
{
    /// <summary>Measures all <paramref name="models"/>, in parallel; the order of the result is theirs.</summary>
    public static EvaluationReport[] Run(IReadOnlyList<Trial> trials, ProtocolKind kind, IReadOnlyList<EvaluatedModel> models, LabProgress progress, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(progress);
        var scores = new TrialScores[models.Count][];
        for (var i = 0; i < scores.Length; i++)
            scores[i] = new TrialScores[trials.Count];
        Parallel.For(0, models.Count * trials.Count, new ParallelOptions { CancellationToken = stop }, i =>
        {
            var (model, trial) = (i / trials.Count, i % trials.Count);
            scores[model][trial] = TrialScores.Of(trials[trial], models[model].Choice);
            progress.Add();
        });
        return [.. models.Index().Select(model => Report(model.Item, kind, scores[model.Index]))];
    }

    private static EvaluationReport Report(EvaluatedModel model, ProtocolKind kind, TrialScores[] scores)
    {
        var (pooled, labels) = (new List<double>(), new List<bool>());
        Confusion p99 = default, p999 = default, own = default, tail99 = default, tailOwn = default;
        foreach (var trial in scores)
            for (var row = 0; row < trial.Scores.Length; row++)
            {
                if (trial.Trial.Labels[row] is RowLabel.Ignored)
                    continue;
                var positive = trial.Trial.Labels[row] is RowLabel.Positive;
                pooled.Add(trial.Pooled(row));
                labels.Add(positive);
                p99 = p99.With(positive, trial.Scores[row] > trial.P99);
                p999 = p999.With(positive, trial.Scores[row] > trial.P999);
                own = own.With(positive, trial.Anomalous[row]);
                if (row < trial.Trial.Tail)
                    continue;
                tail99 = tail99.With(positive, trial.Scores[row] > trial.P99);
                tailOwn = tailOwn.With(positive, trial.Anomalous[row]);
            }
        var ranking = new Ranking(pooled.ToArray(), labels.ToArray());
        var faults = Localisation.Of(scores, kind);
        var hasTail = scores.Any(trial => trial.Trial.Tail < trial.Scores.Length);
        return new EvaluationReport
        {
            Model = model.Name,
            Configuration = model.Configuration,
            Protocol = kind.ToString().ToLowerInvariant(),
            Ap = Round(ranking.AveragePrecision),
            F1P99 = Round(p99.F1),
            F1P999 = Round(p999.F1),
            FprTail = hasTail ? Round(tail99.FalsePositiveRate) : null,
            Detected = Share(faults, fault => fault.Detected),
            Top1 = Share(faults, fault => fault.Rank == 1),
            Top3 = Share(faults, fault => fault.Rank <= 3),
            F1Own = Round(own.F1),
            FprOwn = hasTail ? Round(tailOwn.FalsePositiveRate) : null,
            Positives = ranking.Positives,
            Negatives = ranking.Negatives,
            BaseAp = Round(ranking.Positives / (double)(ranking.Positives + ranking.Negatives)),
            ByType = ByType(faults),
        };
    }

    private static SortedDictionary<string, TypeReport> ByType(IReadOnlyList<LocatedFault> faults)
    {
        var types = new SortedDictionary<string, TypeReport>(StringComparer.Ordinal);
        foreach (var type in faults.GroupBy(fault => fault.Fault.Type))
        {
            LocatedFault[] own = [.. type];
            types.Add(type.Key, new TypeReport(own.Length, Share(own, fault => fault.Detected), Share(own, fault => fault.Rank == 1), Share(own, fault => fault.Rank <= 3)));
        }
        return types;
    }

    private static double Share(IReadOnlyList<LocatedFault> faults, Func<LocatedFault, bool> which) =>
        faults.Count == 0 ? 0 : Round(faults.Count(which) / (double)faults.Count);

    private static double Round(double value) => Math.Round(value, 6);
}
