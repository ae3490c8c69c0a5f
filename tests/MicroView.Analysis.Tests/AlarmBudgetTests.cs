using MicroView.Analysis;

namespace MicroView.Analysis.Tests;

/// <summary>Whole days of pods that nothing happens to, at three intervals.</summary>
public sealed class AlarmBudgetTests
{
    private const int Metrics = 12;

    private static readonly FeatureMap Map = new([.. Enumerable.Range(0, Metrics).Select(i => Feature.Value(i))]);

    /// <summary>
    /// Autocorrelated, heavy-tailed, partly moving together, drifting over the day: what a healthy pod does. <paramref name="seconds"/> decides how much of it
    /// happens in one row.
    /// </summary>
    private sealed class HealthyPod(int seed, double seconds)
    {
        private readonly Random _random = new(seed);
        private readonly double[] _slow = new double[Metrics];
        private double _shared;
        private double _time;

        public void Next(double[] row)
        {
            _time += seconds;
            var keep = Math.Exp(-seconds / 5);
            _shared = keep * _shared + Math.Sqrt(1 - keep * keep) * Gauss();
            for (var i = 0; i < Metrics; i++)
            {
                _slow[i] = keep * _slow[i] + Math.Sqrt(1 - keep * keep) * Gauss();
                var heavy = Gauss() / Math.Sqrt((Square() + Square() + Square() + Square()) / 4); // Student's t, 4 degrees of freedom
                var day = i % 4 == 0 ? 2 * Math.Sin(2 * Math.PI * _time / 86400) : 0;
                row[i] = 100 + 10 * (0.6 * heavy + 0.6 * _slow[i] + (i % 3 == 0 ? 0.8 * _shared : 0) + day);
            }
        }

        private double Square() => Gauss() is var g ? g * g : 0;

        private double Gauss() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
    }

    [Theory]
    [InlineData("RFD", 60, 30, 7200)]
    [InlineData("RFD", 1, 6, 600)]
    [InlineData("RFD", 0.1, 2, 120)]
    [InlineData("TH", 1, 4, 600)]
    [Trait("group", "slow")]
    public void A_budget_of_one_a_day_holds_on_rows_that_were_not_learnt(string model, double seconds, int pods, double learn)
    {
        var alarms = 0;
        for (var pod = 0; pod < pods; pod++)
            alarms += Day(model, seconds, learn, pod, _ => false).Alarms;
        // Poisson: more than mean + 3 deviations is no chance.
        Assert.True(alarms <= pods + 3 * Math.Sqrt(pods), $"{alarms} alarms in {pods} days of a pod");
        TestContext.Current.TestOutputHelper?.WriteLine($"{model} {seconds} s: {alarms} alarms in {pods} days");
    }

    [Theory]
    [InlineData(60, 7200, 10)]
    [InlineData(1, 600, 60)]
    [InlineData(0.1, 120, 60)]
    public void An_event_of_many_scales_still_alarms_within_a_few_rows(double seconds, double learn, int rows)
    {
        var first = (int)((learn + 20000) / seconds);
        first = Math.Min(first, (int)(learn / seconds) + 20000);
        var day = Day("RFD", seconds, learn, 77, row => row >= first && row < first + rows, first + rows);
        TestContext.Current.TestOutputHelper?.WriteLine($"{seconds} s: threshold {day.Threshold:F2}, score {day.Score:F2}, opened {day.OpenedAt - first}");
        Assert.InRange(day.OpenedAt, first + 1, first + rows);
    }

    [Fact]
    public void More_false_alarms_are_allowed_at_a_lower_threshold()
    {
        var few = new AlarmBudget(0.1, new AlarmOptions());
        var many = new AlarmBudget(100, new AlarmOptions());
        double[] training = [.. Enumerable.Range(0, 100).Select(i => i / 100.0)];
        few.Start(training, 0);
        many.Start(training, 0);
        Assert.True(few.Threshold > many.Threshold);
        Assert.True(many.Threshold > 0.9);
    }

