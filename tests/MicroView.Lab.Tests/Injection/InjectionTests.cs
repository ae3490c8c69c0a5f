using System.CommandLine;
using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace MicroView.Lab.Tests;

public sealed class InjectionTests : IDisposable
{
    private static readonly string[] Yaml =
    [
        "app: dsb_hotel", "build_name: original", "blacklist: [jaeger, db]", "anomalies:", "  start_delay: 1m30s", "  period_max_seconds: 60", "  num_injection_rounds: 40", "  stressors:",
        "    cpu:", "      duration: 20", "      random_min_duration: 5", "      ncpu: 2", "      load: 80", "    mem_capacity: {duration: 10, random_min_duration: false, threads: 1, size: 1G}",
        "    mem-bw: {duration: 10}", "    llc: {duration: 10}", "    io: {duration: 10, size: 64M, threads: 2}",
    ];

    private static readonly string[] Targets = ["frontend", "search", "geo", "rate_db", "jaeger"];

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    private InjectorFile ReadFile(params string[] lines) => InjectorFile.Read(_scratch.Write("injector.yaml", lines));

    private static async Task<(int Status, string Output)> Run(params string[] arguments)
    {
        var output = new StringWriter();
        var result = LabCommandLine.BuildRootCommand().Parse(arguments);
        Assert.Empty(result.Errors);
        return (await result.InvokeAsync(new InvocationConfiguration { Output = output, EnableDefaultExceptionHandler = false }), output.ToString());
    }

    [Fact]
    public void The_artifacts_file_is_read()
    {
        var file = ReadFile(Yaml);
        Assert.Equal((90.0, 60, 40, null), (file.StartDelaySeconds, file.PeriodSeconds, file.Rounds, file.Namespace));
        Assert.Equal(["cpu", "mem_capacity", "mem_bw", "cache", "io"], file.Stressors.Select(stress => stress.Kind.Name));
        Assert.Equal((20, 5, 2, 80), (file.Stressors[0].Seconds, file.Stressors[0].LeastSeconds, file.Stressors[0].Workers, file.Stressors[0].Load));
        Assert.Equal((10, 10, "1G"), (file.Stressors[1].Seconds, file.Stressors[1].LeastSeconds, file.Stressors[1].Size));
        Assert.Equal(["--cpu", "2", "--cpu-load", "80", "--timeout", "7s"], file.Stressors[0].Kind.Command(file.Stressors[0], 7));
        Assert.Equal(["--hdd", "2", "--hdd-bytes", "64M", "--hdd-opts", "wr-rnd,rd-rnd,fsync", "--timeout", "9s"], file.Stressors[4].Kind.Command(file.Stressors[4], 9));
    }

    [Fact]
    public void What_profiles_write_is_what_the_injector_reads()
    {
        foreach (var profile in CollectProfile.All)
        {
            var file = ReadFile(profile.Injector().Split('\n'));
            Assert.Equal((profile.QuietSeconds, profile.Rounds, 5), (file.StartDelaySeconds, file.Rounds, file.Stressors.Count));
            Assert.Null(profile.Load("http://127.0.0.1:8080").Problem());
        }
    }

