namespace MicroView.Analysis.Tests;

/// <summary>What holds for every detector, whoever wrote it: each check takes a factory and fails with what it found.</summary>
public static class DetectorContract
{
    public delegate Detector Factory(int dimension, DetectorOptions options);

    private static readonly int[] Widths = [1, 2, 3, 5, 8, 9, 17, 33, 64, 100, 300];

    /// <summary>Rows as they come from <see cref="FeatureScaling"/> at their most unlikely: |z| never exceeds its limit.</summary>
    private static IEnumerable<double[]> Wild(int dimension, int stride)
    {
        var random = new Random(dimension);
        yield return new double[stride];
        foreach (var size in new[] { FeatureScaling.Limit, 1e-300, double.Epsilon, 1 })
        {
            yield return Row(stride, dimension, _ => size);
            yield return Row(stride, dimension, j => j % 2 == 0 ? size : -size);
            yield return Row(stride, dimension, j => j == dimension - 1 ? -size : 0);
            yield return Row(stride, dimension, _ => size * (random.NextDouble() - 0.5));
        }
    }

    public static void Every_width_from_1_to_300_fits_and_scores_finitely(Factory create)
    {
        for (var dimension = 1; dimension <= 300; dimension++)
        {
            var detector = create(dimension, Options(dimension));
            Assert.Equal(dimension, detector.Dimension);
            Assert.Equal(RowMatrix.Padded(dimension), detector.Stride);
            Assert.Equal(double.PositiveInfinity, detector.Threshold);
            var rows = Training(dimension, 40, dimension);
            detector.Fit(rows);
            Assert.InRange(detector.Threshold, 0, double.MaxValue);
            for (var i = 0; i < rows.Count; i += 13)
                Assert.InRange(Score(detector, rows[i]), 0, double.MaxValue);
            foreach (var row in Wild(dimension, detector.Stride))
                Assert.InRange(Score(detector, row), 0, double.MaxValue);
        }
    }

    public static void Rows_that_never_move_give_a_threshold_that_a_still_row_does_not_pass(Factory create)
    {
        foreach (var dimension in Widths)
            foreach (var value in new[] { 0.0, 1 })
            {
                var rows = new RowMatrix(dimension);
                for (var i = 0; i < 50; i++)
                    rows.Add(Row(dimension, dimension, _ => value));
                var detector = create(dimension, Options(dimension));
                detector.Fit(rows);
                Assert.InRange(detector.Threshold, 0, double.MaxValue);
                Assert.False(Score(detector, rows[0]) > detector.Threshold);
            }
    }

    public static void Shares_are_parts_of_a_whole(Factory create)
    {
        foreach (var dimension in Widths)
        {
            var detector = create(dimension, Options(dimension));
            var rows = Training(dimension, 60, 5);
            detector.Fit(rows);
            foreach (var row in Wild(dimension, detector.Stride).Append(rows[3].ToArray()))
            {
                var shares = new double[detector.Stride];
                Array.Fill(shares, 0.5); // what a detector leaves alone would stand out
                detector.Attribute(row, shares);
                Assert.All(shares, share => Assert.InRange(share, 0, 1 + 1e-12));
                Assert.InRange(shares.Sum(), 0, 1 + 1e-9);
                Assert.All(shares[dimension..], share => Assert.Equal(0, share));
            }
        }
    }

    public static void The_same_seed_gives_the_same_scores_bit_for_bit(Factory create)
    {
        foreach (var dimension in Widths)
        {
            var options = Options(dimension) with { Eta = 0.5, Seed = 9 };
            Assert.Equal(Scores(create(dimension, options)), Scores(create(dimension, options)));
        }
    }

    public static void Attributing_changes_nothing_and_scoring_no_threshold(Factory create)
    {
        foreach (var dimension in Widths)
        {
            var (asked, silent) = (create(dimension, Options(dimension)), create(dimension, Options(dimension)));
            var rows = Training(dimension, 60, 6);
            asked.Fit(rows);
            silent.Fit(rows);
            var threshold = asked.Threshold;
            foreach (var row in Wild(dimension, asked.Stride))
            {
                Assert.Equal(Score(silent, row), Score(asked, row));
                asked.Attribute(row, new double[asked.Stride]);
            }
            Assert.Equal((threshold, Score(silent, rows[7])), (asked.Threshold, Score(asked, rows[7])));
        }
    }

