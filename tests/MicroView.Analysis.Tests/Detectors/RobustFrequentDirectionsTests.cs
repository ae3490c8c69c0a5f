using MicroView.Analysis;

namespace MicroView.Analysis.Tests;

public sealed class RobustFrequentDirectionsTests
{
    private const int Metrics = 12;
    private const long Minute = 60_000_000_000;

    private static readonly FeatureMap Map = new([.. Enumerable.Range(0, Metrics).Select(i => Feature.Value(i))]);

    /// <summary>Metrics 0…5 follow one load, the others each themselves; all around 100, a deviation of about 5.</summary>
    private sealed class Pod(int seed)
    {
        private readonly Random _random = new(seed);

        public double[] Offsets { get; } = new double[Metrics];

        public double[] Next()
        {
            var load = Gauss();
            var row = new double[Metrics];
            for (var i = 0; i < Metrics; i++)
                row[i] = 100 + Offsets[i] + 5 * (i < 6 ? 0.95 * load + 0.3 * Gauss() : Gauss());
            return row;
        }

        private double Gauss() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
    }

    private static (PodAnalyzer Analyzer, Pod Pod, long Time) Learnt(int seed, Func<DetectorOptions, DetectorOptions>? change = null)
    {
        var options = DetectorOptions.Live with { Model = "RFD" };
        var analyzer = new PodAnalyzer(Map, new AnalyzerOptions { Detector = change is null ? options : change(options), MinRows = 300, MaxTrainingRows = 300 });
        var pod = new Pod(seed);
        var time = Minute;
        for (; analyzer.State == PodState.Learning; time += Minute)
            analyzer.Observe(pod.Next(), time);
        return (analyzer, pod, time);
    }

    private static double Mean(PodAnalyzer analyzer, Pod pod, ref long time, int rows)
    {
        var sum = 0.0;
        for (var i = 0; i < rows; i++, time += Minute)
            sum += analyzer.Observe(pod.Next(), time).Score;
        return sum / rows;
    }

    [Fact]
    public void One_is_the_99th_percentile_of_training()
    {
        var (analyzer, _, _) = Learnt(1);
        Assert.Equal(1, Percentile.Of([.. analyzer.Detector.TrainingScores], 99), 0.35);
        Assert.InRange(analyzer.Detector.TrainingScores.Count(score => score > 1), 1, 12);
    }

    [Fact]
    public void The_size_of_a_deviation_counts()
    {
        var (analyzer, pod, time) = Learnt(2);
        var before = 0.0;
        foreach (var size in (double[])[20, 60, 200, 2000])
        {
            var row = pod.Next();
            row[8] += size;
            var score = analyzer.Observe(row, time += Minute).Score;
            Assert.True(score > before, $"{size}: {score} after {before}");
            before = score;
        }
        Assert.InRange(before, 3, 20);
    }

    [Fact]
    public void A_metric_that_leaves_those_it_moves_with_is_seen_though_its_value_is_usual()
    {
        var (analyzer, pod, time) = Learnt(3);
        var usual = Mean(analyzer, pod, ref time, 50);
        var row = pod.Next();
        for (var i = 0; i < 6; i++)
            row[i] = 100 + 7.5;
        row[2] = 100 - 7.5;
        var seen = analyzer.Observe(row, time);
        Assert.True(seen.Score > Math.Max(1.5, 3 * usual), $"{seen.Score}, usually {usual}");
        var top = new Attribution[1];
        Assert.Equal(1, analyzer.Attribute(top));
        Assert.Equal(2, top[0].Feature);
    }

    [Fact]
    public void A_load_that_doubles_moves_its_metrics_together_and_is_less_strange_than_the_same_by_one()
    {
        var (analyzer, pod, time) = Learnt(4);
        var together = pod.Next();
        for (var i = 0; i < 6; i++)
            together[i] = 100 + 12;
        var joint = analyzer.Observe(together, time).Score;
        var alone = pod.Next();
        for (var i = 0; i < 6; i++)
            alone[i] = 100 + (i == 1 ? 12 : -2);
        Assert.True(analyzer.Observe(alone, time + Minute).Score > joint);
    }

