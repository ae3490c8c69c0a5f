using MicroView.Analysis;

namespace MicroView.Analysis.Tests;

public sealed class PodAnalyzerTests
{
    private const long Tick = 100_000_000;

    private static readonly FeatureMap Process = new([
        Feature.Rate(0, resolution: 0.02), Feature.Value(1, resolution: 1 << 20), Feature.Rate(2, resolution: 10),
        Feature.Value(3, resolution: 1), Feature.Rate(4, resolution: 10)]);

    private static AnalyzerOptions Options(Normalization normalization = Normalization.None) =>
        new() { MinRows = 60, MinSeconds = 6, Detector = new DetectorOptions { Normalization = normalization } };

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
}