    [Theory]
    [InlineData("anomalies: {stressors: {wind: {duration: 1}}}", "there is no stressor 'wind'")]
    [InlineData("anomalies: {stressors: {cpu: {duration: long}}}", "duration is 'long'")]
    [InlineData("anomalies: {stressors: {cpu: {duration: 5, random_min_duration: 6}}}", "random_min_duration is '6', not a whole number from 0 to 5")]
    [InlineData("anomalies: {stressors: {io: {size: much}}}", "size is 'much'")]
    [InlineData("anomalies: {start_delay: later, stressors: {cpu: {}}}", "start_delay is 'later'")]
    [InlineData("anomalies: {period: 5, stressors: {cpu: {}}}", "no key 'period'")]
    [InlineData("anomalies: {}", "no stressors")]
    [InlineData("namespace: shop", "has no anomalies")]
    [InlineData("a: [", "is not YAML")]
    public void A_wrong_file_is_refused_with_what_is_wrong(string text, string complaint) =>
        Assert.Contains(complaint, Assert.Throws<DataException>(() => ReadFile(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_plan_follows_from_the_seed_and_keeps_to_the_file()
    {
        var file = ReadFile(Yaml);
        var plan = InjectionPlan.Make(file, Targets, 3);
        Assert.Equal(plan, InjectionPlan.Make(file, Targets.Reverse().ToArray(), 3));
        Assert.NotEqual(plan, InjectionPlan.Make(file, Targets, 4));
        Assert.Equal(40, plan.Select(injection => injection.Round).Distinct().Count());
        Assert.Equal(90, plan[0].AtSeconds);
        Assert.All(plan, injection => Assert.Contains(injection.Target, Targets[..3]));
        Assert.All(plan, injection => Assert.InRange(injection.Seconds, injection.Stress.LeastSeconds, injection.Stress.Seconds));
        // No kind twice in a target of a round, and every number of targets and of kinds comes up.
        Assert.Equal(plan.Count, plan.Select(injection => (injection.Round, injection.Target, injection.Stress.Kind)).Distinct().Count());
        var rounds = plan.GroupBy(injection => injection.Round).ToArray();
        Assert.Equal([1, 2, 3], rounds.Select(round => round.Select(injection => injection.Target).Distinct().Count()).Distinct().Order());
        Assert.Equal([1, 2, 3, 4, 5], plan.GroupBy(injection => (injection.Round, injection.Target)).Select(group => group.Count()).Distinct().Order());
        Assert.All(rounds.Zip(rounds.Skip(1)), pair => Assert.InRange(pair.Second.First().AtSeconds - pair.First.First().AtSeconds, 1, 60));
    }

    [Fact]
    public void A_blacklist_that_spares_everything_is_refused() =>
        Assert.Contains("spares every target", Assert.Throws<LabException>(() => InjectionPlan.Make(ReadFile(Yaml), ["jaeger", "geo_db"], 1)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_dry_run_says_what_it_would_do_and_writes_nothing()
    {
        _scratch.Write("injector.yaml", Yaml);
        var (status, output) = await Run("inject", "--config", _scratch.Path("injector.yaml"), "--targets", "frontend,geo", "--dry-run", "--output", _scratch.Path("faults.csv"));
        Assert.Equal(ExitCode.Success, status);
        Assert.Contains("stress-ng --cpu 2 --cpu-load 80", output, StringComparison.Ordinal);
        Assert.False(File.Exists(_scratch.Path("faults.csv")));
    }

    [Fact]
    public async Task Names_alone_are_no_place_to_inject_into()
    {
        _scratch.Write("injector.yaml", Yaml);
        Assert.Contains("--application", (await Assert.ThrowsAsync<LabException>(() => Run("inject", "--config", _scratch.Path("injector.yaml"), "--targets", "geo"))).Message, StringComparison.Ordinal);
        _scratch.Write("hotel.json", """{"services": [{"name": "geo", "pid": 2147483647}]}""");
        Assert.Contains("no more", (await Assert.ThrowsAsync<DataException>(() => Run("inject", "--config", _scratch.Path("injector.yaml"), "--application", _scratch.Path("hotel.json")))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_namespace_Chaos_Mesh_gets_a_workflow_of_the_same_plan()
    {
        _scratch.Write("injector.yaml", ["namespace: hotel", .. Yaml]);
        var (status, _) = await Run("inject", "--config", _scratch.Path("injector.yaml"), "--targets", "frontend,geo", "--seed", "5", "--chaos-file", _scratch.Path("chaos.yaml"));
        Assert.Equal(ExitCode.Success, status);
        var plan = InjectionPlan.Make(InjectorFile.Read(_scratch.Path("injector.yaml")), ["frontend", "geo"], 5);
        var stream = new YamlStream();
        using (var text = new StreamReader(_scratch.Path("chaos.yaml")))
            stream.Load(text);
        var root = stream.Documents[0].RootNode;
        Assert.Equal("Workflow", (string?)root["kind"]);
        var templates = (YamlSequenceNode)root["spec"]["templates"];
        var stresses = templates.Where(template => (string?)template["templateType"] == "StressChaos").ToArray();
        Assert.Equal(plan.Count, stresses.Length);
        foreach (var (injection, template) in plan.Zip(stresses))
        {
            Assert.Equal($"{injection.Seconds}s", (string?)template["deadline"]);
            Assert.Equal(injection.Target, (string?)template["stressChaos"]["selector"]["labelSelectors"]["app"]);
        }
        var waits = templates.Where(template => (string?)template["templateType"] == "Suspend").Select(template => (string?)template["deadline"]);
        Assert.Equal(plan.Select(injection => ((int)Math.Round(injection.AtSeconds)).ToString(CultureInfo.InvariantCulture) + "s"), waits);
        Assert.Contains(stresses, template => ((YamlMappingNode)template["stressChaos"]).Children.ContainsKey("stressngStressors"));
    }

    [Fact]
    [Trait("group", "slow")]
    public async Task Stress_acts_on_the_cores_of_its_target_and_is_written_down()
    {
        Assert.SkipWhen(Programs.Find("stress-ng") is null, "stress-ng is not installed");
        using var group = new ProcessGroup("injection-test");
        var target = group.Start(new("target", CpuRole.Application, Programs.Find("taskset")!, "--cpu-list", "0", "sleep", "600"));
        SpinWait.SpinUntil(() => File.ReadAllText($"/proc/{target.Id}/cmdline").StartsWith("sleep", StringComparison.Ordinal), TimeSpan.FromSeconds(60));
        _scratch.Write("hotel.json", $$"""{"services": [{"name": "geo", "pid": {{target.Id}}, "cgroups": []}]}""");
        _scratch.Write("injector.yaml", "anomalies:", "  num_injection_rounds: 1", "  stressors: {cpu: {duration: 30}}");
        using var stop = new CancellationTokenSource();
        var log = new StringWriter();
        var run = InjectRun.ExecuteAsync(new InjectOrder(InjectorFile.Read(_scratch.Path("injector.yaml")), _scratch.Path("hotel.json"), [], _scratch.Path("faults.csv"), "", 1, false), log, stop.Token);
        var workers = Array.Empty<string>();
        SpinWait.SpinUntil(() => (workers = Stressors()).Length >= 2, TimeSpan.FromSeconds(120));
        Assert.NotEmpty(workers);
        Assert.All(workers, status => Assert.Contains("Cpus_allowed_list:\t0\n", status, StringComparison.Ordinal));
        await stop.CancelAsync();
        Assert.Equal(ExitCode.Success, await run);
        SpinWait.SpinUntil(() => Stressors().Length == 0, TimeSpan.FromSeconds(60)); // killed is not yet gone on a busy machine
        Assert.Empty(Stressors());
        var fault = Assert.Single(FaultFile.Read(_scratch.Path("faults.csv")));
        Assert.Equal(("geo", "cpu"), (fault.Service, fault.Type));
        Assert.True(fault.EndNs > fault.StartNs);
        Assert.Contains("stopped", log.ToString(), StringComparison.Ordinal);
    }

    /// <summary>The status of each stress-ng that runs 30 s of cpu.</summary>
    private static string[] Stressors() => [.. Directory.EnumerateDirectories("/proc").Select(folder =>
    {
        try
        {
            var command = File.ReadAllText(Path.Combine(folder, "cmdline"));
            return command.Contains("stress-ng", StringComparison.Ordinal) && (command.Contains("30s", StringComparison.Ordinal) || command.Contains("stress-ng-cpu", StringComparison.Ordinal)) && !command.StartsWith("/bin/sh", StringComparison.Ordinal)
                ? File.ReadAllText(Path.Combine(folder, "status")) : "";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }).Where(status => status.Length > 0 && !status.Contains("(zombie)", StringComparison.Ordinal) && status.Contains("Cpus_allowed_list:\t0\n", StringComparison.Ordinal))];
}