    public static void A_second_fit_starts_over(Factory create)
    {
        foreach (var dimension in Widths)
        {
            var options = Options(dimension) with { Eta = 0.5 };
            var (once, again) = (create(dimension, options), create(dimension, options));
            again.Fit(Training(dimension, 70, 8));
            Live(again, dimension, 30);
            var rows = Training(dimension, 80, 7);
            once.Fit(rows);
            again.Fit(rows);
            Assert.Equal(once.Threshold, again.Threshold);
            Assert.Equal(Live(once, dimension, 40), Live(again, dimension, 40));
        }
    }

    public static void Judging_allocates_nothing(Factory create)
    {
        foreach (var dimension in Widths)
        {
            var detector = create(dimension, Options(dimension) with { Eta = 0.5 });
            var rows = Training(dimension, 100, 4);
            detector.Fit(rows);
            var shares = new double[detector.Stride];
            // The first round may make the thread's workspace, and a collection beside it counts what a thread had not used yet as used.
            var least = long.MaxValue;
            for (var round = 0; round < 6 && least > 0; round++)
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                for (var i = 0; i < rows.Count; i++)
                {
                    var square = RowKernels.SquaredNorm(rows[i]);
                    var score = detector.Score(rows[i], square);
                    detector.Update(rows[i], square, score > detector.Threshold || i % 5 == 0);
                    detector.Attribute(rows[i], shares);
                }
                least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            }
            Assert.Equal(0, least);
        }
    }

    public static void Learning_online_keeps_scores_finite(Factory create)
    {
        foreach (var dimension in Widths)
        {
            var detector = create(dimension, Options(dimension) with { Eta = 1 });
            detector.Fit(Training(dimension, 60, 3));
            for (var round = 0; round < 3; round++)
                foreach (var row in Wild(dimension, detector.Stride))
                {
                    var score = Score(detector, row);
                    Assert.InRange(score, 0, double.MaxValue);
                    detector.Update(row, RowKernels.SquaredNorm(row), score > detector.Threshold);
                }
            Assert.InRange(detector.Threshold, 0, double.MaxValue);
        }
    }

    public static void A_sibling_starts_from_what_was_learnt(Factory create)
    {
        foreach (var dimension in Widths)
        {
            var (first, second) = (create(dimension, Options(dimension)), create(dimension, Options(dimension)));
            var rows = Training(dimension, 80, 2);
            first.Fit(rows);
            second.Adopt(rows, first.ShareSketch(), TrainingFacts.None);
            Assert.InRange(second.Threshold, 0, double.MaxValue);
            // It learnt from the same rows: whoever is far out for one is so for the other.
            Assert.False(Score(second, rows[5]) > 10 * Math.Max(second.Threshold, 1));
            foreach (var row in Wild(dimension, second.Stride))
                Assert.InRange(Score(second, row), 0, double.MaxValue);
        }
    }

    public static void Training_rows_of_another_width_and_none_at_all_are_refused(Factory create)
    {
        var detector = create(12, Options(12));
        var error = Assert.Throws<ArgumentException>(() => detector.Fit(Training(13, 20, 1)));
        Assert.Contains("13", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => detector.Fit(new RowMatrix(12)));
    }

    private static DetectorOptions Options(int dimension) => DetectorOptions.Live with { Vae = VaeModel.Untrained(dimension, 7) };

    private static double[] Scores(Detector detector)
    {
        detector.Fit(Training(detector.Dimension, 70, 1));
        return [detector.Threshold, .. Live(detector, detector.Dimension, 100)];
    }

    /// <summary>Rows as they come live, some far out, each judged and then handed to the detector to learn from.</summary>
    private static double[] Live(Detector detector, int dimension, int count)
    {
        var rows = Training(dimension, count, 77);
        var scores = new double[count];
        for (var i = 0; i < count; i++)
        {
            if (i % 9 == 0)
                rows[i][0] += 50;
            scores[i] = Score(detector, rows[i]);
            detector.Update(rows[i], RowKernels.SquaredNorm(rows[i]), scores[i] > detector.Threshold);
        }
        return scores;
    }

    private static double Score(Detector detector, ReadOnlySpan<double> row) => detector.Score(row, RowKernels.SquaredNorm(row));

    private static RowMatrix Training(int dimension, int count, int seed)
    {
        var rows = new RowMatrix(dimension);
        foreach (var row in FrequentDirectionsTests.Rows(dimension, count, 3, seed, noise: 1))
            rows.Add(row);
        return rows;
    }

    private static double[] Row(int stride, int dimension, Func<int, double> value)
    {
        var row = new double[stride];
        for (var j = 0; j < dimension; j++)
            row[j] = value(j);
        return row;
    }
}
