using CsCheck;

namespace MicroView.Lab.Tests;

public sealed class RankingTests
{
    [Fact]
    public void Average_precision_is_that_of_the_hand()
    {
        // Ranked: + - + -: precision 1 at the first half of recall, 2/3 at the second.
        var ranking = new Ranking([4, 3, 2, 1], [true, false, true, false]);
        Assert.Equal(0.5 * 1 + 0.5 * (2 / 3.0), ranking.AveragePrecision, 12);
        Assert.Equal(3 / 4.0, ranking.RocArea, 12);
    }

    [Fact]
    public void Equal_scores_count_together_whatever_their_order()
    {
        // One group of four with two positives: precision ½ at once.
        Assert.Equal(0.5, new Ranking([1, 1, 1, 1], [true, true, false, false]).AveragePrecision, 12);
        Assert.Equal(0.5, new Ranking([1, 1, 1, 1], [false, false, true, true]).AveragePrecision, 12);
        Assert.Equal(0.5, new Ranking([1, 1, 1, 1], [false, true, true, false]).RocArea, 12);
        // scikit-learn's example in its documentation: 0.8333.
        Assert.Equal(0.8333, new Ranking([0.1, 0.4, 0.35, 0.8], [false, false, true, true]).AveragePrecision, 4);
        Assert.Equal(0.75, new Ranking([0.1, 0.4, 0.35, 0.8], [false, false, true, true]).RocArea, 12);
    }

    [Fact]
    public void The_best_threshold_is_a_score_that_occurs()
    {
        var (f1, threshold) = new Ranking([4, 3, 2, 1], [true, false, true, false]).BestF1();
        Assert.Equal(2 * 2 / (double)(2 * 2 + 1 + 0), f1, 12);
        Assert.Equal(2, threshold);
    }

    [Fact]
    public void Without_positives_there_is_no_figure() => Assert.True(double.IsNaN(new Ranking([1, 2], [false, false]).AveragePrecision));

    [Fact]
    public void The_area_under_roc_is_the_share_of_pairs_in_order() =>
        Gen.Select(Gen.Int[0, 5], Gen.Bool).List[2, 30].Sample(rows =>
        {
            var positives = rows.Where(row => row.Item2).Select(row => row.Item1).ToArray();
            var negatives = rows.Where(row => !row.Item2).Select(row => row.Item1).ToArray();
            if (positives.Length == 0 || negatives.Length == 0)
                return;
            var wins = positives.Sum(p => negatives.Sum(n => p > n ? 1 : p == n ? 0.5 : 0));
            var ranking = new Ranking([.. rows.Select(row => (double)row.Item1)], [.. rows.Select(row => row.Item2)]);
            Assert.Equal(wins / positives.Length / negatives.Length, ranking.RocArea, 9);
        });

    [Fact]
    public void Decisions_are_counted_against_labels()
    {
        var counted = default(Confusion).With(true, true).With(true, true).With(true, false).With(false, true).With(false, false).With(false, false).With(false, false);
        Assert.Equal(new Confusion(2, 1, 1, 3), counted);
        Assert.Equal(2 / 3.0, counted.Precision, 12);
        Assert.Equal(2 / 3.0, counted.Recall, 12);
        Assert.Equal(2 / 3.0, counted.F1, 12);
        Assert.Equal(0.25, counted.FalsePositiveRate, 12);
        Assert.Equal(0, default(Confusion).F1);
    }
}
