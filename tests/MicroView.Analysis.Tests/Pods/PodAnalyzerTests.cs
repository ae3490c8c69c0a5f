using MicroView.Analysis;

namespace MicroView.Analysis.Tests;

public sealed class PodAnalyzerTests
{
    private const long Tick = 100_000_000;

    private static readonly FeatureMap Process = new([
        Feature.Rate(0, resolution: 0.02), Feature.Value(1, resolution: 1 << 20), Feature.Rate(2, resolution: 10),
        Feature.Value(3, resolution: 1), Feature.Rate(4, resolution: 10)]);

    private static AnalyzerOptions Options() =>
        new() { MinRows = 60, MinSeconds = 6, Detector = DetectorOptions.Live };

    /// <summary>A process that sleeps, switching contexts now and then; <paramref name="cores"/> are burnt per second.</summary>
    private static void Step(double[] slots, Random random, double cores, double seconds)
    {
        slots[0] += cores * seconds;
        slots[1] = 50e6;
        slots[2] += random.Next(3);
        slots[3] = 4;
        slots[4] += random.Next(2);
    }

    private static PodAnalyzer Learnt(double[] slots, Random random, ref long time, long tick = Tick, AnalyzerOptions? options = null)
    {
        var analyzer = new PodAnalyzer(Process, options ?? Options());
        for (var i = 0; i < 5000 && analyzer.State == PodState.Learning; i++, time += tick)
        {
            Step(slots, random, 0, tick / 1e9);
            analyzer.Observe(slots, time);
        }
        Assert.Equal(PodState.Watching, analyzer.State);
        return analyzer;
    }

    [Theory]
    [InlineData(Tick, 15)]
    [InlineData(10 * Tick, 4)]
    public void Idle_process_that_starts_to_burn_a_core_alarms_in_time_and_names_cpu_first(long tick, int rows)
    {
        var (slots, random, time) = (new double[5], new Random(1), 1L);
        var analyzer = Learnt(slots, random, ref time, tick);
        var opened = 0;
        for (var i = 1; i <= rows && opened == 0; i++, time += tick)
        {
            Step(slots, random, 1, tick / 1e9);
            if (analyzer.Observe(slots, time).Change == AlarmChange.Opened)
                opened = i;
        }
        Assert.InRange(opened, 2, rows);
        var top = new Attribution[3];
        Assert.InRange(analyzer.Attribute(top), 1, 3);
        Assert.Equal(0, top[0].Feature);
        Assert.InRange(top[0].Share, 0.9, 1);
    }

    [Fact]
    public void Idle_daemon_that_does_a_trifle_does_not_alarm()
    {
        var (slots, random, time) = (new double[5], new Random(2), 1L);
        var analyzer = Learnt(slots, random, ref time);
        for (var i = 0; i < 2000; i++, time += Tick)
        {
            Step(slots, random, i % 50 < 10 ? 0.01 : 0, 0.1);
            Assert.False(analyzer.Observe(slots, time).AlarmOpen);
        }
    }

    [Fact]
    public void Watching_allocates_nothing()
    {
        var (slots, random, time) = (new double[5], new Random(3), 1L);
        var analyzer = Learnt(slots, random, ref time, options: Options() with { UpdateOnline = true });
        var top = new Attribution[3];
        for (var round = 0; round < 2; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1000; i++, time += Tick)
            {
                Step(slots, random, i / 500, 0.1);
                analyzer.Observe(slots, time);
                analyzer.Attribute(top);
            }
            // The first round warms up: it may allocate the thread's workspace.
            if (round == 1)
                Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    [Fact]
    public void Learning_takes_enough_rows_and_enough_time_and_shows_how_far_it_is()
    {
        var (slots, random) = (new double[5], new Random(4));
        var analyzer = new PodAnalyzer(Process, Options());
        Assert.Equal(0, analyzer.Progress);
        for (var i = 0; i <= 31; i++)
        {
            Step(slots, random, 0, 0.1);
            Assert.Equal(PodState.Learning, analyzer.Observe(slots, i * Tick).State);
        }
        Assert.Equal(0.5, analyzer.Progress, 0.02);
        Assert.Equal(3, analyzer.RemainingSeconds, 0.05);
        for (var i = 32; analyzer.State == PodState.Learning && i < 1000; i++)
        {
            Step(slots, random, 0, 0.1);
            analyzer.Observe(slots, i * Tick);
        }
        Assert.Equal(61, analyzer.Rows);
        Assert.Equal((1, 0), (analyzer.Progress, analyzer.RemainingSeconds));
        Assert.Equal(3, analyzer.Detector.Threshold);
    }

    [Fact]
    public void A_clock_that_restarts_does_not_undo_the_time_learnt()
    {
        var (slots, random) = (new double[5], new Random(4));
        var analyzer = new PodAnalyzer(Process, Options());
        for (var i = 0; i < 40; i++)
        {
            Step(slots, random, 0, 0.1);
            analyzer.Observe(slots, 1000 * Tick + i * Tick);
        }
        for (var i = 0; i < 40 && analyzer.State == PodState.Learning; i++)
        {
            Step(slots, random, 0, 0.1);
            analyzer.Observe(slots, i * Tick);
        }
        Assert.Equal(PodState.Watching, analyzer.State);
        Assert.Equal(FeatureExtractor.RebaseAfter - 1, analyzer.RejectedRows);
    }

    [Fact]
    public void Missing_and_non_finite_slots_are_counted_and_never_reach_the_score()
    {
        var (slots, random, time) = (new double[5], new Random(5), 1L);
        var analyzer = Learnt(slots, random, ref time);
        foreach (var bad in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity })
        {
            var seen = analyzer.Observe([bad, bad, bad, bad, bad], time += Tick);
            Assert.Equal((5, 0.0, false), (seen.Missing, seen.Score, seen.Anomalous));
        }
        Step(slots, random, 0, 0.1);
        Assert.Equal(3, analyzer.Observe(slots, time += Tick).Missing);
        Assert.Equal(18, analyzer.MissingValues);
        Assert.Equal(RowOutcome.NotLater, analyzer.Observe(slots, time).Row);
        Assert.Equal(1, analyzer.RejectedRows);
    }

