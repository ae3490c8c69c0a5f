using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using MicroView.Analysis;

namespace MicroView.Collector.Tests;

public sealed class DecisionLogTests
{
    private static readonly AnalyzerOptions s_analysis = CollectorScene.Quick.Analysis;

    [Fact]
    public void Numbers_come_back_as_the_same_doubles_and_names_as_they_were()
    {
        double[] hard = [1 / 3.0, double.Epsilon, double.MaxValue, 1e-300, double.BitIncrement(3), double.PositiveInfinity, 0];
        var (_, pod) = DirectPods.Create("a \"b\", c", 1, s_analysis);
        var path = Path.GetTempFileName();
        using (var log = new DecisionLog(path, 1, CollectorClock.Live, isReplay: false, NullLogger.Instance))
        {
            log.Start();
            foreach (var (i, value) in hard.Index())
            {
                pod.RowTimeNs = i;
                log.Of(0).Take(pod, Seen(value, value, alarm: i % 2 == 1), 0);
            }
        }
        var lines = File.ReadAllLines(path);
        Assert.Equal("time_ns,pod,score,threshold,anomalous,alarm", lines[0]);
        Assert.Equal(hard.Length, lines.Length - 1);
        foreach (var (i, line) in lines.Skip(1).Index())
        {
            Assert.Contains(",\"a \"\"b\"\", c\",", line, StringComparison.Ordinal);
            var fields = line.Split(',');
            Assert.Equal(CollectorClock.Live.UnixNs(i), long.Parse(fields[0], CultureInfo.InvariantCulture));
            Assert.Equal(hard[i], double.Parse(fields[^4], CultureInfo.InvariantCulture));
            Assert.Equal(hard[i], double.Parse(fields[^3], CultureInfo.InvariantCulture));
            Assert.Equal((i % 2).ToString(CultureInfo.InvariantCulture), fields[^1]);
        }
        File.Delete(path);
    }

    [Fact]
    public void Rows_that_did_not_count_and_pods_without_a_detector_are_not_in_it()
    {
        var (_, pod) = DirectPods.Create("p", 1, s_analysis);
        var ring = new DecisionRing(4, CollectorClock.Live, waits: false);
        ring.Take(pod, Seen(1, 2) with { Row = RowOutcome.First }, 0);
        ring.Take(pod, Seen(1, 2) with { Row = RowOutcome.NotLater }, 0);
        ring.Take(pod, Seen(1, 2) with { State = PodState.Off }, 0);
        Assert.False(ring.TryRead(out _));
    }

    [Fact]
    public async Task A_full_ring_costs_a_live_run_decisions_which_are_counted_and_a_replay_time()
    {
        var (_, pod) = DirectPods.Create("p", 1, s_analysis);
        var live = new DecisionRing(4, CollectorClock.Live, waits: false);
        for (var i = 0; i < 6; i++)
            live.Take(pod, Seen(i, 2), 0);
        Assert.Equal(2, live.Lost);
        for (var i = 0; i < 4; i++)
            Assert.True(live.TryRead(out var decision) && decision.Score == i);

        var replay = new DecisionRing(4, CollectorClock.Live, waits: true);
        var writer = Task.Run(() =>
        {
            for (var i = 0; i < 1000; i++)
                replay.Take(pod, Seen(i, 2), 0);
        }, TestContext.Current.CancellationToken);
        for (var i = 0; i < 1000;)
        {
            if (!replay.TryRead(out var decision))
                continue;
            Assert.Equal(i++, decision.Score);
        }
        await writer;
        Assert.Equal(0, replay.Lost);
        replay.Close(); // the file is gone: nobody waits for it
        for (var i = 0; i < 6; i++)
            replay.Take(pod, Seen(i, 2), 0);
        Assert.Equal(2, replay.Lost);
    }

    [Fact]
    public void A_row_of_another_machine_is_told_in_unix_time_with_exact_distances()
    {
        var clock = new CollectorClock.Replayed(new RecordingHeader(1, 1000, 1_700_000_000_000_000_000, 0, 0));
        var transport = new RecordingTransport();
        transport.Announce([new RecordedSource("p", 1, 1, 1, SharesClock: false)]);
        var layout = new Protocol.PodLayout { Pod = "p", Objects = [new Protocol.ObjectLayout(0, 8192, 1, 7)], Descriptors = [TestBook.Gauge("g")], Slots = 1 };
        using var source = transport.Open(layout, 1, null, []);
        var pod = new MonitoredPod(layout, PodSchema.Compile(layout.Descriptors, []), source, s_analysis);
        var ring = new DecisionRing(4, clock, waits: false);
        foreach (var (row, now) in ((long, long)[])[(77_000, 3000), (77_900, 4100)])
        {
            pod.RowTimeNs = row;
            ring.Take(pod, Seen(1, 2), now);
        }
        Assert.True(ring.TryRead(out var first));
        Assert.True(ring.TryRead(out var second));
        Assert.Equal(1_700_000_000_000_002_000, first.UnixNs);
        Assert.Equal(900, second.UnixNs - first.UnixNs);
    }

    [Fact]
    public void A_file_that_cannot_be_made_is_one_line()
    {
        var error = Assert.Throws<CollectorStartException>(() => new DecisionLog("/nowhere/d.csv", 1, CollectorClock.Live, false, NullLogger.Instance));
        Assert.StartsWith("--decisions: ", error.Message, StringComparison.Ordinal);
    }

    private static Observation Seen(double score, double threshold, bool alarm = false) =>
        new(score, threshold, 0, PodState.Watching, RowOutcome.Accepted, score > threshold, alarm, AlarmChange.None);
}
