using System.Text.RegularExpressions;
using MicroView.Analysis;

namespace MicroView.Lab;

/// <summary>What `lab traces` was asked for.</summary>
internal sealed record TraceRequest
{
    public required string Data { get; init; }
    public required string Traces { get; init; }
    public ProtocolKind? Protocol { get; init; }

    /// <summary>The model, or "all" to evaluate.</summary>
    public required ModelChoice Model { get; init; }

    /// <summary>Whose configurations decide: <see cref="TuneRun.ByLabels"/>, <see cref="TuneRun.WithoutLabels"/>; null for the model's.</summary>
    public string? Config { get; init; }

    public bool OwnServicesOnly { get; init; }
    public long TickNs { get; init; } = 1_000_000_000;
    public string HealthChecks { get; init; } = TraceLabels.HealthChecks;
    public string? Out { get; init; }
}

/// <summary>`lab traces sample`: samples the traces of a data set by the detectors' decisions, by latency, and by both.</summary>
internal static class TraceRun
{
    public const string SampledFile = "traces_sampled.csv";

    public static int Sample(TraceRequest request, TextWriter output, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(request);
        var data = DataSetReader.Read(request.Data);
        var trials = Trials(request, data);
        var choices = Choices(request, trials);
        var networks = ExperimentNetworks.Of(data);
        var decisions = ServiceDecisions.Of(trials, trial => networks.For(trial, choices[trial.Service]), stop);
        var labels = Labels(request, decisions);
        bool[] worth = [.. labels.Judged.Select(labels.IsWorthKeeping)];
        var detector = TraceSampler.ByDetector(labels.Judged, decisions.Anomalous(), request.OwnServicesOnly);
        var latency = TraceSampler.ByLatency(labels.Judged, labels, request.TickNs);
        var both = TraceSampler.Either(detector, latency);
        var file = request.Out ?? Path.Combine(request.Data, ExperimentLayout.Results, SampledFile);
        WriteSampled(file, labels.Judged, worth, detector, latency, both);
        var name = request.Config is { } config ? $"detectors as tuned ({config})" : $"detector {request.Model.Detector.Model}";
        Print(labels, worth, [SamplingOutcome.Of(name, detector, worth), SamplingOutcome.Of("latency trigger", latency, worth), SamplingOutcome.Of("both", both, worth), .. TraceSampler.Head(labels.Judged, worth)], output);
        output.WriteLine($"results in {file}");
        return ExitCode.Success;
    }

    internal static IReadOnlyList<Trial> Trials(TraceRequest request, DataSet data) =>
        DayProtocol.Trials(data, request.Protocol ?? (data.Layout == DataSetLayout.Artifact ? ProtocolKind.Split : ProtocolKind.Xd));

    private static Dictionary<string, ModelChoice> Choices(TraceRequest request, IReadOnlyList<Trial> trials)
    {
        var services = trials.Select(trial => trial.Service).Distinct();
        if (request.Config is null)
            return services.ToDictionary(service => service, _ => request.Model);
        var tuned = TuneRun.ReadChoices(Path.Combine(request.Data, ExperimentLayout.Results), request.Config);
        return services.ToDictionary(service => service, service => tuned.TryGetValue(service, out var point) ? point.Choice(request.Model.Detector.Seed)
            : throw new LabException($"{request.Data}: nothing was tuned for {service}; run 'microview lab tune' again"));
    }

    internal static TraceLabels Labels(TraceRequest request, ServiceDecisions decisions) =>
        TraceLabels.Of(TraceFile.Read(request.Traces), decisions.Training, decisions.Judged, new Regex(request.HealthChecks, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)));

    private static void WriteSampled(string file, IReadOnlyList<Trace> traces, bool[] worth, bool[] detector, bool[] latency, bool[] both) => ResultFile.Write(file, text =>
    {
        text.WriteRow("traceID", "duration-ms", "startTime", "endTime", "rpcErrors", "operation", "processes", "label", "head_p", "best_config", "latency", "both");
        for (var i = 0; i < traces.Count; i++)
        {
            var trace = traces[i];
            text.WriteRow(trace.Id, trace.Milliseconds, trace.StartNs / 1000, trace.EndNs / 1000, trace.Errors, trace.Operation, string.Join(";", trace.Services),
                worth[i], Math.Round(trace.HeadProbability, 6), detector[i], latency[i], both[i]);
        }
    });

    private static void Print(TraceLabels labels, bool[] worth, IEnumerable<SamplingOutcome> outcomes, TextWriter output)
    {
        output.WriteLine(Judged(labels, worth));
        var table = new TextTable(1, "sampling", "kept", "coverage", "coverage/kept");
        foreach (var outcome in outcomes)
            table.Add([outcome.Name, .. Cells(outcome)]);
        table.Write(output);
    }

    internal static string Judged(TraceLabels labels, bool[] worth) =>
        $"{labels.Judged.Count} traces judged, {worth.Count(flag => flag)} of them worth keeping (slow or in error); {labels.Dropped}";

    internal static string[] Cells(SamplingOutcome outcome) =>
        [TextTable.Number(outcome.Share), TextTable.Number(outcome.Coverage), TextTable.Number(outcome.Share > 0 ? outcome.Coverage / outcome.Share : double.NaN)];
}