    [Fact]
    public void A_budget_is_above_nothing() => Assert.Throws<ArgumentOutOfRangeException>(() => new AlarmBudget(0, new AlarmOptions()));

    [Fact]
    public void An_event_is_judged_by_what_was_known_before_it_and_moves_the_threshold_little()
    {
        var budget = new AlarmBudget(1, new AlarmOptions());
        var random = new Random(5);
        budget.Start([.. Enumerable.Range(0, 200).Select(_ => random.NextDouble())], 1);
        var time = 1L;
        for (var i = 0; i < 5000; i++, time += 1_000_000_000)
            budget.Observe(random.NextDouble(), time);
        var before = budget.Threshold;
        for (var i = 0; i < 100; i++, time += 1_000_000_000)
            budget.Observe(1e6, time);
        for (var i = 0; i < 100; i++, time += 1_000_000_000)
            budget.Observe(random.NextDouble(), time);
        Assert.InRange(budget.Threshold, before, 1.5 * before + 1);
    }

    /// <summary>An hour of incidents must not blind a pod for the day; what alarms each ten minutes is no incident.</summary>
    [Theory]
    [InlineData(6, 90, 1, 3)]
    [InlineData(40, 600, 8, 1000)]
    public void Six_incidents_in_nine_minutes_are_believed_and_forty_in_seven_hours_are_not(int incidents, int everySeconds, double leastFactor, double mostFactor)
    {
        var budget = new AlarmBudget(1, new AlarmOptions()) { SecondsPerRow = 1 };
        var random = new Random(6);
        double Usual() => Math.Max(0, -Math.Log(1 - random.NextDouble()) / 5);
        budget.Start([.. Enumerable.Range(0, 200).Select(_ => Usual())], 1);
        var time = 1L;
        void Observe(int seconds, Func<double> score)
        {
            for (var i = 0; i < seconds; i++, time += 1_000_000_000)
                budget.Observe(score(), time);
        }
        Observe(60, Usual);
        var before = budget.Threshold;
        for (var i = 0; i < incidents; i++)
        {
            Observe(20, () => 30 + random.NextDouble());
            Observe(everySeconds - 20, Usual);
        }
        Assert.InRange(budget.Threshold, leastFactor * before, mostFactor * before);
    }

    [Fact]
    public void A_clock_that_restarts_and_scores_that_are_all_alike_are_no_trouble()
    {
        var budget = new AlarmBudget(1, new AlarmOptions()) { SecondsPerRow = 1 };
        budget.Start(new double[50], 1);
        Assert.True(budget.Threshold >= 1);
        foreach (var time in (long[])[5, 6, 7, 1, 2, 3, 100_000_000_000, 100_000_000_001])
            budget.Observe(0, time);
        Assert.InRange(budget.Threshold, 1, 10);
    }

    private static (int Alarms, int OpenedAt, double Threshold, double Score) Day(string model, double seconds, double learn, int seed, Func<int, bool> isEvent, int? rows = null)
    {
        var pod = new HealthyPod(seed, seconds);
        var analyzer = new PodAnalyzer(Map, new AnalyzerOptions { Detector = DetectorOptions.Live with { Model = model }, FalseAlarmsPerDay = 1, MinSeconds = learn });
        var row = new double[Metrics];
        var (alarms, openedAt, seen) = (0, -1, default(Observation));
        var last = rows ?? (int)((86400 + learn) / seconds);
        for (var i = 0; i < last; i++)
        {
            pod.Next(row);
            for (var metric = 3; metric < 6 && isEvent(i); metric++)
                row[metric] += 300;
            seen = analyzer.Observe(row, (long)((i + 1) * seconds * 1e9));
            if (seen.Change != AlarmChange.Opened)
                continue;
            alarms++;
            openedAt = i;
        }
        return (alarms, openedAt, seen.Threshold, seen.Score);
    }
}
