using MicroView.Analysis;
using static MicroView.Collector.Tests.TestBook;

namespace MicroView.Collector.Tests;

/// <summary>A replay decides what the recorded run decided, from the file alone.</summary>
public sealed class ReplayTests
{
    [Fact]
    public async Task A_replay_makes_the_runs_own_decisions_bit_for_bit_at_any_pace()
    {
        using var scene = new RecordedScene();
        Eventful(scene);
        var live = scene.Finish();
        Assert.Contains(scene.Alarms, alarm => alarm.Transition == AlarmTransition.Opened);
        Assert.Contains(scene.Alarms, alarm => alarm.Transition == AlarmTransition.Closed);
        Assert.True(live.Count(c => c == '\n') > 800, $"{live.Count(c => c == '\n')} decisions");

        var first = await Replayed.RunAsync(scene.Path);
        var again = await Replayed.RunAsync(scene.Path);
        var slower = await Replayed.RunAsync(scene.Path, speed: 20);
        Assert.Null(first.Summary!.CutOffAt);
        Assert.Equal(live, first.Decisions);
        Assert.Equal(live, again.Decisions);
        Assert.Equal(live, slower.Decisions);
        Assert.Equal(scene.Alarms.Select(Told), first.Alarms.Select(Told));
        Assert.Equal(scene.Alarms.Select(Told), slower.Alarms.Select(Told));
    }

    [Fact]
    public async Task Another_detector_or_tick_decides_otherwise_on_the_same_rows()
    {
        using var scene = new RecordedScene();
        Eventful(scene);
        var live = scene.Finish();
        var threshold = await Replayed.RunAsync(scene.Path, scene.Analysis with { Detector = scene.Analysis.Detector with { Model = "TH" } });
        Assert.NotEqual(live, threshold.Decisions);
        Assert.Equal(Keys(live), Keys(threshold.Decisions));
        var seldom = await Replayed.RunAsync(scene.Path, tick: TimeSpan.FromMilliseconds(100));
        Assert.InRange(Keys(seldom.Decisions).Count(), 10, Keys(live).Count() / 5);
    }

    [Fact]
    public async Task The_file_can_be_replayed_without_anything_of_the_machine_that_recorded_it()
    {
        byte[] bytes;
        string live;
        using (var scene = new RecordedScene())
        {
            Eventful(scene);
            live = scene.Finish();
            bytes = await File.ReadAllBytesAsync(scene.Path, TestContext.Current.CancellationToken);
        }
        var elsewhere = Path.Combine(Directory.CreateTempSubdirectory("mv-elsewhere").FullName, "copy");
        await File.WriteAllBytesAsync(elsewhere, bytes, TestContext.Current.CancellationToken);
        Assert.Equal(live, (await Replayed.RunAsync(elsewhere)).Decisions);
        Directory.Delete(Path.GetDirectoryName(elsewhere)!, recursive: true);
    }

