using System.Globalization;

namespace MicroView.Lab;

/// <summary>Debian's Prometheus with one target.</summary>
internal static class PrometheusServer
{
    /// <summary>Starts it; it begins to scrape at once.</summary>
    /// <param name="context">Of the step.</param>
    /// <param name="name">Of its log and its data.</param>
    /// <param name="target">The endpoint, reached through <paramref name="port"/>.</param>
    /// <param name="port">Where it connects to.</param>
    /// <param name="seconds">Between scrapes; at least 1 ms.</param>
    /// <param name="listen">Port of its own; 0: any free one.</param>
    /// <param name="prefix">A command that starts it: taskset, say.</param>
    public static GroupProcess Start(StepContext context, string name, StartedSystem target, int port, double seconds, int listen = 0, params IReadOnlyList<string> prefix)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(target);
        var folder = Directory.CreateDirectory(Path.Combine(context.Scratch, name)).FullName;
        var interval = $"{Math.Max(1, (long)(seconds * 1000)).ToString(CultureInfo.InvariantCulture)}ms";
        var parameters = target.Query is { } query ? $"\n    params:\n{string.Join('\n', query.Split('&').Select(pair => $"      {pair.Split('=')[0]}: [{pair.Split('=')[1]}]"))}" : "";
        File.WriteAllText(Path.Combine(folder, "prometheus.yml"), $"""
            scrape_configs:
              - job_name: lab
                scrape_interval: {interval}
                scrape_timeout: {interval}
                metrics_path: {target.Path}
                static_configs:
                  - targets: ['127.0.0.1:{port}']
            """ + parameters + "\n");
        string[] command = [.. prefix, Programs.Require("prometheus", "prometheus"), $"--config.file={folder}/prometheus.yml", $"--storage.tsdb.path={folder}/data", $"--web.listen-address=127.0.0.1:{(listen > 0 ? listen : Testbed.FreePort())}"];
        return context.Processes.Start(new(name, CpuRole.Monitor, command[0], command[1..]) { Log = Path.Combine(context.Files, name + ".log") });
    }
}
