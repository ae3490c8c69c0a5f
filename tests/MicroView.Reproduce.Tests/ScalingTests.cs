using MicroView.EndToEnd.Tests;

namespace MicroView.Reproduce.Tests;

/// <summary>The figures of autoscaling and adaptive sampling in their smallest form, with everything real.</summary>
[Trait("group", "slow")]
public sealed class ScalingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void An_autoscaled_workload_is_watched_and_its_figure_is_drawn()
    {
        Require("php", "php-cli");
        using var lab = new LabProcess(["reproduce", "autoscaling", "--smoke", "--out", _folder.Path]);
        Assert.True(lab.WaitForExit() == 0, lab.Output);
        foreach (var variant in (string[])["hpa", "hpa_keda"])
        {
            // How far it goes depends on what else the machine does; that it grows, within its bounds, and what the node does then, does not.
            var rows = Table(File.ReadAllLines(_folder.File($"autoscaling/raw/{variant}.csv")));
            Assert.InRange(rows.Max(row => Number(row["replicas"])), 2, 5);
            Assert.InRange(rows.Max(row => Number(row["ready"])), 2, 4);
            // Four fit: replicas fail as soon as a fifth is asked for, and none before.
            Assert.All(rows.TakeWhile(row => Number(row["replicas"]) < 5), row => Assert.Equal(0, Number(row["failed"])));
            Assert.All(rows.SkipWhile(row => Number(row["replicas"]) < 5).Skip(2), row => Assert.True(Number(row["failed"]) > 0));
            Assert.True(rows.Sum(row => Number(row["answers"])) > 100);
            // Every detector has judged rows that a real MicroView read.
            var scores = File.ReadAllLines(_folder.File($"autoscaling/raw/{variant}/scores.csv"));
            Assert.All(["FD l=50 k=12,", "RFD live,"], detector => Assert.True(scores.Count(line => line.StartsWith(detector, StringComparison.Ordinal)) > 10, detector));
        }
        // Beside CPU the second controller has had the scaler's answer once the detector had learnt.
        Assert.Contains(Table(File.ReadAllLines(_folder.File("autoscaling/raw/hpa_keda/syncs.csv"))), row => row["signal_ratio"].Length > 0);
        Assert.All(["report.md", "report.html", "run.json", "events.csv", "fig9.png", "fig9.svg", "fig9_live.png", "replicas.png", "top_metrics.csv"], name => Assert.True(File.Exists(_folder.File($"autoscaling/{name}")), name));
    }

    [Fact]
    public async Task A_cluster_that_is_killed_leaves_no_process_and_no_cgroup()
    {
        Require("php", "php-cli");
        string mark;
        string[] cgroups;
        using (var lab = new LabProcess(["reproduce", "autoscaling", "--smoke", "--out", _folder.Path]))
        {
            await lab.WaitForAsync("autoscaling 1/");
            mark = Remains.MarkOf(_folder.Path);
            await Soon.UntilAsync(() => Remains.Processes(mark).Any(line => line.Contains("index.php", StringComparison.Ordinal)), () => $"no web worker:\n{lab.Output}");
            cgroups = [.. File.ReadAllLines(_folder.File(".left")).Where(line => line.StartsWith("cgroup ", StringComparison.Ordinal)).Select(line => line[7..])];
            lab.Signal("KILL");
            lab.WaitForExit();
        }
        await Soon.UntilAsync(() => Remains.Processes(mark).Length == 0 && !File.Exists(_folder.File(".left")), () => string.Join('\n', Remains.Processes(mark)));
        Assert.All(cgroups, path => Assert.False(Directory.Exists(path), path));
    }

    [Fact]
    public void A_redis_with_faults_is_watched_and_what_is_saved_of_it_is_drawn()
    {
        Require("redis-server", "redis-server");
        using var lab = new LabProcess(["reproduce", "adaptive", "--smoke", "--out", _folder.Path]);
        Assert.True(lab.WaitForExit() == 0, lab.Output);
        var rows = Table(File.ReadAllLines(_folder.File("adaptive/raw/live.csv")));
        Assert.Equal(["all", "info", "process"], rows.Select(row => row["pod"]).Distinct().Order());
        Assert.All(rows, row => Assert.InRange(Number(row["share_sent"]), 0.01, 1));
        // What is sent whole is the signal; what is sent more seldom is less of it.
        var uniform = rows.Where(row => row["pod"] == "all" && row["rule"] == "uniform").ToArray();
        Assert.True(Number(uniform.MaxBy(row => Number(row["share_sent"]))!["correlation"]) > Number(uniform.MinBy(row => Number(row["share_sent"]))!["correlation"]));
        Assert.NotEmpty(Table(File.ReadAllLines(_folder.File("adaptive/raw/live/faults.csv"))));
        Assert.All(["report.md", "report.html", "run.json", "fig8.png", "fig8.svg", "fig8_faults.png"], name => Assert.True(File.Exists(_folder.File($"adaptive/{name}")), name));
    }

    public void Dispose() => _folder.Dispose();

    private static void Require(string program, string package)
    {
        if (!File.Exists(Path.Combine("/usr/bin", program)))
            Assert.Skip($"{program} is not installed (Debian: {package})");
    }

    private static Dictionary<string, string>[] Table(string[] lines)
    {
        var header = lines[0].Split(',');
        return [.. lines.Skip(1).Select(line => header.Zip(line.Split(',')).ToDictionary(cell => cell.First, cell => cell.Second))];
    }

    private static double Number(string text) => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
