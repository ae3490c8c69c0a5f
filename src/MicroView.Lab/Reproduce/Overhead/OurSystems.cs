using System.Globalization;

namespace MicroView.Lab;

/// <summary>MicroView, as it is measured: default detection, default series.</summary>
internal static class OurSystems
{
    private const int MetricsPerPod = 32; // as many as a cgroup has, roughly

    // As the launcher starts `up`.
    private static readonly Dictionary<string, string> s_environment = new(Testbed.AgentEnvironment) { ["DOTNET_TieredPGO"] = "0", ["MALLOC_ARENA_MAX"] = "2" };

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static readonly Func<string, int> s_pods = OverheadSystem.Different("pod=\"(?!microview-agent)[^\"]+\"");

    /// <summary>Like the peers: scraped by the same Prometheus.</summary>
    public static OverheadSystem Scraped { get; } = new("microview", "MicroView, `up` with node sources, scraped by Prometheus", null, null, s_pods, (_, ingestion) => ingestion >= 1,
        (setting, context, stop) => UpAsync(setting, context, scraped: true));

    /// <summary>As it is meant to be used: the collector ingests, and detects, by itself.</summary>
    public static OverheadSystem Collected { get; } = new("microview-lmap", "MicroView, `up` with node sources, ingested by its own LMAP", null, null, s_pods, (generation, ingestion) => generation == ingestion,
        (setting, context, stop) => UpAsync(setting, context, scraped: false));

    /// <summary>Containers that update metrics of their own.</summary>
    public static OverheadSystem Instrumented { get; } = new("microview-pods", $"MicroView, instrumented pods of {MetricsPerPod} metrics, ingested by its own LMAP", null, null, s_pods, (_, _) => true, PodsAsync);

    private static Task<StartedSystem> UpAsync(OverheadSetting setting, StepContext context, bool scraped)
    {
        var (port, name) = (Testbed.FreePort(), scraped ? "microview" : "microview-lmap");
        var up = Start(context, name, CpuRole.Monitor, "up", "--plain", "--sources", setting.CgroupVersion > 0 ? "cgroups" : "processes", "--group-by", "pid", "--scrape-interval", Text(setting.Generation),
            "--port", Text(Testbed.FreePort()), "--prometheus-port", Text(port), "--jaeger-port", "off", "--socket", Path.Combine(context.Scratch, $"{name}.sock"));
        return Task.FromResult(new StartedSystem([up], [], port, Scraped: scraped));
    }

    private static async Task<StartedSystem> PodsAsync(OverheadSetting setting, StepContext context, CancellationToken stop)
    {
        var (socket, port) = (Path.Combine(context.Scratch, "pods.sock"), Testbed.FreePort());
        var host = Start(context, "pods-host", CpuRole.Monitor, "host", "--socket", socket, "--port", Text(Testbed.FreePort()), "--rdma-queues", "0");
        await host.WaitForAsync(_ => File.Exists(socket), "the agent listens", s_patience, stop);
        var generator = Start(context, "pods-generate", CpuRole.Monitor, "generate", "--pods", Text(setting.Containers), "--num-metrics", Text(MetricsPerPod), "--rate", Text(1 / setting.Generation), "--update-metrics", "--socket", socket);
        await generator.WaitForAsync(output => output.Contains("Attached to the agent", StringComparison.Ordinal), "the pods are attached", s_patience, stop);
        var collector = Start(context, "pods-nic", CpuRole.Monitor, "nic", "--socket", socket, "--scrape-interval", Text(setting.Ingestion), "--tick", Text(Math.Max(setting.Ingestion, 0.1)), "--prometheus-port", Text(port));
        return new([generator], [host, collector], port, Scraped: false);
    }

    private static GroupProcess Start(StepContext context, string name, CpuRole role, params string[] arguments) =>
        context.Processes.Start(new(name, role, Programs.Microview(), arguments) { Environment = s_environment, Log = Path.Combine(context.Files, name + ".log") });

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