    [Fact]
    public void A_pod_whose_metrics_grow_learns_again_without_losing_its_rates_and_closes_its_alarm()
    {
        var (slots, random, time) = (new double[6], new Random(6), 1L);
        var analyzer = Learnt(slots, random, ref time);
        for (var i = 0; i < 10; i++, time += Tick)
        {
            Step(slots, random, 1, 0.1);
            analyzer.Observe(slots, time);
        }
        Assert.True(analyzer.AlarmOpen);
        analyzer.Extend(new FeatureMap([.. Enumerable.Range(0, Process.Count).Select(i => Process[i]), Feature.Rate(5)]));
        Step(slots, random, 1, 0.1);
        var first = analyzer.Observe(slots, time += Tick);
        Assert.Equal(
            (PodState.Learning, RowOutcome.Accepted, AlarmChange.Closed, 1), (first.State, first.Row, first.Change, first.Missing));
        Assert.Equal(AlarmChange.None, analyzer.Observe(slots, time += Tick).Change);
        for (var i = 0; i < 100; i++, time += Tick)
        {
            Step(slots, random, 0, 0.1);
            analyzer.Observe(slots, time + Tick);
        }
        Assert.Equal(PodState.Watching, analyzer.State);
    }

    [Fact]
    public void Without_a_detector_nothing_is_learnt_or_judged()
    {
        var analyzer = new PodAnalyzer(Process, new AnalyzerOptions { Detector = new DetectorOptions { Model = "none" } });
        Assert.Equal(PodState.Off, analyzer.Observe(new double[5], 1).State);
        Assert.Equal(1, analyzer.Progress);
        Assert.Equal(0, analyzer.Attribute(new Attribution[3]));
    }

    [Fact]
    public void Training_rows_stay_bounded_and_spread_over_the_learning_time()
    {
        var training = new TrainingRows(new FeatureMap([Feature.Value(0)]), 16);
        for (var i = 0; i < 1000; i++)
            training.Add([i], i * Tick);
        var (scaling, rows) = training.Finish(0, 0, 0);
        Assert.InRange(rows.Count, 8, 16);
        Assert.Equal(499.5, scaling.Mean(0), 1e-9);
        var kept = Enumerable.Range(0, rows.Count).Select(i => rows[i][0] * scaling.Deviation(0) + scaling.Mean(0)).ToArray();
        for (var i = 0; i < kept.Length; i++)
            Assert.Equal(i * 64, kept[i], 1e-6);
    }

    [Fact]
    public void Attribution_is_sorted_and_bounded_by_one()
    {
        var (slots, random, time) = (new double[5], new Random(9), 1L);
        var analyzer = Learnt(slots, random, ref time);
        slots[0] += 0.1;
        slots[3] += 7;
        slots[4] += 300;
        analyzer.Observe(slots, time + Tick);
        var all = new Attribution[5];
        var count = analyzer.Attribute(all);
        Assert.InRange(count, 3, 5);
        Assert.InRange(all.Sum(a => a.Share), 0.99, 1 + 1e-12);
        for (var i = 1; i < count; i++)
            Assert.True(all[i - 1].Share >= all[i].Share);
        var top = new Attribution[2];
        Assert.Equal(2, analyzer.Attribute(top));
        Assert.Equal(all[..2], top);
    }

    [Fact]
    public void Settings_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new PodAnalyzer(Process, new AnalyzerOptions { MinRows = 1 }));
        Assert.Throws<ArgumentException>(() => new PodAnalyzer(Process, new AnalyzerOptions { MinSeconds = double.NaN }));
        Assert.Throws<ArgumentException>(() => new PodAnalyzer(Process, new AnalyzerOptions { Detector = new() { Model = "x" } }));
        Assert.Throws<ArgumentException>(() => new FeatureMap([]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Feature.Value(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Feature.Value(1, double.NaN));
    }

    /// <summary>
    /// Every metric moves a little, CPU and context switches together: the burn must not hide in a direction that they span.
    /// </summary>
    [Fact]
    public void A_burn_is_seen_and_named_whatever_moved_in_training()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var (slots, random, time) = (new double[5], new Random(seed), 1L);
            var analyzer = new PodAnalyzer(Process, Options());
            void Busy(double burn)
            {
                var work = random.NextDouble() < 0.2 ? random.NextDouble() : 0;
                slots[0] += 0.1 * (work * 0.01 * (seed % 8) + burn + random.NextDouble() * 0.002);
                slots[1] = 50e6 + random.Next(1000) * 4096;
                slots[2] += Math.Round(work * 30) + random.Next(3);
                slots[3] = 4 + random.Next(2);
                slots[4] += random.Next(5);
            }
            for (; analyzer.State == PodState.Learning; time += Tick)
            {
                Busy(0);
                analyzer.Observe(slots, time);
            }
            for (var i = 0; i < 100; i++, time += Tick)
            {
                Busy(0);
                Assert.False(analyzer.Observe(slots, time).AlarmOpen);
            }
            for (var i = 0; i < 15; i++, time += Tick)
            {
                Busy(0.9);
                analyzer.Observe(slots, time);
            }
            Assert.True(analyzer.AlarmOpen, $"seed {seed}");
            var top = new Attribution[1];
            Assert.Equal(1, analyzer.Attribute(top));
            Assert.Equal(0, top[0].Feature);
        }
    }
}
