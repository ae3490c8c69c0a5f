namespace MicroView.Analysis.Tests;

/// <summary>What happens to pods in real life, through the whole pipeline, for each detector that judges by z-scores.</summary>
public sealed class PodConditionsTests
{
    private const long Tick = 100_000_000;

    // Two counters, two gauges, a gauge that never moves, a histogram (buckets 5 and 6, sum 7), another counter.
    private static readonly Feature[] Features =
    [
        Feature.Rate(0), Feature.Rate(1), Feature.Value(2), Feature.Value(3), Feature.Value(4, resolution: 1),
        Feature.HistogramRate([5, 6]), Feature.HistogramMean([5, 6], 7), Feature.Rate(8),
    ];

    private readonly Random _random = new(42);
    private readonly double[] _slots = new double[10];
    private long _time;

    public static TheoryData<string> Models => ["TH", "FD", "VAE"];

    private static AnalyzerOptions Options(string model, int features = 8, bool online = false) => new()
    {
        MinRows = 150, MinSeconds = 10, UpdateOnline = online,
        // 3 would be passed by one normal row in forty of eight metrics.
        Detector = DetectorOptions.Live with { Model = model, ZLimit = 6, Vae = VaeModel.Untrained(features, 3) },
    };

    [Theory, MemberData(nameof(Models))]
    public void A_restarted_process_whose_counters_begin_at_zero_raises_no_alarm(string model)
    {
        var analyzer = Learnt(model);
        for (var restart = 0; restart < 5; restart++)
        {
            foreach (var counter in new[] { 0, 1, 5, 6, 7, 8 })
                _slots[counter] = 0;
            Quiet(analyzer, 60);
        }
    }

    [Theory, MemberData(nameof(Models))]
    public void A_counter_that_loses_a_part_costs_one_row_and_no_alarm(string model)
    {
        var analyzer = Learnt(model);
        // A sum over processes, one of which has ended: the fall is taken for a reset, and what is left for an increase.
        _slots[0] = 1e9;
        Assert.True(Next(analyzer).Anomalous);
        _slots[0] = 0.9e9;
        Assert.True(Next(analyzer).Anomalous);
        Quiet(analyzer, 60);
    }

    [Theory, MemberData(nameof(Models))]
    public void A_metric_that_stood_still_may_tremble_within_its_resolution_and_alarms_beyond(string model)
    {
        var analyzer = Learnt(model);
        for (var i = 0; i < 60; i++)
            Assert.False(Next(analyzer, slots => slots[4] += i % 2).AlarmOpen);
        AssertAlarm(analyzer, slots => slots[4] = 60, feature: 4);
    }

    [Theory, MemberData(nameof(Models))]
    public void A_metric_that_is_missing_half_of_the_time_is_judged_when_it_is_there(string model)
    {
        var analyzer = Learnt(model, change: slots => slots[3] = _random.Next(2) == 0 ? double.NaN : slots[3]);
        for (var i = 0; i < 100; i++)
            Assert.False(Next(analyzer, slots => slots[3] = i % 3 == 0 ? double.NaN : slots[3]).AlarmOpen);
        AssertAlarm(analyzer, slots => slots[3] = 500, feature: 3);
        Settle(analyzer);
        // Gone for good: counted, and no reason for an alarm.
        var missing = analyzer.MissingValues;
        for (var i = 0; i < 100; i++)
            Assert.False(Next(analyzer, slots => slots[3] = double.NaN).AlarmOpen);
        Assert.InRange(analyzer.MissingValues - missing, 100, 130); // now and then the histogram has no observation, and so no mean
    }

