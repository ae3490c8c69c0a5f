using System.CommandLine;

namespace MicroView.Cli;

/// <summary>`microview up`: agent, node sources and collector in one process.</summary>
internal static class UpCommand
{
    public static Command Create()
    {
        var options = new UpOptionTable();
        var command = new DocumentedCommand("up", "Watch this machine: host agent, node sources, detection and Prometheus endpoint in one process, root or not.",
            new("microview up", "everything on defaults; q quits; endpoint on http://127.0.0.1:8000/metrics"),
            new("microview up --scrape-interval 0.1 --learn 20", "ten rows a second, alarms within two seconds, watching after 20 s"),
            new("microview up --plain --port 5001 --prometheus-port 8001", "lines instead of the terminal view, on other ports"),
            new("microview up --model VAE --model-file models/", "judge each service by its trained network, models/SERVICE.vae"),
            new("microview up --application shop=cart*,checkout* --trace-sampling on", "an alarm of any of these pods keeps every trace of the shop"),
            new("microview up --remote-write http://localhost:9090/api/v1/write", "send samples to a Prometheus: each 30 s, and all of them around an alarm"),
            new("microview up --scrape http://127.0.0.1:9100/metrics --scrape targets.json", "also watch what other exporters tell, each as a pod"),
            new("microview up --metrics-listen 0.0.0.0", "a Prometheus on another machine may scrape; the page stays here"),
            new("microview up --listen 0.0.0.0 --listen-token-file token --tls-certificate cert.pem --tls-key key.pem", "the page for other machines, over TLS and with a token"),
            new("microview up --sources processes --group-by pid", "one pod per process instead of one per program"))
        {
            Check = (result, problems) => UpRun.Read(options, result, problems),
        };
        options.AddTo(command);
        command.Add(AgentOptions.Configuration());
        command.SetAction((result, cancellation) => Running.RunAsync(result, options.Debug, stop => UpRun.RunAsync(options, result, stop), cancellation));
        return command;
    }
}

/// <summary>The options of `up`.</summary>
internal sealed class UpOptionTable
{
    public Option<double> ScrapeInterval { get; } = Kinds.Seconds("--scrape-interval", "How often pages are read, and sources sampled (those no more often than --tick, and below 1 s only the 50 busiest pods); seconds", 1, "-s");

    public Option<double> Tick { get; } = AgentOptions.Tick();

    public Option<string> Model { get; } = AgentOptions.Model("RFD");

    public Option<double?> FalseAlarms { get; } = AgentOptions.FalseAlarms();

    public Option<string?> ModelFile { get; } = AgentOptions.ModelFile();

    public Option<string> Normalize { get; } = AgentOptions.Normalize();

    public Option<double?> Learn { get; } = Kinds.OptionalSeconds("--learn", "Least time that a pod is learnt before it is watched, and never less than 30 rows; seconds [default: 30, and 60 rows]");

    public Option<string> WarmStart { get; } = AgentOptions.WarmStart();

    public Option<string> Sources { get; } = AgentOptions.Sources("all");

    public Option<string?> GroupBy { get; } = Kinds.Text("--group-by", "RULE", "Which processes make one pod: program (executable plus script), exe, cmdline, pid, cgroup, or regex:PATTERN with a group (?<pod>...) [default: program]");

    public ActionOptionTable Actions { get; } = new($"{ActionOptionTable.StandardJaegerPort}, if it is free");

    public AccessOptionTable Access { get; } = new();

    public Option<string?> Record { get; } = AgentOptions.Record();

    public Option<int> PrometheusPort { get; } = AgentOptions.PrometheusPort();

    public SampleOptionTable Samples { get; } = new();

    public Option<int> Port { get; } = Kinds.Port("--port", "TCP port of the agent's HTTP control plane on loopback", 5000);

    public Option<string?> Socket { get; } = AgentOptions.Socket();

    public Option<int> MaxPods { get; } = Kinds.Count("--max-pods", "N", "Quota of pods", 4096, 1, 1_000_000);

    public Option<bool> Plain { get; } = Kinds.Flag("--plain", "Lines instead of the terminal view [default: only when stdout is not a terminal]", "--no-tui");

    public Option<double?> Duration { get; } = Kinds.OptionalSeconds("--duration", "Stop by itself after this time; seconds [default: runs until stopped]");

    public ScrapeInOptionTable ScrapeIn { get; } = new();

    public Option<bool> Debug { get; } = AgentOptions.Debug();

    public void AddTo(Command command)
    {
        Option[] table = [ScrapeInterval, Tick, Model, FalseAlarms, ModelFile, Normalize, Learn, WarmStart, Sources, GroupBy, Record, PrometheusPort, .. Samples.All, Port, Socket, MaxPods, Plain, Duration, Debug];
        foreach (var option in table)
            command.Add(option);
        Access.AddTo(command);
        Actions.AddTo(command);
        ScrapeIn.AddTo(command);
    }
}
