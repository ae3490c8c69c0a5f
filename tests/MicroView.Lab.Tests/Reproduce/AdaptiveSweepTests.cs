namespace MicroView.Lab.Tests;

/// <summary>Adaptive sampling over a recording, on one that is made up and on the one that comes with the program.</summary>
public sealed class AdaptiveSweepTests
{
    private const long Second = 1_000_000_000;

    [Fact]
    public void A_flight_recorder_adds_what_was_before_an_anomaly_and_nothing_after_it()
    {
        long[] times = [.. Enumerable.Range(0, 10).Select(i => i * Second)];
        bool[] anomalous = [false, false, false, false, true, false, false, true, true, false];
        bool[] sent = [true, false, false, false, true, false, false, true, true, false];
        Assert.Equal([true, false, true, true, true, true, true, true, true, false], SentSignal.WithRecorder(times, anomalous, sent, 2 * Second));
        Assert.Equal(sent, SentSignal.WithRecorder(times, anomalous, sent, 0));
    }

    [Fact]
    public void Rows_that_do_not_count_change_nothing_but_what_is_held()
    {
        double[] signal = [1, 5, 2, 8, 100, 100];
        bool[] sent = [true, true, true, true, false, true], counted = [true, true, true, true, false, false];
        Assert.Equal(1, SentSignal.Likeness(signal, sent, GapFill.Hold, counted).AtLagZero, 12);
        // What was sent before still stands in a row that counts.
        Assert.Equal(SentSignal.Likeness([1, 5, 2], [true, false, false], GapFill.Hold, [false, true, true]),
            SentSignal.Likeness([9, 1, 5, 2], [false, true, false, false], GapFill.Hold, [false, false, true, true]));
    }

    [Fact]
    public void Faults_come_in_rounds_of_all_kinds_and_end_before_the_run()
    {
        var faults = RedisFaults.Plan(240, 1000, 15, 45, seed: 3);
        Assert.InRange(faults.Count, 10, 13);
        Assert.Equal(Enum.GetValues<RedisFaultKind>(), faults.Take(6).Select(fault => fault.Kind).Order());
        Assert.All(faults.Zip(faults.Skip(1)), pair => Assert.InRange(pair.Second.Start - pair.First.Start, 15 + 0.75 * 45, 15 + 1.25 * 45));
        Assert.True(faults[0].Start >= 285 && faults[^1].Start + 15 < 1000);
        Assert.Equal(faults, RedisFaults.Plan(240, 1000, 15, 45, seed: 3));
    }

    [Fact]
    public void A_strict_threshold_sends_less_and_a_recorder_brings_back_what_came_before()
    {
        var results = AdaptiveSweep.Run(MadeUp(), 30).Where(result => result is { Pod: "info", Rule: AdaptiveSweep.Paper }).ToArray();
        var plain = results.Where(result => result.Recorder == 0).OrderBy(result => result.Threshold).ToArray();
        Assert.Equal(8, plain.Length);
        Assert.Equal(plain.Select(result => result.Share).OrderDescending(), plain.Select(result => result.Share));
        Assert.InRange(plain[^1].Share, 1.0 / 60, 0.2); // a row each 30 s of half seconds, and the faults
        foreach (var result in plain)
        {
            var recorder = results.Single(other => other.Threshold == result.Threshold && other.Recorder == 10);
            Assert.True(recorder.Share >= result.Share && recorder.Correlation >= result.Correlation - 1e-9);
            Assert.Equal(double.IsNaN(result.Onset), double.IsNaN(recorder.Onset)); // neither fault has an anomalous row
            if (!double.IsNaN(recorder.Onset))
                Assert.Equal(1, recorder.Onset);
        }
        Assert.Contains(plain, result => result.Onset < 0.5);
        // The deployed rule had an alarm through each fault, and ten seconds on.
        var live = AdaptiveSweep.Run(MadeUp(), 30).Single(result => result is { Pod: "info", Rule: AdaptiveSweep.Live, Recorder: 0 });
        Assert.InRange(live.Share, 60 / 700.0, 0.2);
        // A threshold that is held finds the faults and no more, and one that is above every score nothing.
        var held = AdaptiveSweep.Run(MadeUp(), 30).Where(result => result is { Pod: "info", Rule: AdaptiveSweep.Held }).OrderBy(result => result.Threshold).ToArray();
        Assert.Equal(held.Select(result => result.Share).OrderDescending(), held.Select(result => result.Share));
        Assert.InRange(held[^1].Share, 11 / 700.0, 13 / 700.0);
    }

