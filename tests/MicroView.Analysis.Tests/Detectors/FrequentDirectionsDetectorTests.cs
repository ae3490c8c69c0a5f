namespace MicroView.Analysis.Tests;

public sealed class FrequentDirectionsDetectorTests
{
    [Theory]
    [InlineData(64, 8, 8, 300, Normalization.Unit)]
    [InlineData(64, 8, 8, 300, Normalization.None)]
    [InlineData(100, 25, 10, 200, Normalization.Unit)]
    [InlineData(20, 4, 3, 40, Normalization.None)]
    [InlineData(3, 2, 2, 7, Normalization.Unit)]
    [InlineData(2, 2, 1, 50, Normalization.Unit)]
    [InlineData(64, 8, 8, 300, Normalization.None, 1000)]
    [InlineData(64, 8, 8, 300, Normalization.None, 1e5)]
    [InlineData(64, 8, 8, 300, Normalization.Unit, 1e5)]
    public void Scores_and_decisions_agree_with_a_straightforward_svd(
        int d, int l, int k, int count, Normalization normalization, double spike = 1)
    {
        for (var seed = 0; seed < 3; seed++)
        {
            var rows = FrequentDirectionsTests.Rows(d, count + 100, Math.Min(d, 6), seed, noise: 0.3);
            // Faults: now and then a few metrics go far out, which spreads the singular values.
            for (var i = 0; i < rows.Count; i += 17)
                for (var j = i % 5; j < d; j += 5)
                    rows[i][j] *= spike;
            var detector = new FrequentDirectionsDetector(
                d, new DetectorOptions { SketchRows = l, Components = k, Normalization = normalization, MinThreshold = 0 });
            var reference = new ReferenceSketch(d, l, k);
            var training = new RowMatrix(d);
            foreach (var row in rows.Take(count))
            {
                training.Add(row);
                reference.Append(Normalized(row, normalization));
            }
            detector.Fit(training);
            var expected = rows.Take(count).Select(r => reference.Score(Normalized(r, normalization))).ToArray();
            var threshold = Percentile.Of((double[])expected.Clone(), 99);
            Assert.Equal(threshold, detector.Threshold, 1e-9 * Math.Max(1, threshold));
            foreach (var row in rows.Skip(count))
            {
                var score = Score(detector, row);
                var wanted = reference.Score(Normalized(row, normalization));
                if (wanted > 1e-4)
                    Assert.Equal(wanted, score, 1e-9 * Math.Max(1, wanted));
                Assert.Equal(wanted > threshold, score > detector.Threshold);
            }
        }
    }

    [Theory]
    [InlineData(Normalization.Unit)]
    [InlineData(Normalization.None)]
    public void Clipping_is_for_fitting_alone(Normalization normalization)
    {
        const int d = 20;
        var rows = FrequentDirectionsTests.Rows(d, 200, 4, 1, noise: 0.3);
        for (var i = 0; i < rows.Count; i += 13)
            rows[i][i % d] *= 300;
        var options = new DetectorOptions { SketchRows = 6, Components = 4, Normalization = normalization, MinThreshold = 0 };
        FrequentDirectionsDetector Fitted(DetectorOptions how, Func<double, double> change)
        {
            var (detector, training) = (new FrequentDirectionsDetector(d, how), new RowMatrix(d));
            foreach (var row in rows.Take(150))
                training.Add([.. row.Select(change)]);
            detector.Fit(training);
            return detector;
        }
        var clipping = Fitted(options with { FitClip = 5 }, z => z);
        var given = Fitted(options, z => Math.Clamp(z, -5, 5));
        Assert.All(rows, row => Assert.Equal(Score(given, row), Score(clipping, row), 1e-12));
        Assert.Contains(rows, row => Math.Abs(Score(Fitted(options, z => z), row) - Score(clipping, row)) > 0.01);
        // The threshold is of scores of the rows as they were.
        Assert.Equal(Percentile.Of([.. rows.Take(150).Select(row => Score(clipping, row))], 99), clipping.Threshold, 1e-12);
    }

