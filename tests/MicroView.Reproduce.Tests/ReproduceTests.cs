using MicroView.EndToEnd.Tests;

namespace MicroView.Reproduce.Tests;

[Trait("group", "slow")]
public sealed class ReproduceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_run_that_is_killed_leaves_nothing_and_goes_on_where_it_was()
    {
        string mark;
        using (var lab = new LabProcess(["reproduce", "micro", "--smoke", "--out", _folder.Path]))
        {
            await lab.WaitForAsync("micro 2/");
            mark = Remains.MarkOf(_folder.Path);
            await Soon.UntilAsync(() => Remains.Processes(mark).Any(line => line.Contains(" nic ", StringComparison.Ordinal)), () => $"no collector:\n{lab.Output}");
            lab.Signal("KILL");
            lab.WaitForExit();
        }
        await Soon.UntilAsync(() => Remains.Processes(mark).Length == 0 && !File.Exists(_folder.File(".left")), () => string.Join('\n', Remains.Processes(mark)));
        Assert.True(File.Exists(_folder.File("micro/raw/network_16.csv")));

        using var again = new LabProcess(["reproduce", "micro", "--smoke", "--out", _folder.Path]);
        Assert.True(again.WaitForExit() == 0, again.Output);
        Assert.DoesNotContain("micro 1/", again.Output, StringComparison.Ordinal);
        Assert.Contains("micro 2/", again.Output, StringComparison.Ordinal);
        Assert.All(["report.md", "report.html", "run.json", "tput_vs_metrics.png", "tput_vs_metrics.csv", "tput_vs_pods.svg", "prom_tput.png"], name => Assert.True(File.Exists(_folder.File($"micro/{name}")), name));
        // Which build was measured, and a native one's vectors: figures of two machines are not comparable without.
        Assert.Matches("NativeAOT build, |JIT build: ", File.ReadAllText(_folder.File("micro/report.md")));
        Assert.Empty(Directory.EnumerateFiles(_folder.Path, ".*"));
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_run_that_is_told_to_stop_ends_what_it_started(string signal)
    {
        using var lab = new LabProcess(["reproduce", "micro", "--smoke", "--out", _folder.Path]);
        await lab.WaitForAsync("micro 1/");
        var mark = Remains.MarkOf(_folder.Path);
        await Soon.UntilAsync(() => Remains.Processes(mark).Length >= 2, () => $"nothing was started:\n{lab.Output}");
        lab.Signal(signal);
        Assert.True(lab.WaitForExit() == 130, lab.Output);
        Assert.Empty(Remains.Processes(mark));
        Assert.Empty(Directory.EnumerateFiles(_folder.Path, ".*"));
    }

    [Fact]
    public async Task A_run_that_is_killed_leaves_no_cgroup()
    {
        using var lab = new LabProcess(["reproduce", "overhead", "--smoke", "--out", _folder.Path]);
        await lab.WaitForAsync("overhead 1/");
        var mark = Remains.MarkOf(_folder.Path);
        await Soon.UntilAsync(() => Remains.Processes(mark).Any(line => line.StartsWith("container-2 ", StringComparison.Ordinal)), () => $"no containers:\n{lab.Output}");
        // Where none can be made, the containers are plain processes, and those are looked for all the same.
        string[] Cgroups() => [.. File.ReadLines("/proc/self/mountinfo").Where(line => line.Contains(" - cgroup", StringComparison.Ordinal)).Select(line => Path.Combine(line.Split(' ')[4], $"mvlab-{mark[..8]}")).Where(Directory.Exists)];
        var made = Cgroups().Length;
        // `pkill microview-lab` tells the watcher too.
        LabProcess.Signal("TERM", Remains.WatcherOf(_folder.Path));
        LabProcess.Signal("INT", Remains.WatcherOf(_folder.Path));
        lab.Signal("KILL");
        lab.WaitForExit();
        await Soon.UntilAsync(() => Remains.Processes(mark).Length == 0 && Cgroups().Length == 0 && !File.Exists(_folder.File(".left")), () => string.Join('\n', [.. Remains.Processes(mark), .. Cgroups()]));
        TestContext.Current.TestOutputHelper?.WriteLine($"{made} cgroups of the run were there");
    }

    [Fact]
    public void All_figures_are_reproduced_in_their_smallest_form()
    {
        foreach (var program in (string[])["wrk", "prometheus"])
            if (!File.Exists($"/usr/bin/{program}"))
                Assert.Skip($"{program} is not installed");
        using var lab = new LabProcess(["reproduce", "all", "--smoke", "--out", _folder.Path]);
        Assert.True(lab.WaitForExit() == 0, lab.Output);
        var index = File.ReadAllText(_folder.File("index.md"));
        Assert.DoesNotContain("Failed", index, StringComparison.Ordinal);
        string[] figures = [.. Directory.GetDirectories(_folder.Path).Select(Path.GetFileName)!];
        Assert.Superset(new HashSet<string> { "overhead", "micro", "impact" }, figures.ToHashSet());
        foreach (var figure in figures)
        {
            Assert.Contains($"({figure}/report.html)", index, StringComparison.Ordinal);
            Assert.NotEmpty(Directory.GetFiles(_folder.File(figure), "*.png"));
            Assert.NotEmpty(Directory.GetFiles(_folder.File(figure), "*.svg"));
        }
        Assert.Empty(Directory.EnumerateFiles(_folder.Path, ".*"));
    }

    [Fact]
    public void A_run_of_the_testbed_leaves_statistics_and_logs()
    {
        // By the artifact's environment; an option comes before it.
        using var lab = new LabProcess(["run", "--metrics", "16", "--model", "TH", "--lmaps", "2", "--duration", "2", "--warm-up", "1", "--window", "1", "--label", "metric_16_read_loop_TH"],
            ("NUM_PODS", "4"), ("NUM_METRICS", "99"), ("LOGS_DIR", _folder.Path));
        Assert.True(lab.WaitForExit() == 0, lab.Output);
        Assert.Contains("LMAP 1: ", lab.Output, StringComparison.Ordinal);
        foreach (var lmap in (int[])[0, 1])
        {
            var lines = File.ReadAllLines(_folder.File($"metric_16_read_loop_TH/stats_LMAP_{lmap}.csv"));
            Assert.Equal($"num_scrapes,time_total,scrape_rate_{lmap}", lines[0]);
            Assert.True(lines.Length >= 3, string.Join('\n', lines));
        }
        Assert.Contains("4 pods of 16 metrics", File.ReadAllText(_folder.File("metric_16_read_loop_TH/generate.log")), StringComparison.Ordinal);
        Assert.All(["host.log", "nic.log"], name => Assert.NotEmpty(File.ReadAllText(_folder.File($"metric_16_read_loop_TH/{name}"))));
    }

    [Fact]
    public void A_run_of_the_testbed_in_prometheus_mode_leaves_what_wrk_has_printed()
    {
        if (!File.Exists("/usr/bin/wrk"))
            Assert.Skip("wrk is not installed");
        using var lab = new LabProcess(["run", "--pods", "2", "--metrics", "16", "--model", "none", "--test", "prometheus", "--duration", "2", "--warm-up", "2", "--window", "1", "--out", _folder.Path, "--label", "p"]);
        Assert.True(lab.WaitForExit() == 0, lab.Output);
        Assert.Equal(2, File.ReadAllText(_folder.File("p/wrk_output.txt")).Split("Requests/sec:").Length - 1);
        Assert.Contains("latency p99: ", lab.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_collector_elsewhere_is_started_by_ssh_and_its_statistics_are_brought_back()
    {
        // In place of the other machine: what ssh would run there runs here, and the collector there says how it was called.
        Script("bin/ssh", "for last; do :; done", "exec sh -c \"$last\"");
        Script("there", $"printf '%s\\n' \"$@\" > '{_folder.File("arguments")}'", "while [ \"$1\" != --stats-dir ]; do shift; done", "mkdir -p \"$2\"",
            "printf 'num_scrapes,time_total,scrape_rate_0\\n90,1.0,90\\n100,1.0,100\\n110,1.0,110\\n' > \"$2/stats_LMAP_0.csv\"");
        using var lab = new LabProcess(["run", "--remote", "ssh://127.0.0.1", "--pods", "2", "--metrics", "16", "--model", "FD", "--duration", "2", "--warm-up", "1", "--window", "1", "--out", _folder.Path, "--label", "far away"],
            ("PATH", $"{_folder.File("bin")}:{Environment.GetEnvironmentVariable("PATH")}"), ("REMOTE_MICROVIEW", _folder.File("there")), ("LOCAL_PUBLIC_IP", "127.0.0.1"), ("LOCAL_PORT", "15987"),
            ("IPU_RDMA_DEVICE", "mlx5_3"), ("IPU_RDMA_GID", "1"));
        Assert.True(lab.WaitForExit() == 0, lab.Output);
        Assert.Contains("LMAP 0: 105 ± 5 scrapes/s (2 windows", lab.Output, StringComparison.Ordinal);
        var arguments = string.Join(' ', File.ReadAllLines(_folder.File("arguments")));
        Assert.StartsWith("nic --lmaps 1 --model FD --test read_loop", arguments, StringComparison.Ordinal);
        Assert.Contains("--control-plane 127.0.0.1:15987 --transport verbs --dev mlx5_3 --ib-port 1 --gid 1", arguments, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetDirectories("/tmp", "microview-run-*"), folder => File.Exists(Path.Combine(folder, "stats_LMAP_0.csv")));
        Assert.True(File.Exists(_folder.File("far away/stats_LMAP_0.csv")));
    }

    public void Dispose() => _folder.Dispose();

    private void Script(string name, params string[] lines)
    {
        var path = _folder.File(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllLines(path, ["#!/bin/sh", .. lines]);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
