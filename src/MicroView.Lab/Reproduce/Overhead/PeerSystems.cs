using System.Globalization;

namespace MicroView.Lab;

/// <summary>Other ways to collect container metrics, as Debian packages them.</summary>
internal static class PeerSystems
{
    private static readonly Func<string, int> s_named = OverheadSystem.Different(ContainerGroup.Prefix + "\\d+");

    public static OverheadSystem NodeExporter { get; } = new("node-exporter", "prometheus-node-exporter, scraped by Prometheus", "prometheus-node-exporter", "prometheus-node-exporter", null, OnDemand,
        (_, context, _) => Start(context, "prometheus-node-exporter", port => [$"--web.listen-address=127.0.0.1:{port}"]));

    public static OverheadSystem ProcessExporter { get; } = new("process-exporter", "prometheus-process-exporter, scraped by Prometheus", "prometheus-process-exporter", "prometheus-process-exporter", OverheadSystem.Different("num_procs\\{groupname=\"[^\"]+\"\\}"), OnDemand, ProcessExporterAsync);

    public static OverheadSystem Netdata { get; } = new("netdata", "netdata, scraped by Prometheus", "netdata-core", "netdata", s_named, (generation, _) => generation >= 1, NetdataAsync);

    public static OverheadSystem Cadvisor { get; } = new("cadvisor", "cAdvisor, scraped by Prometheus", null, "cadvisor", s_named, (generation, _) => generation >= 1,
        (setting, context, _) => Start(context, "cadvisor", port => ["--listen_ip=127.0.0.1", $"--port={port}", $"--housekeeping_interval={Text(setting.Generation)}s", $"--max_housekeeping_interval={Text(setting.Generation)}s", "--docker_only=false"]));

    /// <summary>These read the kernel when they are scraped, and at no other time.</summary>
    private static bool OnDemand(double generation, double ingestion) => generation == ingestion && ingestion >= 1;

    private static Task<StartedSystem> ProcessExporterAsync(OverheadSetting setting, StepContext context, CancellationToken stop)
    {
        var file = Path.Combine(context.Scratch, "process-exporter.yml");
        // A group per container, and no other.
        File.WriteAllText(file, $$$"""
            process_names:
              - name: "{{.PID}}"
                cmdline:
                - '{{{ContainerGroup.Prefix}}}\d+'
            """);
        return Start(context, "prometheus-process-exporter", port => ["-config.path", file, "-web.listen-address", $"127.0.0.1:{port}"]);
    }

    private static readonly string[] s_netdataFiles = ["/dev/shm/netdata_shm_cgroup_ebpf", "/dev/shm/sem.netdata_sem_cgroup_ebpf"];

    private static Task<StartedSystem> NetdataAsync(OverheadSetting setting, StepContext context, CancellationToken stop)
    {
        var (folder, port) = (Directory.CreateDirectory(Path.Combine(context.Scratch, "netdata")).FullName, Testbed.FreePort());
        foreach (var inside in (string[])["cache", "lib", "log", "etc"])
            Directory.CreateDirectory(Path.Combine(folder, inside));
        // It makes these whatever it is told, and a kill leaves them; where they are already, they are another's.
        foreach (var file in s_netdataFiles.Where(file => !File.Exists(file)))
            context.Left.AddPath(file);
        // Only what it needs to tell of the containers: its cheapest form.
        File.WriteAllText(Path.Combine(folder, "netdata.conf"), $"""
            [global]
                run as user = {Environment.UserName}
                hostname = lab
            [directories]
                config = {folder}/etc
                cache = {folder}/cache
                lib = {folder}/lib
                log = {folder}/log
            [logs]
                error = stderr
                debug = none
                access = none
            [db]
                mode = ram
                retention = 600
                update every = {Text(setting.Generation)}
            [ml]
                enabled = no
            [health]
                enabled = no
            [web]
                bind to = 127.0.0.1:{port}
                web server threads = 1
            [plugins]
                enable running new plugins = no
                {string.Join("\n    ", ((string[])["proc", "diskspace", "tc", "idlejitter", "apps", "statsd", "timex", "slabinfo", "perf", "ioping", "charts.d", "python.d", "go.d", "ebpf", "nfacct", "fping", "checks", "netdata monitoring", "netdata monitoring extended"]).Select(plugin => $"{plugin} = no"))}
                cgroups = yes
            [plugin:cgroups]
                use unified cgroups = {(setting.CgroupVersion == 2 ? "yes" : "no")}
                check for new cgroups every = 10
                max cgroups to allow = 4000
                max cgroups depth to monitor = 0
                enable by default cgroups matching = */{ContainerGroup.Prefix}* !*
                enable by default cgroups names matching = *
                search for cgroups in subpaths matching = *
                run script to rename cgroups matching = !*
                script to get cgroup network interfaces = /bin/true
                enable systemd services = no
                cgroups to match as systemd services = !*
            """);
        return Start(context, "netdata", _ => ["-D", "-c", Path.Combine(folder, "netdata.conf"), "-P", Path.Combine(folder, "netdata.pid")], port, "/api/v1/allmetrics", "format=prometheus&source=raw");
    }

    private static Task<StartedSystem> Start(StepContext context, string program, Func<int, string[]> arguments, int? port = null, string path = "/metrics", string? query = null)
    {
        var listening = port ?? Testbed.FreePort();
        var process = context.Processes.Start(new(program, CpuRole.Monitor, Programs.Find(program)!, arguments(listening)) { HasChildren = true, Log = Path.Combine(context.Files, program + ".log") });
        return Task.FromResult(new StartedSystem([process], [], listening, path, query));
    }

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
