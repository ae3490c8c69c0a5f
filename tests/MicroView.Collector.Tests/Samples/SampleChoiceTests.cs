using MicroView.Export;
using static MicroView.Collector.Tests.SampleScene;

namespace MicroView.Collector.Tests;

/// <summary>Which rows are sent: by a clock of the test's, so that every sample can be named.</summary>
public sealed class SampleChoiceTests
{
    private const string Series = "m0,pod=p", Second = "m1,pod=p";

    [Fact]
    public void In_quiet_times_a_sample_per_baseline_interval_is_sent_once_it_has_left_the_recorder()
    {
        using var scene = new SampleScene();
        scene.Join("p");
        scene.Run(10_000);
        // The sender meets the pod at 100; the newest row is of 10000, and what is within 2 s of it may still become part of a recorder.
        Assert.Equal([200, 1200, 2200, 3200, 4200, 5200, 6200, 7200], scene.Times(Series));
        Assert.Equal(scene.Times(Series), scene.Times(Second, 1));
    }

    [Fact]
    public void An_alarm_sends_the_window_before_it_at_once_and_everything_until_the_hold_time_is_over()
    {
        using var scene = new SampleScene();
        var pod = scene.Join("p");
        scene.Run(5000);
        Assert.Equal([200, 1200, 2200], scene.Times(Series));
        Alarm(pod, true);
        scene.Run(100);
        // A baseline sample was due at 3200 and 4200, inside the window: they are rows of it now.
        Assert.Equal([200, 1200, 2200, .. Every(100, 3100, 5100)], scene.Times(Series));
        scene.Run(900);
        Assert.Equal(6000, scene.Times(Series)[^1]);
        Alarm(pod, false);
        scene.Run(5000);
        // The last row of the alarm is of 6000; full until 6500; the next sample a baseline interval behind that.
        Assert.Equal([200, 1200, 2200, .. Every(100, 3100, 6500), 7500, 8500], scene.Times(Series));
        scene.Finish();
        Assert.Equal([.. Every(100, 3100, 6500), 7500, 8500, 9500, 10500], scene.Times(Series)[3..]);
    }

    [Fact]
    public void An_alarm_soon_after_another_sends_no_row_twice()
    {
        using var scene = new SampleScene();
        var pod = scene.Join("p");
        scene.Run(4000);
        Alarm(pod, true);
        scene.Run(300);
        Alarm(pod, false);
        scene.Run(1500);
        Alarm(pod, true);
        scene.Run(200);
        Assert.Equal([200, 1200, .. Every(100, 2100, 6000)], scene.Times(Series));
    }

    [Fact]
    public void What_the_detector_says_of_a_row_goes_with_it()
    {
        using var scene = new SampleScene(Standard with { Rules = [SampleRule.Parse("*:full=always")] });
        var pod = scene.Join("p");
        scene.Run(1000);
        Assert.Equal(Every(100, 200, 1000), scene.Times(Series));
        // The pod is not analysed: what there is to say of it is said as a scrape says it.
        Assert.Equal(["m0,pod=p", "m1,pod=p", "microview_pod_data_age_seconds,pod=p", "microview_pod_quarantined,pod=p", "microview_pod_stale,pod=p"], scene.Received.Keys.Order());
    }

    [Fact]
    public void Rules_make_pods_different()
    {
        var rules = new[] { "never*:full=never,baseline=500ms", "always*:full=always", "now*:recorder=0s" };
        using var scene = new SampleScene(Standard with { Rules = [.. rules.Select(SampleRule.Parse)] });
        MonitoredPod[] pods = [scene.Join("never-1"), scene.Join("always-1"), scene.Join("now-1")];
        scene.Run(2000);
        foreach (var pod in pods)
            Alarm(pod, true);
        scene.Run(1000);
        Assert.Equal([200, 700, 1200, 1700, 2200, 2700], scene.Times("m0,pod=never-1"));
        Assert.Equal(Every(100, 200, 3000), scene.Times("m0,pod=always-1"));
        Assert.Equal([200, 1200, .. Every(100, 2100, 3000)], scene.Times("m0,pod=now-1"));
    }

    [Fact]
    public void A_pod_that_leaves_ends_its_series_and_one_that_comes_back_goes_on_behind_it()
    {
        using var scene = new SampleScene();
        scene.Join("p");
        scene.Run(5000);
        scene.Leave("p");
        scene.Run(3000);
        // What was undecided is decided: nothing can become of it any more.
        Assert.Equal([200, 1200, 2200, 3200, 4200], scene.Times(Series));
        foreach (var (name, samples) in scene.Received.Where(entry => entry.Key.EndsWith("pod=p", StringComparison.Ordinal)))
            Assert.True(BitConverter.DoubleToInt64Bits(samples[^1].Value) == ExpositionDocument.AbsentBits, name);
        Assert.Equal(4201, scene.Received[Series][^1].Ms);
        scene.Join("p");
        scene.Run(4000);
        Assert.Equal([8200, 9200], scene.Times(Series)[5..]);
    }

