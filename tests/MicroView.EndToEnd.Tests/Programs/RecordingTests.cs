using System.Globalization;
using System.Runtime.InteropServices;

namespace MicroView.EndToEnd.Tests;

/// <summary>`nic --record`, `--recording` and `--decisions`, as a user types them.</summary>
[Trait("group", "slow")]
public sealed class RecordingTests
{
    [Fact]
    public void A_recorded_run_is_replayed_to_the_same_decisions_and_a_killed_ones_as_far_as_it_goes()
    {
        using var folder = new TemporaryFolder();
        (string, string)[] environment = [("MICROVIEW_SOCKET", folder.File("agent.sock"))];
        var port = Microview.FreePort();
        using var host = Microview.Start($"host --port {port}", folder.Path, environment);
        host.WaitFor(lines => lines.Contains("listening on", StringComparison.Ordinal), "listening agent");
        using var generate = Microview.Start($"generate --num-metrics 16 --update-metrics --pods 3 --pod web --port {port}", folder.Path, environment);

        const string how = "nic --scrape-interval 0.01 --tick 0.02 --learn 1";
        using var nic = Microview.Start($"{how} --prometheus-port 0 --record run.mvrec --decisions live.csv", folder.Path, environment);
        nic.WaitFor(_ => Lines(folder, "live.csv").Length > 400, "decisions while it runs");
        Assert.Equal(0, nic.Stop());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.File("run.mvrec")));

        using var killed = Microview.Start($"{how} --prometheus-port 0 --record killed.mvrec --decisions killed.csv", folder.Path, environment);
        killed.WaitFor(_ => Lines(folder, "killed.csv").Length > 400, "decisions while it runs");
        killed.KillHard();
        Assert.Equal(0, generate.Stop());
        Assert.Equal(0, host.Stop());

        var (exitCode, output) = Run(folder, "nic --recording run.mvrec --learn 1 --decisions again.csv --prometheus-port 0");
        Assert.True(exitCode == 0, output);
        Assert.Contains("replay: ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("cut off", output, StringComparison.Ordinal);
        Assert.Equal(Lines(folder, "live.csv"), Lines(folder, "again.csv"));

        (exitCode, output) = Run(folder, "nic --recording killed.mvrec --learn 1 --decisions killed-again.csv --prometheus-port 0");
        Assert.True(exitCode == 0, output);
        Assert.Contains("cut off at byte", output, StringComparison.Ordinal);
        // Both files stop within a moment of the kill, and not at the same row.
        var (live, replayed) = (Lines(folder, "killed.csv"), Lines(folder, "killed-again.csv"));
        var both = Math.Min(live.Length, replayed.Length) - 1;
        Assert.True(both > 300, $"{live.Length} decisions of the run, {replayed.Length} of its replay");
        Assert.Equal(live[..both], replayed[..both]);

        var bytes = File.ReadAllBytes(folder.File("run.mvrec"));
        bytes[bytes.Length / 2] ^= 0x40;
        File.WriteAllBytes(folder.File("damaged.mvrec"), bytes);
        (exitCode, output) = Run(folder, "nic --recording damaged.mvrec --prometheus-port 0");
        Assert.Equal(1, exitCode);
        Assert.Contains("damaged.mvrec: byte ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RFD", "")]
    [InlineData("RFD", " --false-alarms 0")]
    [InlineData("FD", "")]
    [InlineData("FD", " --false-alarms 4")]
    [InlineData("TH", "")]
    public void The_lab_decides_on_a_recordings_rows_as_the_collector_that_replays_it(string model, string budget)
    {
        using var folder = new TemporaryFolder();
        Record(folder, "run.mvrec");
        var (exitCode, output) = Run(folder, $"nic --recording run.mvrec --model {model}{budget} --learn 1 --warm-start off --rows rows --decisions live.csv --prometheus-port 0");
        Assert.True(exitCode == 0, output);
        var live = Lines(folder, "live.csv").Skip(1).Select(line => line.Split(',')).ToLookup(cells => cells[1], cells => Judgement(cells[0], cells[2..]));
        Assert.Equal(3, live.Count);
        var anomalous = 0;
        foreach (var pod in live)
        {
            using var lab = Microview.StartProgram(Microview.LabPath, $"score --test {folder.File($"rows/{pod.Key.Replace('#', '_')}.csv")} --model {model}{budget} --learn 1 --out {folder.File("lab.csv")}");
            Assert.True(lab.WaitForExit() == 0, lab.ToString());
            var judged = Lines(folder, "lab.csv").Skip(1).Select(line => line.Split(',')).Select(cells => Judgement(cells[0], cells[1..])).ToArray();
            Assert.Equal(pod.ToArray(), judged);
            Assert.Contains(judged, row => double.IsFinite(row.Threshold));
            anomalous += judged.Count(row => row.Anomalous);
        }
        // The application stood still for a while: a test in which nothing is ever anomalous would compare little.
        Assert.True(anomalous > 0, "no row was anomalous");
    }

    private static (long Ticks, double Score, double Threshold, bool Anomalous, bool Alarm) Judgement(string time, string[] cells) =>
        ((long.TryParse(time, out var ns) ? DateTime.UnixEpoch.AddTicks(ns / 100) : DateTime.Parse(time, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal)).Ticks,
            Number(cells[0]), Number(cells[1]), cells[2] == "1", cells[3] == "1");

    private static double Number(string cell) => cell == "inf" ? double.PositiveInfinity : double.Parse(cell, CultureInfo.InvariantCulture);

    /// <summary>A few seconds of three pods of 16 metrics, which stand still in the midst of them.</summary>
    private static void Record(TemporaryFolder folder, string file)
    {
        (string, string)[] environment = [("MICROVIEW_SOCKET", folder.File("agent.sock"))];
        var port = Microview.FreePort();
        using var host = Microview.Start($"host --port {port}", folder.Path, environment);
        host.WaitFor(lines => lines.Contains("listening on", StringComparison.Ordinal), "listening agent");
        using var generate = Microview.Start($"generate --num-metrics 16 --update-metrics --pods 3 --pod web --port {port}", folder.Path, environment);
        using var nic = Microview.Start($"nic --scrape-interval 0.01 --tick 0.02 --prometheus-port 0 --record {file} --decisions while.csv", folder.Path, environment);
        nic.WaitFor(_ => Lines(folder, "while.csv").Length > 500, "decisions while it runs");
        generate.Signal((PosixSignal)19); // SIGSTOP
        nic.WaitFor(_ => Lines(folder, "while.csv").Length > 600, "decisions while the application stands still");
        generate.Signal((PosixSignal)18); // SIGCONT
        nic.WaitFor(_ => Lines(folder, "while.csv").Length > 800, "decisions after it");
        Assert.Equal(0, nic.Stop());
        Assert.Equal(0, generate.Stop());
        Assert.Equal(0, host.Stop());
    }

    [Theory]
    [InlineData("nic --rows x", 2, "--recording")]
    [InlineData("nic --recording /nowhere/run", 3, "--recording: ")]
    [InlineData("nic --recording /etc/passwd", 3, "does not begin as a recording does")]
    [InlineData("nic --transport recording", 2, "--recording FILE")]
    [InlineData("nic --recording x --transport shm", 2, "--transport recording")]
    [InlineData("nic --recording x --record y", 2, "not recorded")]
    [InlineData("nic --recording x --control-plane 10.0.0.1:5000", 2, "--control-plane")]
    [InlineData("nic --recording x --scrape-interval 1", 2, "--scrape-interval")]
    [InlineData("nic --recording x --test setup", 2, "--test setup")]
    [InlineData("nic --recording x --replay-speed -1", 2, "--replay-speed")]
    [InlineData("nic --record /nowhere/run --prometheus-port 0", 3, "--record: ")]
    [InlineData("nic --decisions /nowhere/d.csv --prometheus-port 0", 3, "--decisions: ")]
    [InlineData("nic --record /etc/passwd --prometheus-port 0", 3, "exists already")]
    public void What_cannot_be_is_one_line(string arguments, int exitCode, string part)
    {
        var run = Microview.Run(arguments);
        Assert.Equal(exitCode, run.ExitCode);
        Assert.Contains(part, run.Errors, StringComparison.Ordinal);
        Assert.Single(run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Up_records_as_well_and_a_replay_that_stays_is_stopped_by_a_signal()
    {
        using var folder = new TemporaryFolder();
        using var up = Microview.Start(
            $"up --plain --sources processes --port 0 --prometheus-port 0 --record up.mvrec --socket {folder.File("agent.sock")}", folder.Path);
        up.WaitFor(_ => File.Exists(folder.File("up.mvrec")) && new FileInfo(folder.File("up.mvrec")).Length > 10_000, "recording");
        Assert.Equal(0, up.Stop());
        using var replay = Microview.Start("nic --recording up.mvrec --stay --prometheus-port 0", folder.Path);
        replay.WaitFor(lines => lines.Contains("The recording has ended", StringComparison.Ordinal), "end of the recording");
        replay.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, replay.WaitForExit());
        Assert.Contains("replay: ", replay.Output, StringComparison.Ordinal);
    }

    private static (int ExitCode, string Output) Run(TemporaryFolder folder, string arguments)
    {
        using var run = Microview.Start(arguments, folder.Path);
        var exitCode = run.WaitForExit();
        return (exitCode, run.Output + run.Errors);
    }

    private static string[] Lines(TemporaryFolder folder, string file) => File.Exists(folder.File(file)) ? File.ReadAllLines(folder.File(file)) : [];
}
