using CsCheck;

namespace MicroView.Analysis.Tests;

public sealed class ServiceKnowledgeTests
{
    private const long Tick = 100_000_000;

    private static readonly FeatureMap Map = VaeScene.Map(6);

    private static AnalyzerOptions Options(string model = "FD") =>
        new() { MinRows = 100, MinSeconds = 10, Detector = DetectorOptions.Live with { Model = model, Vae = VaeModel.Untrained(6, 1) } };

    public static TheoryData<string> Models => [.. DetectorRegistry.Names.Where(name => name != "none")];

    [Fact]
    public void Merged_statistics_are_those_of_all_rows() =>
        Gen.Select(Gen.Int[1, 5], Gen.Int[0, 1_000_000]).Sample((parts, seed) =>
        {
            var random = new Random(seed);
            var (all, merged) = (new RunningStatistics(3), new RunningStatistics(3));
            for (var part = 0; part < parts; part++)
            {
                var one = new RunningStatistics(3);
                for (var i = random.Next(40); i > 0; i--)
                {
                    double[] row = [1e9 + part + random.NextDouble(), random.Next(3) == 0 ? double.NaN : random.NextDouble(), part];
                    one.Add(row);
                    all.Add(row);
                }
                merged.Merge(one);
            }
            for (var j = 0; j < 3; j++)
            {
                Assert.Equal(all.Count(j), merged.Count(j));
                Assert.Equal(all.Mean(j), merged.Mean(j), 1e-6);
                Assert.Equal(all.Deviation(j), merged.Deviation(j), 1e-6);
            }
        }, iter: 300);

    /// <summary>While no sketch has shrunk, its covariance is exact, and so must be that of the pool, in the pool's scaling.</summary>
    [Fact]
    public void Sketches_of_pods_that_differ_in_level_and_size_are_pooled_in_one_scaling()
    {
        var options = Options() with { Detector = DetectorOptions.Live with { SketchRows = 1024, Components = 5 } };
        var knowledge = ServiceKnowledge.None;
        var rows = new List<double[]>();
        for (var pod = 0; pod < 3; pod++)
        {
            var random = new Random(pod);
            var lesson = Learn(options, () =>
            {
                var common = random.NextDouble();
                rows.Add([.. Enumerable.Range(0, 6).Select(j => (100 * pod) + (1 + pod) * (common * j + random.NextDouble()))]);
                return rows[^1];
            }, out _);
            knowledge = knowledge.With(lesson);
        }
        var start = knowledge.Start(Map, options)!;
        var sketch = ((FrequentDirectionsDetector)start.Detector).Sketch;
        var expected = new List<double[]>();
        // The first row of each pod only gives the second its difference.
        foreach (var pod in rows.Chunk(rows.Count / 3))
            foreach (var row in pod.Skip(1))
            {
                var z = new double[6];
                start.Scaling.Standardize(row, z);
                expected.Add(z);
            }
        Assert.Equal(expected.Count, sketch.Seen);
        var kept = Enumerable.Range(0, sketch.Count).Select(i => sketch.Row(i).ToArray()).ToList();
        var (wanted, got) = (FrequentDirectionsTests.Covariance(expected, 6), FrequentDirectionsTests.Covariance(kept, 6));
        for (var i = 0; i < 6; i++)
            for (var j = 0; j < 6; j++)
                Assert.Equal(wanted[i, j], got[i, j], 1e-6 * expected.Count);
    }

    [Theory, MemberData(nameof(Models))]
    public void A_new_pod_is_watched_after_a_short_check_by_what_its_siblings_learnt(string model)
    {
        var options = Options(model);
        var (knowledge, random) = (Taught(options, pods: 3), new Random(50));
        var analyzer = new PodAnalyzer(Map, options, knowledge.Start(Map, options));
        var time = 0L;
        Assert.Equal(PodState.Learning, analyzer.Observe(Row(random), time).State);
        for (var i = 1; i <= options.WarmRows; i++)
            Assert.Equal(i < options.WarmRows || Elapsed(i) < 1 ? PodState.Learning : PodState.Watching, analyzer.Observe(Row(random), time += Tick).State);
        analyzer.Observe(Row(random), time += Tick);
        Assert.Equal((PodState.Watching, true, 1.0), (analyzer.State, analyzer.IsWarm, analyzer.Progress));
        for (var i = 0; i < 200; i++)
            Assert.False(analyzer.Observe(Row(random), time += Tick).AlarmOpen);
        for (var i = 0; i < 20; i++)
            analyzer.Observe(Row(random, shift: 60), time += Tick);
        Assert.True(analyzer.AlarmOpen);
        var top = new Attribution[1];
        Assert.Equal(1, analyzer.Attribute(top));
        Assert.Equal(2, top[0].Feature);

        static double Elapsed(int rows) => (rows - 1) * Tick / 1e9;
    }