    /// <summary>Live, directions follow when the buffer is full; between, both sides judge by those of the newest decomposition.</summary>
    [Theory]
    [InlineData(64, 8, 8, Normalization.Unit, 0)]
    [InlineData(64, 8, 8, Normalization.Unit, 1)]
    [InlineData(30, 5, 3, Normalization.Unit, 0)]
    [InlineData(30, 5, 3, Normalization.None, 0)]
    [InlineData(100, 25, 10, Normalization.None, 1)]
    public void Scores_and_decisions_agree_while_learning_online(int d, int l, int k, Normalization normalization, double eta)
    {
        for (var seed = 0; seed < 3; seed++)
        {
            var rows = FrequentDirectionsTests.Rows(d, 120 + 20 * l, 5, seed, noise: 0.3);
            for (var i = 100; i < rows.Count; i += 11)
                rows[i][i % d] += 6;
            var detector = new FrequentDirectionsDetector(
                d, new DetectorOptions { SketchRows = l, Components = k, Normalization = normalization, MinThreshold = 0, Eta = eta });
            var (reference, training) = (new ReferenceSketch(d, l, k), new RowMatrix(d));
            foreach (var row in rows.Take(90))
            {
                training.Add(row);
                reference.Append(Normalized(row, normalization));
            }
            detector.Fit(training);
            var anomalies = 0;
            _ = reference.Score(rows[0]);
            foreach (var row in rows.Skip(90))
            {
                var (score, wanted) = (Score(detector, row), reference.Score(Normalized(row, normalization), current: false));
                if (wanted > 1e-4)
                    Assert.Equal(wanted, score, 1e-9 * Math.Max(1, wanted));
                var anomalous = score > detector.Threshold;
                Assert.Equal(wanted > detector.Threshold, anomalous);
                anomalies += anomalous ? 1 : 0;
                var padded = FrequentDirectionsTests.Padded(row);
                detector.Update(padded, RowKernels.SquaredNorm(padded), anomalous);
                if (!anomalous || eta == 1)
                    reference.Append(Normalized(row, normalization));
            }
            Assert.InRange(anomalies, 3, rows.Count - 95);
        }
    }

    [Fact]
    public void Tiny_scores_come_from_the_residual_itself()
    {
        var random = new Random(77);
        var rows = FrequentDirectionsTests.Rows(32, 100, 3, 5);
        var sketch = new FrequentDirectionsDetector(
            32, new DetectorOptions { SketchRows = 5, Components = 3, Normalization = Normalization.None });
        var training = new RowMatrix(32);
        foreach (var row in rows)
            training.Add(row);
        sketch.Fit(training);
        // Inside the span of the training rows but for 1e-7 in a direction that is orthogonal to it.
        var inside = (double[])rows[3].Clone();
        var outside = new double[32];
        for (var j = 0; j < 32; j++)
            outside[j] = random.NextDouble() - 0.5;
        var residual = new double[32];
        sketch.Sketch.Residual(outside, residual);
        var norm = Math.Sqrt(residual.Sum(x => x * x));
        for (var j = 0; j < 32; j++)
            inside[j] += 1e-7 * residual[j] / norm;
        Assert.Equal(1e-7, Score(sketch, inside), 1e-12);
    }

    /// <summary>
    /// Golden scores of the artifact's formula ‖y − VᵀV y‖, y the z-scored row, unit-normed where told: computed with an
    /// independent program (Python, cyclic Jacobi on the d×d covariance of the buffer, not on its rows), 2ℓ-row buffer,
    /// σ² lowered by the ℓ-th. Input: x(i,j) = (j+1)·sin(1.3i+j) + cos(0.7ij) ± ¼sin(5.1i), + for odd j; d=6, ℓ=3, k=2, 40 training rows.
    /// </summary>
    [Theory]
    [InlineData(
        Normalization.Unit, 0.31974480908512415, 0.09494685675551628, 0.31268763493753504, 0.326144692217065, 0.6603230882355766, 0.38690340999502254)]
    [InlineData(
        Normalization.None, 0.8058512906660517, 0.24869611475947362, 0.75326667740511, 0.8210134108852996, 1.436560319890799, 0.9647990271020618)]
    public void Golden_scores_of_the_artifacts_formula(
        Normalization normalization, double row0, double row7, double row39, double row50, double spiked50, double threshold)
    {
        var statistics = new RunningStatistics(6);
        var training = new RowMatrix(6);
        for (var i = 0; i < 40; i++)
            statistics.Add(Golden(i));
        var scaling = new FeatureScaling(new FeatureMap([.. Enumerable.Range(0, 6).Select(j => Feature.Value(j))]), statistics, 0);
        for (var i = 0; i < 40; i++)
            training.Add(Standardized(scaling, Golden(i)));
        var detector = new FrequentDirectionsDetector(
            6, new DetectorOptions { SketchRows = 3, Components = 2, Normalization = normalization, MinThreshold = 0 });
        detector.Fit(training);
        var spiked = Golden(50);
        spiked[3] += 5;
        Assert.Equal(threshold, detector.Threshold, 1e-9);
        Assert.Equal(row0, Score(detector, Standardized(scaling, Golden(0))), 1e-9);
        Assert.Equal(row7, Score(detector, Standardized(scaling, Golden(7))), 1e-9);
        Assert.Equal(row39, Score(detector, Standardized(scaling, Golden(39))), 1e-9);
        Assert.Equal(row50, Score(detector, Standardized(scaling, Golden(50))), 1e-9);
        Assert.Equal(spiked50, Score(detector, Standardized(scaling, spiked)), 1e-9);
    }