    [Fact]
    public async Task A_real_run_over_an_agent_is_replayed_to_the_same_decisions()
    {
        var folder = Directory.CreateTempSubdirectory("mv-run").FullName;
        var (recording, decisions) = (Path.Combine(folder, "run"), Path.Combine(folder, "live.csv"));
        var options = CollectorScene.Quick with { RecordInto = recording, DecisionsFile = decisions };
        await using (var scene = await CollectorScene.StartAsync(options))
        {
            var pods = Enumerable.Range(0, 6).Select(i => scene.Agent.Join($"p{i}", Gauge("a"), Gauge("b"), Counter("c_total"))).ToArray();
            var random = new Random(3);
            for (var round = 0; round < 200; round++)
            {
                foreach (var (i, pod) in pods.Index())
                {
                    pod.Set(0, random.NextDouble());
                    pod.Set(1, round is > 120 and < 150 && i == 2 ? 1e6 : random.NextDouble());
                    pod.Set(2, round * 10);
                }
                if (round == 60)
                    scene.Agent.Describe(pods[0], Gauge("d"));
                if (round == 90)
                    scene.Agent.Leave(pods[5]);
                if (round == 100)
                    scene.Agent.CutOff();
                await Task.Delay(5, TestContext.Current.CancellationToken);
            }
            await CollectorScene.UntilAsync(() => scene.Collector.Snapshot().AlarmsOpened > 0, "an alarm");
            Assert.Equal(0, await scene.ValueAsync("microview_recording_lost_images_total"));
            Assert.Equal(1, await scene.ValueAsync("microview_recording"));
            Assert.True(await scene.ValueAsync("microview_recording_bytes_total") > 10_000);
        }
        var live = await File.ReadAllLinesAsync(decisions, TestContext.Current.CancellationToken);
        var replayed = await Replayed.RunAsync(recording);
        Assert.True(live.Length > 100);
        // Two LMAPs of a live run write into the file side by side.
        Assert.Equal(live.Order(StringComparer.Ordinal), replayed.Decisions.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task The_endpoint_serves_a_replay_by_its_own_clock_and_stays_when_it_has_ended()
    {
        using var scene = new RecordedScene(lmaps: 1);
        var (pod, mute) = (scene.Join("p", Gauge("g")), scene.Join("mute", Gauge("g")));
        for (var pass = 0; pass < 100; pass++)
        {
            pod.Set(0, pass);
            scene.Pass();
        }
        scene.Leave(mute);
        scene.Pass();
        scene.Finish();
        await using var replay = await CollectorScene.ReplayAsync(scene.Path);
        await replay.Collector.Replay!.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        await Task.Delay(1500, TestContext.Current.CancellationToken); // longer than a heartbeat may stand still
        Assert.Equal(99, await replay.ValueAsync("g{pod=\"p\"}"));
        Assert.Null(await replay.ValueAsync("g{pod=\"mute\"}"));
        Assert.Equal(0, await replay.ValueAsync("microview_pod_stale{pod=\"p\"}"));
        Assert.Equal(0, await replay.ValueAsync("microview_pod_data_age_seconds{pod=\"p\"}"));
        Assert.Equal(101, await replay.ValueAsync("microview_scrapes_total{lmap=\"0\"}"));
    }

    [Fact]
    public async Task A_replay_that_is_slow_can_be_stopped_at_once()
    {
        using var scene = new RecordedScene(lmaps: 1);
        scene.Join("p", Gauge("g"));
        scene.Pass();
        scene.Pass(milliseconds: 3_600_000);
        scene.Finish();
        await using var replay = await CollectorScene.ReplayAsync(scene.Path, speed: 1);
        await CollectorScene.UntilAsync(() => replay.Collector.Pods.Count == 1, "the pod");
        await replay.Collector.DisposeAsync();
        Assert.True(replay.Collector.Replay!.IsCanceled);
    }

    [Fact]
    public async Task Staleness_looks_and_recovery_are_replayed()
    {
        using var scene = new RecordedScene(lmaps: 1);
        var pod = scene.JoinBatch("p", Gauge("g"));
        pod.Object.WriteRow([1], scene.NowNs);
        scene.Pass();
        scene.Pass(600, beats: false, looks: true);
        scene.Pass(600, beats: false, looks: true);
        scene.Pass(600, beats: false);
        pod.Object.WriteRow([2], scene.NowNs);
        scene.Pass();
        var live = scene.Lmaps[0].Statistics;
        Assert.Equal((3L, 2L), (live.Scrapes, live.FreshRows));
        Assert.True(live.StaleReads >= 2);
        scene.Finish();
        await using var replay = await CollectorScene.ReplayAsync(scene.Path);
        await replay.Collector.Replay!.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        var replayed = replay.Collector.Statistics[0];
        Assert.Equal((live.Scrapes, live.FreshRows, live.UnchangedRows, live.StaleReads, live.TornRows), (replayed.Scrapes, replayed.FreshRows, replayed.UnchangedRows, replayed.StaleReads, replayed.TornRows));
    }

    /// <summary>Learning, an anomaly, growth, a pod that leaves and one that comes, a silent agent, a new session, rows of both kinds.</summary>
    internal static void Eventful(RecordedScene scene)
    {
        var random = new Random(7);
        var live = scene.Join("live", Gauge("a"), Gauge("b"), Counter("c_total"));
        var batch = scene.JoinBatch("batch", Gauge("x"), Gauge("y", 0.001));
        var third = scene.Join("third, \"quoted\"", Gauge("g"));
        for (var round = 1; round <= 400; round++)
        {
            live.Set(0, random.NextDouble());
            live.Set(1, round is > 150 and < 200 ? 1e4 * random.NextDouble() : random.NextDouble());
            live.Set(2, round * 3 + random.Next(3));
            third.Set(0, random.NextDouble());
            if (round % 3 == 0)
                batch.Object.WriteRow([random.NextDouble(), round is > 300 and < 330 ? 50 : random.NextDouble()], scene.NowNs - 1_000);
            if (round == 120)
                scene.Describe(live, Gauge("late"));
            if (round == 210)
                scene.Leave(third);
            if (round == 220)
                third = scene.Join("third, \"quoted\"", Gauge("g"));
            if (round == 250)
                scene.Reconnect();
            scene.Pass(milliseconds: 7 + random.Next(6), beats: round is < 260 or > 270);
        }
    }

    private static (string, AlarmTransition, double, double, long, DateTimeOffset, TimeSpan, string) Told(AlarmEvent alarm) =>
        (alarm.Pod, alarm.Transition, alarm.Score, alarm.Threshold, alarm.RowTimeNs, alarm.Time, alarm.Duration, string.Join(';', alarm.Attributions));

    /// <summary>Time and pod of each line.</summary>
    private static IEnumerable<string> Keys(string decisions) =>
        decisions.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => string.Join(',', line.Split(',')[..^4]));
}
