namespace MicroView.Analysis;

/// <summary>What a detector may want to know of its training rows beside their values. Immutable and thread-safe.</summary>
/// <param name="SecondsPerRow">Wall time from one row of the pod to the next, in seconds; 0: not known, and a row is taken for a second.</param>
/// <param name="RowsPerKeptRow">The pod's rows that one training row stands for: long training is thinned out evenly.</param>
/// <param name="FloorShares">Per feature, which part of its effective deviation is the floor below which no deviation may fall, 0..1 (see
/// <see cref="FeatureScaling"/>); empty: 0 for all.</param>
/// <param name="Counts">Per feature, whether it is a count (see <see cref="FeatureScaling.Counts"/>); empty: none is known to be one.</param>
public readonly record struct TrainingFacts(double SecondsPerRow, int RowsPerKeptRow, ReadOnlyMemory<double> FloorShares, ReadOnlyMemory<bool> Counts = default)
{
    /// <summary>Nothing is known: a row a second, none thinned out, no floors.</summary>
    public static TrainingFacts None { get; } = new(0, 1, default);

    /// <summary>The share of feature <paramref name="index"/>.</summary>
    public double FloorShare(int index) => index < FloorShares.Length ? FloorShares.Span[index] : 0;

    /// <summary>Whether feature <paramref name="index"/> is known to be a count.</summary>
    public bool IsCount(int index) => index < Counts.Length && Counts.Span[index];
}