    [Fact]
    public void A_pod_whose_agent_was_restarted_goes_on_and_no_row_is_sent_twice()
    {
        using var scene = new SampleScene();
        var pod = scene.Join("p");
        scene.Run(5000);
        scene.Leave("p");
        scene.Run(3000);
        scene.Return(pod);
        scene.Run(2000);
        Alarm(pod, true);
        scene.Run(100);
        // Its rows of before are sent; the recorder begins where it came back.
        Assert.Equal([200, 1200, 2200, 3200, 4200, .. Every(100, 8200, 10_100)], scene.Times(Series));
    }

    [Fact]
    public void A_pod_whose_series_are_only_exchanged_does_not_end()
    {
        using var scene = new SampleScene();
        var pod = scene.Join("p");
        scene.Run(3000);
        scene.Grow(pod, 20);
        scene.Run(5000);
        Assert.Equal([200, 1200, 2200, 3200, 4200, 5200], scene.Times(Series));
        Assert.Equal([3200, 4200, 5200], scene.Times("m19,pod=p", 19));
        Assert.DoesNotContain(scene.Received.SelectMany(entry => entry.Value), sample => double.IsNaN(sample.Value));
    }

    [Fact]
    public void Values_that_are_not_fresh_any_more_end_until_they_are()
    {
        using var scene = new SampleScene();
        scene.Join("p");
        scene.Run(5000);
        scene.Run(10_000, beats: false); // the heartbeat may stand still for a second
        var samples = scene.Received[Series];
        Assert.True(BitConverter.DoubleToInt64Bits(samples[^1].Value) == ExpositionDocument.AbsentBits);
        Assert.Single(samples, sample => double.IsNaN(sample.Value));
        Assert.Equal(1, scene.Received["microview_pod_stale,pod=p"][^1].Value);
        scene.Run(5000);
        Assert.True(scene.Times(Series)[^1] > 15_000);
        Assert.Equal(0, scene.Received["microview_pod_stale,pod=p"][^1].Value);
    }

    [Fact]
    public void Of_rows_within_one_millisecond_the_first_is_kept()
    {
        using var scene = new SampleScene(Standard with { Rules = [SampleRule.Parse("*:full=always")] }, intervalMs: 0.25);
        var pod = scene.Join("p");
        scene.Run(100);
        scene.Run(50);
        scene.Pass();
        Assert.Equal(Every(1, 101, 150), scene.Times(Series)[^50..]);
        Assert.True(pod.Flight!.Skipped >= 140);
    }

    [Fact]
    public void Wall_time_that_is_put_back_never_makes_a_sample_earlier_and_is_followed_slowly()
    {
        using var scene = new SampleScene(Standard with { Rules = [SampleRule.Parse("*:full=always")] });
        scene.Join("p");
        scene.Run(2000);
        scene.Clock.Step = TimeSpan.FromSeconds(60);
        scene.Run(100);
        Assert.Equal(62_100, scene.Received[Series][^1].Ms);
        scene.Clock.Step = TimeSpan.FromSeconds(59);
        scene.Run(5000);
        Assert.InRange(scene.Received[Series][^1].Ms - scene.NowMs, 59_400, 59_600);
        scene.Run(20_000); // the order of every sample is asserted where it is received
        Assert.InRange(scene.Received[Series][^1].Ms - scene.NowMs, 59_000, 59_020);
    }

    [Fact]
    public void The_share_that_was_sent_is_told()
    {
        using var scene = new SampleScene();
        scene.Join("p");
        scene.Run(32_000);
        // A row in ten; what the recorder holds is not decided.
        Assert.InRange(scene.Statistics.SentRatio, 0.099, 0.105);
        using var full = new SampleScene(Standard with { Rules = [SampleRule.Parse("*:full=always")] });
        full.Join("p");
        full.Run(3000);
        Assert.Equal(1, full.Statistics.SentRatio);
    }

    [Fact]
    public void What_the_collector_says_of_itself_is_sent_at_the_baseline()
    {
        using var scene = new SampleScene();
        new SelfMetrics(scene.Document).CounterFunc("own_total", "Own.", () => scene.NowMs);
        scene.Run(3500);
        Assert.Equal([100, 1100, 2100, 3100], scene.Times("own_total"));
    }

    private static long[] Every(int step, int first, int last) => [.. Enumerable.Range(0, (last - first) / step + 1).Select(i => (long)(first + i * step))];
}