    /// <summary>
    /// Two of four metrics are active, each on its own, so that they are the two directions: the paper's rule sees nothing that they do.
    /// </summary>
    [Fact]
    public void A_metric_that_moves_alone_is_no_direction_in_live_settings()
    {
        var (random, training) = (new Random(11), new RowMatrix(4));
        for (var i = 0; i < 200; i++)
            training.Add([Math.Sqrt(12) * (random.NextDouble() - 0.5), i % 2 == 0 ? 1 : -1, 0, 0]);
        double[] burn = [60, 0, 0, 0];
        var paper = new FrequentDirectionsDetector(4, new DetectorOptions { Normalization = Normalization.None });
        paper.Fit(training);
        Assert.False(Score(paper, burn) > paper.Threshold);
        var live = new FrequentDirectionsDetector(4, DetectorOptions.Live);
        live.Fit(training);
        Assert.Equal(60, Score(live, burn), 1e-9);
    }

    [Fact]
    public void Metrics_that_move_together_are_a_direction_and_one_that_leaves_the_other_is_named()
    {
        var (random, training) = (new Random(12), new RowMatrix(4));
        for (var i = 0; i < 200; i++)
        {
            var common = random.NextDouble() * 3.4 - 1.7;
            training.Add([common, common, random.NextDouble() - 0.5, 0]);
        }
        var live = new FrequentDirectionsDetector(4, DetectorOptions.Live);
        live.Fit(training);
        Assert.Equal(1, live.Sketch.Rank);
        Assert.InRange(Score(live, [10, 10, 0, 0]), 0, 1);
        Assert.InRange(Score(live, [10, 0, 0, 0]), 6, 8);
        var shares = new double[8];
        live.Attribute([10, 0, 0, 0, 0, 0, 0, 0], shares);
        Assert.Equal(1, shares[0], 1e-6);
    }

    [Fact]
    public void All_zero_rows_give_no_direction_and_a_finite_score()
    {
        var detector = new FrequentDirectionsDetector(10, new DetectorOptions { MinThreshold = 0 });
        var training = new RowMatrix(10);
        for (var i = 0; i < 50; i++)
            training.Add(new double[10]);
        detector.Fit(training);
        Assert.Equal(0, detector.Sketch.Rank);
        Assert.Equal(0, detector.Threshold);
        Assert.Equal(0, Score(detector, new double[10]));
        var row = new double[10];
        row[4] = 2;
        Assert.Equal(1, Score(detector, row));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1000)]
    [InlineData(0.1, 100)]
    public void Anomalous_rows_are_absorbed_with_probability_eta_and_normal_ones_always(double eta, int absorbed)
    {
        // ℓ is so large that the buffer never fills: its count is the number of rows absorbed.
        var detector = new FrequentDirectionsDetector(4, new DetectorOptions { SketchRows = 1024, Eta = eta, Seed = 42 });
        var row = new double[8];
        row[1] = 1;
        for (var i = 0; i < 1000; i++)
            detector.Update(row, 1, anomalous: true);
        Assert.InRange(detector.Sketch.Count, absorbed - 30, absorbed + 30);
        var before = detector.Sketch.Count;
        for (var i = 0; i < 100; i++)
            detector.Update(row, 1, anomalous: false);
        Assert.Equal(before + 100, detector.Sketch.Count);
    }

    [Fact]
    public void Defaults_are_those_of_the_paper()
    {
        static (int, int) Of(int d)
        {
            var sketch = new FrequentDirectionsDetector(d, new DetectorOptions()).Sketch;
            return (sketch.SketchRows, sketch.Components);
        }

        Assert.Equal((8, 8), Of(64));
        Assert.Equal((16, 16), Of(256));
        Assert.Equal((9, 9), Of(99));
        Assert.Equal((2, 2), Of(3));
        Assert.Equal((2, 1), Of(2));
        Assert.Equal((2, 0), Of(1));
    }

    private static double[] Golden(int i) =>
        [.. Enumerable.Range(0, 6).Select(j =>
            Math.Sin(1.3 * i + j) * (j + 1) + Math.Cos(0.7 * i * j) + 0.25 * Math.Sin(5.1 * i) * (j % 2 == 1 ? 1 : -1))];

    private static double[] Standardized(FeatureScaling scaling, double[] row)
    {
        var z = new double[row.Length];
        scaling.Standardize(row, z);
        return z;
    }

    private static double Score(Detector detector, double[] row)
    {
        var padded = FrequentDirectionsTests.Padded(row);
        return detector.Score(padded, padded.Sum(x => x * x));
    }

    private static double[] Normalized(double[] row, Normalization normalization)
    {
        var norm = normalization == Normalization.Unit ? Math.Sqrt(row.Sum(x => x * x)) : 1;
        return [.. row.Select(x => x / norm)];
    }
}
