using System.Net;

namespace MicroView.Lab.Tests;

public sealed class OverheadTests : IDisposable
{
    private const string Header = "system,part,containers,generation,ingestion,time,cpu_sys,cpu_user,cpu,net,series";
    private static readonly Comparer<OverheadSystem> s_byName = Comparer<OverheadSystem>.Create((a, b) => string.CompareOrdinal(a.Name, b.Name));
    private readonly Scratch _scratch = new();

    [Fact]
    public void Hierarchies_of_version_1_come_before_an_empty_one_of_version_2()
    {
        string[] hybrid =
        [
            "24 1 0:21 / / rw,relatime - ext4 /dev/vda rw",
            "31 30 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid - cgroup cgroup rw,cpu,cpuacct",
            "32 30 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
            "33 30 0:29 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd",
            "34 30 0:30 / /sys/fs/cgroup/devices rw - cgroup cgroup rw,devices",
            "35 30 0:31 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
        ];
        Assert.Equal(["/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/memory"], CgroupTree.Mounts(hybrid));
        Assert.Equal(["/sys/fs/cgroup"], CgroupTree.Mounts(["24 1 0:21 / / rw - ext4 /dev/vda rw", "25 1 0:22 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate"]));
        Assert.Empty(CgroupTree.Mounts(["24 1 0:21 / / rw - ext4 /dev/vda rw"]));
    }

    [Fact]
    public async Task The_proxy_counts_what_goes_both_ways()
    {
        var stop = TestContext.Current.CancellationToken;
        using var server = new HttpListener();
        var port = Testbed.FreePort();
        server.Prefixes.Add($"http://127.0.0.1:{port}/");
        server.Start();
        var body = new string('x', 5000);
        var serving = Task.Run(async () =>
        {
            for (var i = 0; i < 2; i++)
            {
                var request = await server.GetContextAsync();
                request.Response.Close(System.Text.Encoding.ASCII.GetBytes(body), willBlock: true);
            }
        }, stop);
        await using var proxy = new CountingProxy(port);
        using var http = new HttpClient();
        Assert.Equal(0, proxy.Bytes);
        Assert.Equal(body, await http.GetStringAsync(new Uri($"http://127.0.0.1:{proxy.Port}/"), stop));
        var once = proxy.Bytes;
        Assert.InRange(once, 5000, 6000);
        Assert.Equal(body, await http.GetStringAsync(new Uri($"http://127.0.0.1:{proxy.Port}/"), stop));
        Assert.InRange(proxy.Bytes, once + 5000, once + 6000);
        await serving;
    }

    [Fact]
    public void A_page_is_drawn_from_the_samples_of_each_system()
    {
        var folder = new FigureFolder(_scratch.Path("overhead"));
        var step = new OverheadFigure().Plan(new(FigureScale.Smoke, 1))[0];
        _scratch.Write($"overhead/raw/{step.Id}.csv",
            Header,
            "microview,generate,3,1,1,1,0.01,0.02,0.03,0,60", "microview,ingest,3,1,1,1,0.01,0,0.01,50,60",
            "microview,generate,3,1,1,2,0.01,0.04,0.05,0,60", "microview,ingest,3,1,1,2,0.01,0,0.01,70,60",
            "netdata,generate,3,1,1,1,0.1,0.2,0.3,0,90", "netdata,ingest,3,1,1,1,0.1,0,0.1,100,90",
            "netdata,generate,3,1,1,2,0.1,0.2,0.3,0,90", "netdata,ingest,3,1,1,2,0.1,0,0.1,100,90");
        var record = new StepRecord { Id = step.Id, Title = step.Title, Parameters = new(step.Parameters.ToDictionary()), Started = DateTime.UnixEpoch, Seconds = 2, CpuSeconds = [], Versions = [], Notes = [] };
        new RunRecord { Figure = "overhead", Scale = "smoke", Seed = 1, Machine = MachineRecord.Here(), Steps = [record], Planned = 1 }.Write(folder.RunFile);

        var ours = OverheadPoint.Read(folder).Single(point => point.System == "microview");
        Assert.Equal(0.05, ours.Cores.Mean, 12);
        Assert.Equal(0.01, ours.Cores.Error, 12);
        Assert.Equal((0.04, 0.01, 60.0, 60), (Math.Round(ours.Generate, 12), Math.Round(ours.Ingest, 12), ours.Net, ours.Series));
        Assert.Equal(ExitCode.Success, ReproduceRun.Redraw([new OverheadFigure()], _scratch.Path("."), _scratch.Path("."), TextWriter.Null));
        var page = File.ReadAllText(_scratch.Path("overhead/report.md"));
        Assert.Contains("the cheapest peer, netdata, takes 0.4000 cores; microview 0.0500 (8.0 times less)", page, StringComparison.Ordinal);
        Assert.All(["cores_vs_containers.png", "net_vs_containers.svg", "overhead.csv"], name => Assert.True(File.Exists(_scratch.Path($"overhead/{name}")), name));
    }

    [Fact]
    public void What_one_machine_cannot_run_at_once_is_measured_in_turns()
    {
        var systems = OverheadFigure.Systems;
        Assert.Equal([systems], OverheadRounds.Of(systems, new(100, 1, 1, 2, 80, 30), 2));
        Assert.Equal([systems], OverheadRounds.Of(systems, new(1000, 10, 10, 2, 80, 30), 2));
        var rounds = OverheadRounds.Of(systems, new(1000, 1, 1, 2, 80, 30), 2);
        Assert.All(rounds[0], system => Assert.True(system.IsOurs));
        Assert.All(rounds.Skip(1), round => Assert.False(Assert.Single(round).IsOurs));
        Assert.Equal(systems.Order(s_byName), rounds.SelectMany(round => round).Order(s_byName));
    }

    [Theory]
    [InlineData(0.01, "10ms")]
    [InlineData(1, "1s")]
    [InlineData(60, "1min")]
    public void Intervals_are_named(double seconds, string name) => Assert.Equal(name, OverheadFigure.Interval(seconds));

    [Fact]
    public void Plans_have_stable_unique_ids_that_are_file_names()
    {
        foreach (var figure in Figures.All)
        {
            foreach (var scale in Enum.GetValues<FigureScale>())
            {
                var ids = figure.Plan(new(scale, 1)).Select(step => step.Id).ToArray();
                Assert.NotEmpty(ids);
                Assert.Equal(ids.Length, ids.Distinct().Count());
                Assert.All(ids, id => Assert.Matches(@"^[\w.-]+$", id));
                Assert.Equal(ids, figure.Plan(new(scale, 1)).Select(step => step.Id));
            }
        }
    }

    public void Dispose() => _scratch.Dispose();
}