    [Fact]
    public void The_recording_that_comes_with_the_program_can_be_looked_at()
    {
        var recording = RedisRecording.Read(RedisRecording.Shipped);
        Assert.Equal(Enum.GetNames<RedisFaultKind>().Order(), recording.Faults.Select(fault => fault.Type).Order());
        Assert.All(recording.Pods, pod => Assert.InRange(AdaptiveSweep.Divide(pod, recording).Training.Count, 60, 300));
        Assert.True(Directory.GetFiles(RedisRecording.Shipped).Sum(file => new FileInfo(file).Length) <= 1 << 20);
    }

    [Fact]
    public void Info_becomes_a_document_with_the_same_series_whatever_the_server_has_done()
    {
        const string Empty = "# Server\r\nuptime_in_seconds:5\r\nused_memory:1048576\r\nused_memory_human:1.00M\r\nkeyspace_hits:7\r\n";
        const string Busy = Empty + "cmdstat_get:calls=3,usec=12,usec_per_call=4.00,rejected_calls=0\r\ndb0:keys=5,expires=2,avg_ttl=900\r\n";
        string[] empty = [.. RedisExposition.Write(Empty).Split('\n')], busy = [.. RedisExposition.Write(Busy).Split('\n')];
        Assert.Equal(empty.Select(line => line[..(line.LastIndexOf(' ') + 1)]), busy.Select(line => line[..(line.LastIndexOf(' ') + 1)]));
        Assert.Contains("# TYPE redis_keyspace_hits_total counter", busy);
        Assert.Contains("redis_keyspace_hits_total 7", busy);
        Assert.Contains("redis_used_memory 1048576", busy);
        Assert.Contains("redis_db_keys 5", busy);
        Assert.Contains("redis_command_calls_total{cmd=\"get\"} 3", busy);
        Assert.Contains("redis_command_microseconds_total{cmd=\"keys\"} 0", busy);
        Assert.DoesNotContain("uptime", string.Join('\n', busy), StringComparison.Ordinal);
    }

    [Fact]
    public void Decisions_are_found_by_the_nearest_time()
    {
        var pod = new RecordedPod("x", new SeriesRows(["a"]), [new(10, 0, double.PositiveInfinity, false), new(20, 5, 3, true), new(30, 1, 4, false)]);
        Assert.Equal([false, false, true, true, false, false], ((long[])[0, 14, 16, 24, 26, 99]).Select(time => pod.At(time).Alarm));
        Assert.Equal(3, pod.FirstThreshold);
        Assert.False(new RecordedPod("x", new SeriesRows(["a"]), []).At(5).Alarm);
    }

    // By unit-norm rows the paper's detector is blind to what is large in a direction that it knows: a fault must be one that it does not.
    /// <summary>Two pods with a row each half second: 150 s quiet, then two faults of ten seconds.</summary>
    private static RedisRecording MadeUp()
    {
        var random = new Random(5);
        var faults = ((int[])[200, 320]).Select(start => new Fault(start * Second, (start + 10) * Second, "redis", null, "BigKeys")).ToArray();
        RecordedPod Pod(string name)
        {
            var rows = new SeriesRows([.. Enumerable.Range(0, 30).Select(i => $"m{i}")]);
            var decisions = new List<LiveDecision>();
            for (var i = 0; i < 1000; i++)
            {
                var at = i * Second / 2;
                var faulty = faults.Any(fault => at >= fault.StartNs && at <= fault.EndNs);
                var common = Math.Sin(i / 20.0);
                var row = rows.Append(at);
                for (var j = 0; j < row.Length; j++)
                    row[j] = 100 + 10 * common * (1 + j % 3) + random.NextDouble() + (faulty && j > 20 ? j % 2 * 80 - 40 : 0); // all move together, but in a fault
                decisions.Add(new(at, faulty ? 9 : 0.5, 3, faulty));
            }
            return new RecordedPod(name, rows, decisions);
        }
        return new RedisRecording([Pod("info"), Pod("process")], faults, 150);
    }
}
