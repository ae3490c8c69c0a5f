namespace MicroView.Analysis;

/// <summary>What a pod's analyzer is doing.</summary>
public enum PodState : byte
{
    /// <summary>Collecting training rows; nothing is judged.</summary>
    Learning,

    /// <summary>Judging every row.</summary>
    Watching,

    /// <summary>No detector was asked for.</summary>
    Off,
}

/// <summary>The outcome of one row; score and threshold in the detector's unit. Immutable and thread-safe.</summary>
/// <param name="Score">Score, 0 while learning.</param>
/// <param name="Threshold">Threshold, infinite while learning.</param>
/// <param name="Missing">Features that were missing (not finite) in this row.</param>
/// <param name="State">State after the row.</param>
/// <param name="Row">Whether the row counted; if not, the rest repeats the standing state with a score of 0.</param>
/// <param name="Anomalous">Whether the score exceeds the threshold.</param>
/// <param name="AlarmOpen">Whether the alarm is open after the row.</param>
/// <param name="Change">Whether the row opened or closed the alarm.</param>
public readonly record struct Observation(
    double Score, double Threshold, int Missing, PodState State, RowOutcome Row, bool Anomalous, bool AlarmOpen, AlarmChange Change);

/// <summary>The share of a score that a feature explains, 0..1. Immutable and thread-safe.</summary>
/// <param name="Feature">Index in the <see cref="FeatureMap"/>.</param>
/// <param name="Share">Share; over all features they sum to 1 or less.</param>
public readonly record struct Attribution(int Feature, double Share)
{
    /// <summary>Writes the largest shares above zero, largest first, of equal ones the first; returns how many.</summary>
    internal static int TakeLargest(ReadOnlySpan<double> shares, Span<Attribution> top)
    {
        var count = 0;
        for (var i = 0; i < shares.Length; i++)
        {
            if (!(shares[i] > 0) || (count == top.Length && shares[i] <= top[^1].Share))
                continue;
            var at = count < top.Length ? count++ : count - 1;
            for (; at > 0 && top[at - 1].Share < shares[i]; at--)
                top[at] = top[at - 1];
            top[at] = new Attribution(i, shares[i]);
        }
        return count;
    }
}