    [Fact]
    public void Slow_drift_of_many_deviations_is_followed()
    {
        var (analyzer, pod, time) = Learnt(5);
        var usual = Mean(analyzer, pod, ref time, 100);
        for (var i = 0; i < 3000; i++, time += Minute)
        {
            pod.Offsets[7] += 0.1; // 60 deviations in all, a tenth of one in five rows
            analyzer.Observe(pod.Next(), time);
        }
        Assert.InRange(Mean(analyzer, pod, ref time, 200), 0, 2 * usual + 0.3);
    }

    [Fact]
    public void A_shift_is_held_for_an_event_until_the_hold_limit_and_is_normal_then()
    {
        var (analyzer, pod, time) = Learnt(6, options => options with { HoldLimitSeconds = 40 * 60 });
        pod.Offsets[9] = 400;
        Assert.True(Mean(analyzer, pod, ref time, 38) > 2);
        Mean(analyzer, pod, ref time, 4);
        Assert.InRange(Mean(analyzer, pod, ref time, 100), 0, 0.7);
    }

    [Fact]
    public void A_missing_metric_says_nothing_and_moves_nothing()
    {
        var (with, podA, timeA) = Learnt(7);
        var (without, podB, timeB) = Learnt(7);
        for (var i = 0; i < 2000; i++, timeA += Minute, timeB += Minute)
        {
            podA.Offsets[7] += 0.05;
            podB.Offsets[7] += 0.05;
            with.Observe(podA.Next(), timeA);
            var row = podB.Next();
            if (i >= 1990)
                row[7] = i % 2 == 0 ? double.NaN : double.PositiveInfinity;
            var seen = without.Observe(row, timeB);
            // 20 deviations from the mean of training by now: a missing value must not be taken for that mean.
            Assert.InRange(seen.Score, 0, 2.5);
        }
        Assert.InRange(Mean(without, podB, ref timeB, 50), 0, 0.7);
    }

    [Fact]
    public void What_lies_beyond_a_gap_starts_from_where_it_stands()
    {
        var (analyzer, pod, time) = Learnt(8);
        Mean(analyzer, pod, ref time, 10);
        for (var i = 0; i < Metrics; i++)
            pod.Offsets[i] = 500;
        time += 600 * Minute;
        Assert.InRange(Mean(analyzer, pod, ref time, 100), 0, 0.7);
    }

    [Fact]
    public void An_outlier_in_training_is_no_direction()
    {
        var training = new RowMatrix(Metrics);
        var pod = new Pod(9);
        for (var i = 0; i < 300; i++)
        {
            var row = pod.Next();
            for (var j = 0; j < Metrics; j++)
                row[j] = (row[j] - 100) / 5;
            if (i % 100 == 50)
                row[10] = row[11] = 500;
            training.Add(row);
        }
        var detector = new RobustFrequentDirectionsDetector(Metrics, new DetectorOptions());
        detector.Fit(training);
        Assert.True(Math.Abs(detector.Sketch.Direction(0, 10)) < 0.3, $"{detector.Sketch.Direction(0, 10)}");
        var again = new double[16];
        again[10] = again[11] = 500;
        Assert.True(detector.Score(again, 0) > 2);
    }

    [Fact]
    public void An_idle_pod_takes_a_trifle_for_nothing_and_a_change_for_something()
    {
        var analyzer = new PodAnalyzer(new FeatureMap([.. Enumerable.Range(0, 4).Select(i => Feature.Value(i, resolution: 1))]),
            new AnalyzerOptions { Detector = DetectorOptions.Live with { Model = "RFD" }, MinSeconds = 0 });
        double[] idle = [5, 0, 7, 0];
        var time = Minute;
        for (; analyzer.State == PodState.Learning; time += Minute)
            analyzer.Observe(idle, time);
        Assert.InRange(analyzer.Observe([6, 0, 7, 0], time += Minute).Score, 0, 1);
        Assert.True(analyzer.Observe([5, 0, 7, 30], time + Minute).Score > 2);
    }

