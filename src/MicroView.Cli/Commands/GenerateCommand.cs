using System.CommandLine;

namespace MicroView.Cli;

/// <summary>`microview generate`: pods with changing metrics, for trying and measuring.</summary>
internal static class GenerateCommand
{
    public static Command Create()
    {
        var options = new GenerateOptionTable();
        var command = new DocumentedCommand("generate", "Run instrumented pods: half counters http_requests_total_{i}, half gauges http_request_latency_{i}.",
            new("microview generate --debug --num-metrics 16 --update-metrics", "the artifact's generator: one pod of 16 metrics, updated in a loop"),
            new("microview generate -m 64 --pods 8 --rate 1000 --update-metrics", "8 pods of 64 metrics, 1000 rows a second each"),
            new("microview generate -m 16 --update-metrics --rest --port 5000", "through the artifact's REST registration instead of the socket"));
        options.AddTo(command);
        command.SetAction((result, cancellation) => Running.RunAsync(result, options.Debug, stop => GenerateRun.RunAsync(options, result, stop), cancellation));
        return command;
    }
}

/// <summary>The options of `generate`.</summary>
internal sealed class GenerateOptionTable
{
    public Option<int> Metrics { get; } = Kinds.Count("--num-metrics", "N", "Metrics per pod", 16, 1, 100_000, null, "-m");

    public Option<bool> Update { get; } = Kinds.Flag("--update-metrics", "Keep updating them [default: register, then hold]");

    public Option<int> Pods { get; } = Kinds.Count("--pods", "P", "Pods, all in this process", 1, 1, 10_000);

    public Option<double> Rate { get; } = Kinds.Number("--rate", "HZ", "Rows written per pod and second; 0: as fast as it goes", 100.0, "a number from 0 to 1000000",
        (string text, out double value) => double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out value) && value is >= 0 and <= 1e6, null);

    public Option<string?> Pod { get; } = Kinds.Text("--pod", "ID", "Pod id; with --pods a number is appended [default: generate-PID]");

    public Option<bool> Rest { get; } = Kinds.Flag("--rest", "Register through the agent's REST interface, as the artifact's client does [default: the socket]");

    public Option<string?> Host { get; } = Kinds.Text("--host", "ADDR", "Address of the agent's HTTP control plane, with --rest [default: 127.0.0.1]");

    public Option<int> Port { get; } = Kinds.Port("--port", "TCP port of the agent's HTTP control plane, with --rest", 5000);

    public Option<double?> Duration { get; } = Kinds.OptionalSeconds("--duration", "Stop by itself after this time; seconds [default: runs until stopped]");

    public Option<string?> Socket { get; } = AgentOptions.Socket();

    public Option<bool> Debug { get; } = Kinds.Flag("--debug", "Print every update instead of one a second; log every decision (environment: MICROVIEW_DEBUG=1)");

    public void AddTo(Command command)
    {
        Option[] table = [Metrics, Update, Pods, Rate, Pod, Rest, Host, Port, Duration, Socket, Debug];
        foreach (var option in table)
            command.Add(option);
    }
}
