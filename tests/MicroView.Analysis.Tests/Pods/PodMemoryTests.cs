using MicroView.Analysis;

namespace MicroView.Analysis.Tests;

/// <summary>What a pod costs while it is watched. Alone: the garbage of tests beside it would be counted.</summary>
[Collection(nameof(PodMemoryTests))]
public sealed class PodMemoryTests
{
    [Theory]
    [InlineData("FD", 5)]
    [InlineData("RFD", 12)]
    public void Three_hundred_pods_of_twenty_metrics_fit_in_few_megabytes(string model, double megabytes)
    {
        var map = new FeatureMap([.. Enumerable.Range(0, 20).Select(i => i % 2 == 0 ? Feature.Rate(i) : Feature.Value(i))]);
        var options = new AnalyzerOptions { MinRows = 60, MinSeconds = 6, Detector = DetectorOptions.Live with { Model = model }, FalseAlarmsPerDay = model == "RFD" ? 1 : null };
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var pods = Enumerable.Range(0, 300).Select(_ => new PodAnalyzer(map, options)).ToArray();
        var (slots, random) = (new double[20], new Random(8));
        for (var row = 0; row < 70; row++)
        {
            for (var i = 0; i < slots.Length; i++)
                slots[i] += random.NextDouble();
            foreach (var pod in pods)
                pod.Observe(slots, row * 100_000_000L);
        }
        Assert.All(pods, pod => Assert.Equal(PodState.Watching, pod.State));
        var held = (GC.GetTotalMemory(forceFullCollection: true) - before) / 1e6;
        TestContext.Current.TestOutputHelper?.WriteLine($"{model}: {held:F1} MB");
        Assert.InRange(held, 0, megabytes);
        GC.KeepAlive(pods);
    }
}

/// <summary>Runs when nothing else does.</summary>
[CollectionDefinition(nameof(PodMemoryTests), DisableParallelization = true)]
public sealed class PodMemoryCollection;
