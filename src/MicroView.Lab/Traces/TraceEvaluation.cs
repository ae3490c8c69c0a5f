namespace MicroView.Lab;

/// <summary>What one way to sample comes to as its threshold goes from lax to strict.</summary>
/// <param name="Name">The way.</param>
/// <param name="Points">An outcome per threshold.</param>
internal sealed record SamplingCurve(string Name, IReadOnlyList<SamplingOutcome> Points);

/// <summary>A detector's decisions alone, and together with the latency trigger.</summary>
internal sealed record DetectorCurves(SamplingCurve Alone, SamplingCurve Both);

/// <summary>`lab traces evaluate`: coverage over cost of detectors, of the latency trigger, of both, and of head sampling.</summary>
internal static class TraceEvaluation
{
    public const string SamplingFile = "trace_sampling.csv";

    private static readonly double[] Percentiles = [90, 95, 98, 99, 99.5, 99.9];
    private static readonly double[] Deviations = [0.5, 1, 2, TraceLabels.Deviations, 4, 6];

    public static int Run(TraceRequest request, TextWriter output, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(request);
        var data = DataSetReader.Read(request.Data);
        var trials = TraceRun.Trials(request, data);
        var networks = ExperimentNetworks.Of(data);
        var models = request.Model.Detector.Model == "all"
            ? ModelOptions.Judging.Where(model => model != "VAE").Select(model => EvaluatedModel.Live(model, request.Model.Detector.Seed).Choice)
            : [request.Model];
        ServiceDecisions[] decided = [.. models.Select(model => ServiceDecisions.Of(trials, trial => networks.For(trial, model), stop))];
        var labels = TraceRun.Labels(request, decided[0]);
        bool[] worth = [.. labels.Judged.Select(labels.IsWorthKeeping)];
        var trigger = TraceSampler.ByLatency(labels.Judged, labels, request.TickNs);
        DetectorCurves[] detectors = [.. models.Zip(decided, (model, decisions) => Curves(model.Detector.Model, decisions, request, labels, trigger, worth))];
        var latency = new SamplingCurve("latency trigger", [.. Deviations.Select(deviations =>
            SamplingOutcome.Of(FormattableString.Invariant($"latency {deviations} sd"), TraceSampler.ByLatency(labels.Judged, labels, request.TickNs, deviations), worth))]);
        var head = new SamplingCurve("head sampling", [.. TraceSampler.Head(labels.Judged, worth)]);
        var folder = request.Out ?? Path.Combine(request.Data, ExperimentLayout.Results);
        Write(Path.Combine(folder, SamplingFile), [.. detectors.SelectMany(curves => (SamplingCurve[])[curves.Alone, curves.Both]), latency, head]);
        TraceFigure.Write(Path.Combine(folder, "trace_sampling"), detectors, latency, Deviations, head);
        output.WriteLine(TraceRun.Judged(labels, worth));
        Print(detectors, [.. latency.Points, .. head.Points], output);
        output.WriteLine($"results in {folder}");
        return ExitCode.Success;
    }

    private static DetectorCurves Curves(string model, ServiceDecisions decisions, TraceRequest request, TraceLabels labels, bool[] trigger, bool[] worth)
    {
        var kept = Percentiles.Select(percentile => (Name: FormattableString.Invariant($"{model} p{percentile}"),
            Traces: TraceSampler.ByDetector(labels.Judged, decisions.Anomalous(percentile), request.OwnServicesOnly))).ToArray();
        return new DetectorCurves(
            new SamplingCurve(model, [.. kept.Select(point => SamplingOutcome.Of(point.Name, point.Traces, worth))]),
            new SamplingCurve($"{model} or latency", [.. kept.Select(point => SamplingOutcome.Of($"{point.Name} or latency", TraceSampler.Either(point.Traces, trigger), worth))]));
    }

    private static void Write(string file, IReadOnlyList<SamplingCurve> curves) => ResultFile.Write(file, text =>
    {
        text.WriteRow("curve", "sampling", "share", "coverage");
        foreach (var curve in curves)
            foreach (var point in curve.Points)
                text.WriteRow(curve.Name, point.Name, point.Share, point.Coverage);
    });

    private static void Print(IReadOnlyList<DetectorCurves> detectors, IReadOnlyList<SamplingOutcome> others, TextWriter output)
    {
        var table = new TextTable(1, "sampling", "kept", "coverage", "coverage/kept", "or latency: kept", "coverage", "coverage/kept");
        foreach (var curves in detectors)
            foreach (var (alone, both) in curves.Alone.Points.Zip(curves.Both.Points))
                table.Add([alone.Name, .. TraceRun.Cells(alone), .. TraceRun.Cells(both)]);
        foreach (var outcome in others)
            table.Add([outcome.Name, .. TraceRun.Cells(outcome), "", "", ""]);
        table.Write(output);
    }
}