    [Theory]
    [InlineData("TH", false)]
    [InlineData("FD", false)]
    [InlineData("FD", true)]
    [InlineData("VAE", false)]
    public void Values_that_are_not_finite_leave_nothing_behind(string model, bool online)
    {
        var analyzer = Learnt(model, online);
        foreach (var bad in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.MaxValue, double.MinValue })
            for (var slot = 0; slot < 9; slot++)
            {
                var seen = Next(analyzer, slots => slots[slot] = bad);
                Assert.InRange(seen.Score, 0, double.MaxValue);
                for (var i = 0; i < 12; i++)
                    Assert.InRange(Next(analyzer).Score, 0, double.MaxValue);
                Assert.False(analyzer.AlarmOpen);
            }
        for (var i = 0; i < 30; i++)
            Assert.InRange(Next(analyzer, slots => Array.Fill(slots, double.NaN)).Score, 0, double.MaxValue);
        Settle(analyzer);
        Quiet(analyzer, 50);
        AssertAlarm(analyzer, slots => slots[2] = 300, feature: 2);
    }

    [Theory, MemberData(nameof(Models))]
    public void Not_finite_values_in_training_are_left_out_of_it(string model)
    {
        var analyzer = Learnt(model, change: slots =>
        {
            if (_random.Next(8) == 0)
                slots[_random.Next(9)] = _random.Next(2) == 0 ? double.NaN : double.PositiveInfinity;
        });
        Assert.All(Enumerable.Range(0, 8), feature => Assert.True(double.IsFinite(analyzer.Scaling!.Mean(feature))));
        Quiet(analyzer, 100);
        AssertAlarm(analyzer, slots => slots[2] = 300, feature: 2);
    }

    /// <summary>None of the three follows a drift: its alarm names the metric, ends with it, and learning again takes the new level.</summary>
    [Theory, MemberData(nameof(Models))]
    public void A_drift_is_an_alarm_of_its_metric_that_ends_when_it_turns_back_or_is_learnt(string model)
    {
        var analyzer = Learnt(model);
        var rows = 0;
        for (; rows < 2000 && !analyzer.AlarmOpen; rows++)
            Assert.InRange(Next(analyzer, slots => slots[2] += 0.01 * rows).Score, 0, double.MaxValue);
        Assert.True(analyzer.AlarmOpen);
        Assert.Equal(2, Top(analyzer));
        for (; rows > 0; rows--)
            Next(analyzer, slots => slots[2] += 0.01 * rows);
        Settle(analyzer);
        Assert.False(analyzer.AlarmOpen);
        for (var i = 0; i < 30; i++)
            Next(analyzer, slots => slots[2] += 50);
        Assert.True(analyzer.AlarmOpen);
        analyzer.Relearn();
        Assert.Equal(AlarmChange.Closed, Next(analyzer, slots => slots[2] += 50).Change);
        for (var i = 0; i < 400; i++)
            Assert.False(Next(analyzer, slots => slots[2] += 50).AlarmOpen);
        Assert.Equal(PodState.Watching, analyzer.State);
    }

    /// <summary>Metrics that drift together become a direction of the sketch, if rows are absorbed before they are far out.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_sketch_that_learns_online_follows_a_drift_that_metrics_share(bool online)
    {
        var analyzer = Learnt("FD", online);
        var alarmed = false;
        for (var i = 0; i < 4000 && !alarmed; i++)
            alarmed = Next(analyzer, slots => (slots[2], slots[3]) = (slots[2] + 0.002 * i, slots[3] + 0.01 * i)).AlarmOpen;
        Assert.Equal(!online, alarmed);
    }

    [Theory, MemberData(nameof(Models))]
    public void A_pod_whose_metrics_change_learns_the_new_ones_and_keeps_its_rates(string model)
    {
        var analyzer = Learnt(model);
        // One metric retired, two new, and another order: what is left of the old keeps its differences.
        Feature[] changed = [Feature.Rate(1), Feature.Value(2), Feature.Rate(0), Feature.Value(9), Feature.Value(4, resolution: 1), Feature.HistogramMean([5, 6], 7), Feature.Rate(8), Feature.HistogramRate([5, 6])];
        analyzer.Extend(new FeatureMap(changed));
        Assert.Equal(PodState.Learning, analyzer.State);
        Assert.Equal(0, Next(analyzer).Missing);
        for (var i = 0; i < 200; i++)
            Next(analyzer);
        Assert.Equal(PodState.Watching, analyzer.State);
        Quiet(analyzer, 100);
        AssertAlarm(analyzer, slots => slots[9] = 400, feature: 3);
    }

    [Fact]
    public void A_pod_of_a_trained_network_that_grows_is_watched_on_from_the_next_row()
    {
        string[] names = ["a", "b", "c"];
        var model = VaeScene.Model(2, names: ["c", "a"], threshold: 20);
        var options = new AnalyzerOptions { Detector = DetectorOptions.Live with { Model = "VAE" } };
        var map = VaeScene.Map(3);
        var analyzer = new PodAnalyzer(map, options, VaeFit.Start(model, map, names, options.Detector, out _));
        Assert.Equal(PodState.Watching, analyzer.State);
        Assert.Equal(RowOutcome.First, analyzer.Observe([11, 1, 10], 0).Row);
        for (var i = 1; i < 20; i++)
            analyzer.Observe([90, 1, 10], i * Tick);
        Assert.True(analyzer.AlarmOpen);
        var grown = VaeScene.Map(4);
        analyzer.Extend(grown, VaeFit.Start(model, grown, [.. names, "d"], options.Detector, out _));
        var seen = analyzer.Observe([90, 1, 10, 5], 20 * Tick);
        Assert.Equal((PodState.Watching, AlarmChange.Closed, true), (seen.State, seen.Change, seen.Anomalous));
        for (var i = 21; i < 30; i++)
            analyzer.Observe([90, 1, 10, 5], i * Tick);
        Assert.True(analyzer.AlarmOpen);
        Assert.Equal(0, Top(analyzer));
    }

    private PodAnalyzer Learnt(string model, bool online = false, Action<double[]>? change = null)
    {
        var analyzer = new PodAnalyzer(new FeatureMap(Features), Options(model, online: online));
        for (var i = 0; i < 1000 && analyzer.State == PodState.Learning; i++)
            Next(analyzer, change);
        Assert.Equal(PodState.Watching, analyzer.State);
        return analyzer;
    }

    /// <summary>The next row; <paramref name="change"/> is what a reader sees of it, not what the pod goes on from.</summary>
    private Observation Next(PodAnalyzer analyzer, Action<double[]>? change = null)
    {
        var load = 1 + _random.NextDouble();
        _slots[0] += load + 0.2 * _random.NextDouble();
        _slots[1] += 2 * load + 0.2 * _random.NextDouble();
        _slots[2] = 10 + _random.NextDouble();
        _slots[3] = 5 * load + _random.NextDouble();
        _slots[4] = 7;
        var (fast, slow) = (_random.Next(3), _random.Next(3));
        (_slots[5], _slots[6], _slots[7]) = (_slots[5] + fast, _slots[6] + slow, _slots[7] + 0.1 * fast + 0.5 * slow);
        _slots[8] += _random.Next(4);
        _slots[9] = 20 + _random.NextDouble();
        var seen = (double[])_slots.Clone();
        change?.Invoke(seen);
        return analyzer.Observe(seen, _time += Tick);
    }

    private void Quiet(PodAnalyzer analyzer, int rows)
    {
        for (var i = 0; i < rows; i++)
            Assert.False(Next(analyzer).AlarmOpen);
    }

    private void Settle(PodAnalyzer analyzer)
    {
        for (var i = 0; i < 60; i++)
            Next(analyzer);
    }

    private void AssertAlarm(PodAnalyzer analyzer, Action<double[]> change, int feature)
    {
        for (var i = 0; i < 20; i++)
            Next(analyzer, change);
        Assert.True(analyzer.AlarmOpen);
        Assert.Equal(feature, Top(analyzer));
    }

    private static int Top(PodAnalyzer analyzer)
    {
        var top = new Attribution[1];
        Assert.Equal(1, analyzer.Attribute(top));
        return top[0].Feature;
    }
}
