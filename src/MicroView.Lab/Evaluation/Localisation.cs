namespace MicroView.Lab;

/// <summary>What a detector made of a fault.</summary>
/// <param name="Fault">The fault.</param>
/// <param name="Detected">Whether a row of the faulty pod in the fault's window is above the pod's 99th percentile.</param>
/// <param name="Rank">Place of the faulty pod among all pods by the highest pooled score in the window, from 1.</param>
internal sealed record LocatedFault(Fault Fault, bool Detected, int Rank);

/// <summary>Finds the faulty pod by its score.</summary>
internal static class Localisation
{
    /// <summary>Every fault that has a row of the faulty pod in its window.</summary>
    public static IReadOnlyList<LocatedFault> Of(IReadOnlyList<TrialScores> scores, ProtocolKind kind) =>
    [
        .. from part in scores.GroupBy(trial => trial.Trial.Part)
           from fault in part.SelectMany(trial => trial.Trial.Faults).Distinct().OrderBy(fault => fault.StartNs)
           let located = Locate([.. part], fault, kind)
           where located is not null
           select located,
    ];

    private static LocatedFault? Locate(TrialScores[] pods, Fault fault, ProtocolKind kind)
    {
        var own = Array.FindIndex(pods, pod => DayProtocol.IsFaulty(fault, pod.Trial.Service, pod.Trial.Pod));
        if (own < 0)
            return null;
        var highest = new double[pods.Length];
        var detected = false;
        for (var i = 0; i < pods.Length; i++)
        {
            highest[i] = double.NegativeInfinity;
            var times = pods[i].Trial.Test.Times;
            for (var row = 0; row < times.Length; row++)
            {
                if (!DayProtocol.InWindow(kind, fault, times[row]))
                    continue;
                highest[i] = Math.Max(highest[i], pods[i].Pooled(row));
                detected |= i == own && pods[i].Scores[row] > pods[i].P99;
            }
        }
        if (double.IsNegativeInfinity(highest[own]))
            return null;
        // Of equal scores the faulty pod's comes last: a tie has found nothing.
        var rank = 1 + highest.Where((score, i) => i != own && score >= highest[own]).Count();
        return new LocatedFault(fault, detected, rank);
    }
}
