using MicroView.Analysis;
using MicroView.Protocol;
using static MicroView.Collector.Tests.DirectPods;

namespace MicroView.Collector.Tests;

[Collection(nameof(Alone))] // it halts the process to move objects, which tests with times beside it would feel
public sealed class PodPrefetchTests
{
    private const int Pods = 300, Metrics = 64;

    private static readonly AnalyzerOptions Fast = new()
    {
        MinRows = 20, MinSeconds = 0, Detector = new DetectorOptions { Model = "RFD" },
    };

    [Fact]
    public void Rows_and_scores_are_those_of_a_pod_alone_while_everything_moves()
    {
        var (many, alone) = (CreateLmap(), CreateLmap());
        var crowd = Enumerable.Range(0, Pods).Select(i => Create($"p{i}", Metrics, Fast)).ToArray();
        var (page, single) = Create("alone", Metrics, Fast);
        many.SetPods([.. crowd.Select(pod => pod.Pod)]);
        alone.SetPods([single]);
        var random = new Random(1);
        var row = new double[Metrics];
        for (var round = 1; round <= 60; round++)
        {
            for (var i = 0; i < Metrics; i++)
                row[i] = random.NextDouble();
            foreach (var pod in crowd)
                Write(pod.Page, row, round);
            Write(page, row, round);
            many.ScrapeOnce(round * Millisecond);
            alone.ScrapeOnce(round * Millisecond);
            if (round % 10 == 0)
                GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true); // what is looked up moves, or goes
            if (round == 40)
            {
                crowd[7].Page.Unmap();
                many.SetPods([.. crowd.Where((_, i) => i != 7).Select(pod => pod.Pod)]);
                crowd = [.. crowd.Where((_, i) => i != 7)];
            }
        }
        Assert.Equal(PodState.Watching, single.State);
        Assert.InRange(many.Prefetch.Acted, 1, 59); // a trial has passes with and without
        Assert.Equal(0, alone.Prefetch.Acted);
        Assert.All(crowd, pod => Assert.Equal(single.Score, pod.Pod.Score));
        foreach (var (used, _) in crowd)
            used.Dispose();
        page.Dispose();
    }

    private static void Write(PageObject page, double[] row, int round)
    {
        page.WriteRow(row, round * Millisecond);
        page.Heartbeat++;
    }
}