    [Fact]
    public void A_pod_unlike_its_siblings_learns_from_its_own_rows()
    {
        var options = Options();
        var (knowledge, random, time) = (Taught(options, pods: 3), new Random(51), 0L);
        var analyzer = new PodAnalyzer(Map, options, knowledge.Start(Map, options));
        for (var i = 0; i < 102; i++)
        {
            Assert.Equal(PodState.Learning, analyzer.State);
            analyzer.Observe(Row(random, shift: 500), time += Tick);
        }
        Assert.Equal((PodState.Watching, false), (analyzer.State, analyzer.IsWarm));
        for (var i = 0; i < 100; i++)
            Assert.False(analyzer.Observe(Row(random, shift: 500), time += Tick).AlarmOpen);
    }

    [Fact]
    public void A_pod_that_is_busy_while_it_starts_up_is_warm_once_it_is_like_its_siblings()
    {
        var options = Options();
        var (knowledge, random, time) = (Taught(options, pods: 2), new Random(52), 0L);
        var analyzer = new PodAnalyzer(Map, options, knowledge.Start(Map, options));
        for (var i = 0; i < 30; i++)
            Assert.False(analyzer.Observe(Row(random, shift: 200), time += Tick).AlarmOpen);
        Assert.Equal(PodState.Learning, analyzer.State);
        for (var i = 0; i < 24; i++)
            analyzer.Observe(Row(random), time += Tick);
        Assert.True(analyzer.IsWarm);
    }

    [Fact]
    public void Only_the_newest_lessons_count_and_the_rows_stay_bounded()
    {
        var options = Options();
        var knowledge = ServiceKnowledge.None;
        Assert.Null(knowledge.Start(Map, options));
        for (var pod = 0; pod < ServiceKnowledge.MaxPods + 3; pod++)
        {
            var random = new Random(pod);
            // The first three ran an old version, 1000 higher.
            knowledge = knowledge.With(Learn(options, () => Row(random, shift: pod < 3 ? 1000 : 0), out _));
            Assert.Equal(Math.Min(pod + 1, ServiceKnowledge.MaxPods), knowledge.Pods);
        }
        Assert.InRange(knowledge.Start(Map, options)!.Scaling.Mean(2), 0, 10);
    }

    [Fact]
    public void The_same_lessons_give_the_same_start()
    {
        var options = Options();
        var (first, second) = (Taught(options, 3).Start(Map, options)!, Taught(options, 3).Start(Map, options)!);
        Assert.NotSame(first.Detector, second.Detector);
        Assert.Equal(first.Detector.Threshold, second.Detector.Threshold);
        Assert.Equal(SketchBytes.Write(((FrequentDirectionsDetector)first.Detector).Sketch), SketchBytes.Write(((FrequentDirectionsDetector)second.Detector).Sketch));
    }

    [Fact]
    public void Other_features_are_refused_with_both_numbers()
    {
        var options = Options();
        var knowledge = Taught(options, 1);
        Assert.Contains("7 features, the lessons 6", Assert.Throws<ArgumentException>(() => knowledge.Start(VaeScene.Map(7), options)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new PodAnalyzer(VaeScene.Map(7), options, knowledge.Start(Map, options)));
        var wide = new PodAnalyzer(VaeScene.Map(7), options);
        PodLesson? lesson = null;
        wide.Learnt = learnt => lesson = learnt;
        var random = new Random(1);
        for (var i = 0; i <= 101; i++)
            wide.Observe([.. Row(random), 1], i * Tick);
        Assert.Throws<ArgumentException>(() => knowledge.With(lesson!));
    }

    [Fact]
    public void A_metric_that_only_some_siblings_have_seen_is_taken_from_those()
    {
        var options = Options();
        var random = new Random(3);
        var blind = Learn(options, () => [.. Row(random)[..5], double.NaN], out _);
        var seeing = Learn(options, () => Row(random), out _);
        var start = ServiceKnowledge.None.With(blind).With(seeing).Start(Map, options)!;
        Assert.True(double.IsFinite(start.Scaling.Deviation(5)));
        Assert.InRange(start.Detector.Threshold, 0, 1e6);
    }

    private static ServiceKnowledge Taught(AnalyzerOptions options, int pods)
    {
        var knowledge = ServiceKnowledge.None;
        for (var pod = 0; pod < pods; pod++)
        {
            var random = new Random(pod);
            knowledge = knowledge.With(Learn(options, () => Row(random), out var analyzer));
            Assert.False(analyzer.IsWarm);
        }
        return knowledge;
    }

    private static PodLesson Learn(AnalyzerOptions options, Func<double[]> row, out PodAnalyzer analyzer)
    {
        PodLesson? lesson = null;
        analyzer = new PodAnalyzer(Map, options) { Learnt = learnt => lesson = learnt };
        for (var time = 0L; lesson is null; time += Tick)
            analyzer.Observe(row(), time);
        return lesson;
    }

    /// <summary>Six gauges, two of them together; <paramref name="shift"/> moves the third.</summary>
    private static double[] Row(Random random, double shift = 0)
    {
        var common = random.NextDouble();
        return [common + 0.1 * random.NextDouble(), 2 * common, shift + random.NextDouble(), 5, random.NextDouble(), 100 + 10 * random.NextDouble()];
    }
}
