using MicroView.Protocol;
using static MicroView.Collector.Tests.CollectorScene;
using static MicroView.Collector.Tests.TestBook;

namespace MicroView.Collector.Tests;

/// <summary>A whole collector before a real Prometheus that takes nothing out of order.</summary>
[Trait("group", "slow")]
public sealed class RealReceiverTests
{
    private static readonly TimeSpan s_baseline = TimeSpan.FromSeconds(2), s_recorder = TimeSpan.FromSeconds(3), s_hold = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task The_seconds_before_an_alarm_are_in_prometheus_at_full_resolution_and_quiet_times_at_the_baseline()
    {
        await using var prometheus = await PrometheusReceiver.StartAsync();
        await using var scene = await StartAsync(With(prometheus));
        var events = Events(scene);
        using var pod = new TimedPod(scene, "p");
        await UntilAsync(() => scene.Pod("p") is { State: Analysis.PodState.Watching }, "learning", 60);
        await Task.Delay(8000);
        pod.IsOdd = true;
        await UntilAsync(() => { lock (events) return events.Any(change => change.Transition == AlarmTransition.Opened); }, "the alarm", 60);
        await Task.Delay(1000);
        pod.IsOdd = false;
        await UntilAsync(() => { lock (events) return events.Any(change => change.Transition == AlarmTransition.Closed); }, "its end", 60);
        await Task.Delay(9000);
        pod.Dispose();
        await scene.DisposeAsync(); // delivers what is left

        var samples = (await prometheus.SamplesAsync("time_ms{pod=\"p\"}")).Single().Value;
        var (opened, closed) = (MsOf(events, AlarmTransition.Opened), MsOf(events, AlarmTransition.Closed));
        AssertEachIsWhatWasWritten(samples);
        var rows = pod.Rows;
        AssertFull(samples, rows, opened - s_recorder.TotalMilliseconds + 5, closed + s_hold.TotalMilliseconds - 5);
        var before = samples.Where(sample => sample.Value < opened - s_recorder.TotalMilliseconds - 5).ToArray();
        var after = samples.Where(sample => sample.Value > closed + s_hold.TotalMilliseconds + 100).ToArray();
        AssertBaseline(before);
        AssertBaseline(after);
        Assert.True(before.Length >= 2 && after.Length >= 2, $"{before.Length} before, {after.Length} after");
        // A baseline sample was due within the recorder's window, and is a row of it.
        Assert.True(s_baseline < s_recorder);
        var dropped = scene.Collector.Samples!.Statistics;
        Assert.All(Enum.GetValues<DropReason>(), reason => Assert.Equal((reason, 0L), (reason, dropped.Dropped(reason))));
        Assert.InRange(dropped.SentRatio, 0.01, 0.9);
        // The alarm itself, and what explains it, are there as well.
        Assert.Contains((await prometheus.SamplesAsync("microview_alarm{pod=\"p\"}")).Single().Value, sample => sample.Value == 1);
        Assert.Contains((await prometheus.SamplesAsync("microview_attribution{pod=\"p\"}")).Keys, series => series.Contains("metric=odd", StringComparison.Ordinal));
        Assert.DoesNotContain("out of order", await prometheus.EndAsync(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_receiver_that_is_killed_and_started_again_disturbs_nothing_else_and_is_delivered_to_again()
    {
        await using var prometheus = await PrometheusReceiver.StartAsync();
        await using var scene = await StartAsync(With(prometheus, "*:full=always"));
        using var pod = new TimedPod(scene, "p");
        var statistics = scene.Collector.Samples!.Statistics;
        await UntilAsync(() => statistics.Sent > 500, "samples", 60);
        await prometheus.KillAsync();
        var (scrapes, retries) = (scene.Collector.Statistics[0].Scrapes, statistics.Retries);
        await UntilAsync(() => statistics.Retries > retries, "a retry", 60);
        // Pods are read, and exposed, as before.
        await UntilAsync(() => scene.Collector.Statistics[0].Scrapes > scrapes + 100, "scrapes");
        var first = await scene.ValueAsync("time_ms{pod=\"p\"}");
        await UntilAsync(async () => await scene.ValueAsync("time_ms{pod=\"p\"}") > first, "a newer value at the endpoint");
        Assert.True(await scene.ValueAsync("microview_remote_write_retries_total") > retries);
        await UntilAsync(async () => await scene.ValueAsync("microview_remote_write_lag_seconds") > 0.5, "lag");
        await prometheus.RestartAsync();
        var sent = statistics.Sent;
        await UntilAsync(() => statistics.Sent > sent + 1000, "deliveries", 60);
        pod.Dispose();
        await scene.DisposeAsync();

        var samples = (await prometheus.SamplesAsync("time_ms{pod=\"p\"}")).Single().Value;
        AssertEachIsWhatWasWritten(samples);
        var lost = Enum.GetValues<DropReason>().Sum(statistics.Dropped);
        if (lost == 0)
            AssertFull(samples, pod.Rows, samples[0].Value, samples[^1].Value);
        else
            Assert.Equal(lost, statistics.Dropped(DropReason.Rejected)); // taken when it was killed, told when it was there again
    }

    private static CollectorOptions With(PrometheusReceiver prometheus, params string[] rules) => Quick with
    {
        Tick = TimeSpan.FromMilliseconds(20),
        Analysis = Quick.Analysis with { MinRows = 60, MinSeconds = 3, Detector = Quick.Analysis.Detector with { Model = "TH" } },
        Samples = new() { RemoteWrite = prometheus.Address, Baseline = s_baseline, Recorder = s_recorder, Hold = s_hold, Rules = [.. rules.Select(SampleRule.Parse)] },
    };

    private static List<AlarmEvent> Events(CollectorScene scene)
    {
        var events = new List<AlarmEvent>();
        scene.Collector.AlarmChanged += change => { lock (events) events.Add(change); };
        return events;
    }

    private static double MsOf(List<AlarmEvent> events, AlarmTransition transition) => events.First(change => change.Transition == transition).RowTimeNs / 1_000_000;

    /// <summary>A row's value is its own time: what the monotonic and the wall clock differ by is the same for all, but for the wall clock's being set.</summary>
    private static void AssertEachIsWhatWasWritten((double Value, long Ms)[] samples)
    {
        Assert.All(samples.Zip(samples.Skip(1)), pair => Assert.True(pair.First.Ms < pair.Second.Ms));
        Assert.InRange(samples.Max(sample => sample.Ms - sample.Value) - samples.Min(sample => sample.Ms - sample.Value), 0, 500);
    }

    /// <summary>Each row that was written in a stretch of time is there, but for those that the collector never read.</summary>
    private static void AssertFull((double Value, long Ms)[] samples, double[] rows, double from, double to)
    {
        var there = samples.Select(sample => sample.Value).Where(value => value >= from && value <= to).ToArray();
        var written = rows.Where(row => row >= from && row <= to).ToArray();
        Assert.Subset(written.ToHashSet(), there.ToHashSet());
        Assert.InRange(there.Length, written.Length * 0.9, written.Length);
    }

    private static void AssertBaseline((double Value, long Ms)[] samples) =>
        Assert.All(samples.Zip(samples.Skip(1)), pair => Assert.InRange(pair.Second.Value - pair.First.Value, s_baseline.TotalMilliseconds * 0.8, s_baseline.TotalMilliseconds * 1.5));

    /// <summary>A pod that writes a row every 20 ms, with the row's own time as a value.</summary>
    private sealed class TimedPod : IDisposable
    {
        private readonly TestPod _pod;
        private readonly Thread _thread;
        private readonly List<double> _rows = [];
        private volatile bool _stop;

        public TimedPod(CollectorScene scene, string name)
        {
            // The time grows, and so is learnt as a counter: its rate is what is judged.
            _pod = scene.Agent.Join(name, Gauge("odd", 0.5), new SlotDescriptor { Name = "time_ms", Type = MetricType.Counter });
            _thread = new Thread(Write) { IsBackground = true };
            _thread.Start();
        }

        public volatile bool IsOdd;

        public double[] Rows { get { lock (_rows) return [.. _rows]; } }

        public void Dispose()
        {
            _stop = true;
            _thread.Join();
        }

        private void Write()
        {
            var random = new Random(5);
            while (!_stop)
            {
                var ms = Clocks.MonotonicNs / 1_000_000;
                lock (_rows)
                    _rows.Add(ms);
                _pod.Object.WriteRow([random.NextDouble() + (IsOdd ? 1000 : 0), ms], ms * 1_000_000);
                Thread.Sleep(20);
            }
        }
    }
}
