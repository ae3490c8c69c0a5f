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

/// <summary>Samples the traces of a data set by the detectors' decisions, by latency, and by both.</summary>
internal static class TraceRun
{
    public const string SampledFile = "traces_sampled.csv";
    public const string SamplingFile = "trace_sampling.csv";

    private static readonly double[] Percentiles = [90, 95, 98, 99, 99.5, 99.9];

    /// <summary>`lab traces sample`.</summary>
    public static int Sample(TraceRequest request, TextWriter output, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(request);
        var trials = Trials(request);
        var choices = Choices(request, trials);
        var decisions = ServiceDecisions.Of(trials, service => choices[service], stop);
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

    /// <summary>`lab traces evaluate`: coverage over cost for thresholds from lax to strict.</summary>
    public static int Evaluate(TraceRequest request, TextWriter output, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(request);
        var trials = Trials(request);
        var models = request.Model.Detector.Model == "all"
            ? ModelOptions.Judging.Where(model => model != "VAE").Select(model => EvaluatedModel.Live(model, request.Model.Detector.Seed).Choice)
            : [request.Model];
        var curves = new List<(string Model, SamplingOutcome[] Points)>();
        TraceLabels? labels = null;
        foreach (var model in models)
        {
            var decisions = ServiceDecisions.Of(trials, _ => model, stop);
            labels ??= Labels(request, decisions);
            bool[] own = [.. labels.Judged.Select(labels.IsWorthKeeping)];
            curves.Add((model.Detector.Model, [.. Percentiles.Select(percentile => SamplingOutcome.Of(FormattableString.Invariant($"{model.Detector.Model} p{percentile}"),
                TraceSampler.ByDetector(labels.Judged, decisions.Anomalous(percentile), request.OwnServicesOnly), own))]));
        }
        bool[] worth = [.. labels!.Judged.Select(labels.IsWorthKeeping)];
        var latency = SamplingOutcome.Of("latency trigger", TraceSampler.ByLatency(labels.Judged, labels, request.TickNs), worth);
        SamplingOutcome[] head = [.. TraceSampler.Head(labels.Judged, worth)];
        var folder = request.Out ?? Path.Combine(request.Data, ExperimentLayout.Results);
        SamplingOutcome[] all = [.. curves.SelectMany(curve => curve.Points), latency, .. head];
        ResultFile.Write(Path.Combine(folder, SamplingFile), text =>
        {
            text.WriteRow("sampling", "share", "coverage");
            foreach (var outcome in all)
                text.WriteRow(outcome.Name, outcome.Share, outcome.Coverage);
        });
        TraceFigure.Write(Path.Combine(folder, "trace_sampling"), curves, latency, head);
        Print(labels, worth, all, output);
        output.WriteLine($"results in {folder}");
        return ExitCode.Success;
    }

    private static IReadOnlyList<Trial> Trials(TraceRequest request)
    {
        var data = DataSetReader.Read(request.Data);
        return DayProtocol.Trials(data, request.Protocol ?? (data.Layout == DataSetLayout.Artifact ? ProtocolKind.Split : ProtocolKind.Xd));
    }

    private static Dictionary<string, ModelChoice> Choices(TraceRequest request, IReadOnlyList<Trial> trials)
    {
        var services = trials.Select(trial => trial.Service).Distinct();
        if (request.Config is null)
            return services.ToDictionary(service => service, _ => request.Model);
        var tuned = TuneRun.ReadChoices(Path.Combine(request.Data, ExperimentLayout.Results), request.Config);
        return services.ToDictionary(service => service, service => tuned.TryGetValue(service, out var point) ? point.Choice(request.Model.Detector.Seed)
            : throw new LabException($"{request.Data}: nothing was tuned for {service}; run 'microview lab tune' again"));
    }

    private static TraceLabels Labels(TraceRequest request, ServiceDecisions decisions) =>
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
        output.WriteLine($"{labels.Judged.Count} traces judged, {worth.Count(flag => flag)} of them worth keeping (slow or in error); {labels.Dropped}");
        var table = new TextTable(1, "sampling", "kept", "coverage", "coverage/kept");
        foreach (var outcome in outcomes)
            table.Add(outcome.Name, TextTable.Number(outcome.Share), TextTable.Number(outcome.Coverage), TextTable.Number(outcome.Share > 0 ? outcome.Coverage / outcome.Share : double.NaN));
        table.Write(output);
    }
}
