using System.CommandLine;
using System.Text.RegularExpressions;

namespace MicroView.Lab;

/// <summary>`microview lab traces`: which traces detectors would have kept, and what that is worth.</summary>
internal static class TracesCommand
{
    public static Command Create() =>
        new DocumentedCommand("traces", "Sample traces by detectors' decisions and by latency, and compare with head sampling.",
            new("microview lab traces sample --data experiment --traces experiment/traces.csv", "keep or drop for each trace"),
            new("microview lab traces evaluate --data online-boutique --traces online-boutique/traces.csv.gz", "coverage over cost, as a figure"))
        {
            Sample(), Evaluate(),
        };

    private static DocumentedCommand Sample()
    {
        var options = new TraceOptionTable(all: false);
        var config = Kinds.Choice("--config", "Whose settings decide: model, the options here, the same for all services; labels or label-free, what lab tune chose for each service; auto: labels where there is a best_config.csv, else model", "auto", ["auto", "model", TuneRun.ByLabels, TuneRun.WithoutLabels]);
        var command = new DocumentedCommand("sample", "Keep or drop for each trace: by detectors, by a latency trigger, by both. Writes the traces with label (worth keeping), head_p (kept by head sampling from this probability on), best_config (the detectors' decision), latency and both.",
            new("microview lab traces sample --data experiment --traces experiment/traces.csv", "by the tuned configurations, if there are any"),
            new("microview lab traces sample --data online-boutique --traces online-boutique/traces.csv.gz --protocol sd --model RFD --out sampled.csv", "by one model")) { config };
        options.AddTo(command, Kinds.Text("--out", "FILE", $"The traces with decisions [default: DATA/results/{TraceRun.SampledFile}]", "-o"));
        command.SetAction((result, stop) => Task.Run(() =>
        {
            var request = options.Read(result);
            return TraceRun.Sample(request with { Config = Tuned(result.GetValue(config)!, request.Data) }, result.InvocationConfiguration.Output, stop);
        }, stop));
        return command;
    }

    private static DocumentedCommand Evaluate()
    {
        var options = new TraceOptionTable(all: true);
        var command = new DocumentedCommand("evaluate", "Coverage of the traces worth keeping against the share kept, for thresholds from the 90th to the 99.9th percentile: a table, trace_sampling.csv and a figure.",
            new Example("microview lab traces evaluate --data online-boutique --traces online-boutique/traces.csv.gz --protocol sd", "all models"));
        options.AddTo(command, Kinds.Text("--out", "DIR", "Folder of the results [default: DATA/results]", "-o"));
        command.SetAction((result, stop) => Task.Run(() => TraceEvaluation.Run(options.Read(result), result.InvocationConfiguration.Output, stop), stop));
        return command;
    }

    /// <summary>null for the model's own settings.</summary>
    internal static string? Tuned(string config, string data) => config switch
    {
        "model" => null,
        "auto" => File.Exists(Path.Combine(data, ExperimentLayout.Results, ExperimentLayout.BestConfig)) ? TuneRun.ByLabels : null,
        _ => config,
    };
}

/// <summary>The options that both have.</summary>
internal sealed class TraceOptionTable(bool all)
{
    private readonly ModelOptions _model = new(all);
    private Option<string?>? _out;

    public Option<string> Data { get; } = LabOptions.Data();

    public Option<string> Traces { get; } = Kinds.Required("--traces", "FILE", "Traces: traceID, duration-ms, startTime, endTime (µs), rpcErrors, operation, processes, named in the file or in header.csv beside it; or the development set's; .gz allowed", "-t");

    public Option<string> Protocol { get; } = LabOptions.Protocol();

    public Option<string> Scope { get; } = Kinds.Choice("--scope", "Whose anomaly keeps a trace: any service of the application, or only those that take part in it", "application", ["application", "trace"]);

    public Option<double?> Tick { get; } = Kinds.OptionalSeconds("--tick", "How often the latency trigger looks [default: 1]");

    public Option<string> HealthChecks { get; } = Kinds.Value("--health-checks", "REGEX", "Operations that are health checks, and dropped", TraceLabels.HealthChecks, "a regular expression",
        (string text, out string value) =>
        {
            value = text;
            try
            {
                return new Regex(text).Options == RegexOptions.None;
            }
            catch (ArgumentException)
            {
                return false;
            }
        });

    public void AddTo(Command command, Option<string?> output)
    {
        _out = output;
        foreach (var option in (Option[])[Data, Traces, Protocol, Scope, Tick, HealthChecks, output])
            command.Add(option);
        _model.AddTo(command);
    }

    public TraceRequest Read(ParseResult result) => new()
    {
        Data = result.GetValue(Data)!,
        Traces = result.GetValue(Traces)!,
        Protocol = LabOptions.ReadProtocol(result.GetValue(Protocol)),
        Model = _model.Read(result).AsInThePaper(),
        OwnServicesOnly = result.GetValue(Scope) == "trace",
        TickNs = Math.Max(1_000_000, (long)((result.GetValue(Tick) ?? 1) * 1e9)),
        HealthChecks = result.GetValue(HealthChecks)!,
        Out = result.GetValue(_out!),
    };
}