    /// <summary>Metrics that jump now and then make large deviations usual. One that never moved is still an event when it does.</summary>
    [Fact]
    public void A_metric_that_never_moved_is_seen_among_restless_ones()
    {
        var random = new Random(5);
        double[] Next() => [.. Enumerable.Range(0, 22).Select(i => i == 21 ? 7.5 : i == 20 ? random.NextDouble() : random.NextDouble() < 0.002 ? 1.0 : 0)];
        var analyzer = new PodAnalyzer(new FeatureMap([.. Enumerable.Range(0, 22).Select(i => Feature.Value(i))]),
            AnalyzerOptions.Live("RFD") with { MinRows = 1000, MinSeconds = 0, MaxTrainingRows = 1000 });
        var time = Minute;
        for (; analyzer.State == PodState.Learning; time += Minute)
            analyzer.Observe(Next(), time);
        var usual = Enumerable.Range(0, 500).Select(_ => analyzer.Observe(Next(), time += Minute)).ToArray();
        Assert.DoesNotContain(usual, seen => seen.AlarmOpen);
        var rows = Enumerable.Range(0, 10).Select(_ =>
        {
            var row = Next();
            row[21] = 9;
            return analyzer.Observe(row, time += Minute);
        }).ToArray();
        Assert.True(rows[^1].AlarmOpen && rows[^1].Score > 2, $"score {rows[^1].Score}, threshold {rows[^1].Threshold}");
    }

    /// <summary>Few rows of many metrics move together by chance. Learnt as directions, that explains training and nothing else, and every pod's alarm opens.</summary>
    [Theory]
    [InlineData(64, null)]
    [InlineData(32, null)]
    [InlineData(64, 5.0)]
    public void Pods_with_nothing_but_noise_are_quiet_after_the_shortest_learning(int metrics, double? learnSeconds)
    {
        const int pods = 40;
        var random = new Random(11);
        var alarms = 0;
        for (var pod = 0; pod < pods; pod++)
        {
            var analyzer = new PodAnalyzer(new FeatureMap([.. Enumerable.Range(0, metrics).Select(slot => Feature.Value(slot))]), AnalyzerOptions.Live("RFD", learnSeconds: learnSeconds, rowSeconds: 1));
            var changes = Enumerable.Range(1, 180).Select(second => analyzer.Observe([.. Enumerable.Range(0, metrics).Select(_ => random.NextDouble())], second * 1_000_000_000L).Change).ToArray();
            Assert.Equal(PodState.Watching, analyzer.State);
            alarms += changes.Contains(AlarmChange.Opened) ? 1 : 0;
        }
        // Of 20 rows to train with, scales too are a guess.
        Assert.InRange(alarms, 0, learnSeconds is null ? 1 : pods / 5);
    }

    [Fact]
    public void Learning_online_turns_the_directions_and_anomalous_rows_do_so_with_probability_eta()
    {
        var rows = new RowMatrix(4);
        var random = new Random(3);
        for (var i = 0; i < 200; i++)
            rows.Add([random.NextDouble(), random.NextDouble(), random.NextDouble(), random.NextDouble()]);
        foreach (var (eta, moves) in ((double, bool)[])[(0, false), (1, true)])
        {
            var detector = new RobustFrequentDirectionsDetector(4, new DetectorOptions { Eta = eta });
            detector.Fit(rows);
            var seen = detector.Sketch.Seen;
            for (var i = 0; i < 50; i++)
            {
                double[] row = [9, 9, 0, 0, 0, 0, 0, 0];
                detector.Score(row, 0);
                detector.Update(row, 0, anomalous: true);
            }
            Assert.Equal(moves, detector.Sketch.Seen > seen);
        }
    }
}
