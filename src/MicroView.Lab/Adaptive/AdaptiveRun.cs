namespace MicroView.Lab;

/// <summary>What `lab adaptive` was asked for.</summary>
internal sealed record AdaptiveRequest(string Data, ProtocolKind? Protocol, ModelChoice Model, IReadOnlyList<double> Thresholds, long BaselineNs, string? Out);

/// <summary>One service, or all, at one threshold.</summary>
/// <param name="Service">The service; "all" for the mean over services.</param>
/// <param name="Threshold">Percentile of training scores.</param>
/// <param name="Fill">How gaps are filled.</param>
/// <param name="Share">Share of samples sent, 0..1.</param>
/// <param name="Correlation">Σs·x/Σx² at lag 0, mean over the metrics that move.</param>
/// <param name="Pearson">Pearson's, likewise.</param>
internal sealed record AdaptiveResult(string Service, double Threshold, GapFill Fill, double Share, double Correlation, double Pearson);

/// <summary>Adaptive metric sampling (Sec. 6.4 of the paper): full resolution while anomalous, a baseline else.</summary>
internal static class AdaptiveRun
{
    public const string ResultFileName = "adaptive_sampling.csv";

    private const string All = "all";

    public static int Execute(AdaptiveRequest request, TextWriter output, TextWriter messages, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(messages);
        var data = DataSetReader.Read(request.Data);
        var trials = DayProtocol.Trials(data, request.Protocol ?? (data.Layout == DataSetLayout.Artifact ? ProtocolKind.Split : ProtocolKind.Xd));
        var step = trials.Max(trial => SeriesFile.UsualStep(trial.Test.Times));
        if (step >= request.BaselineNs)
            messages.WriteLine($"warning: rows are {SeriesFile.Duration(step)} apart, the baseline is {SeriesFile.Duration(request.BaselineNs)}: every row is sent, and nothing can be saved; use a longer --baseline");
        var results = LabProgress.Run("adaptive sampling", (long)trials.Count * request.Thresholds.Count, progress => Run(request, trials, progress, stop));
        var folder = request.Out ?? Path.Combine(request.Data, ExperimentLayout.Results);
        Write(Path.Combine(folder, ResultFileName), results);
        AdaptiveResult[] mean = [.. results.Where(result => result.Service == All)];
        AdaptiveFigure.Write(Path.Combine(folder, "adaptive_sampling"), mean);
        Print(mean, output);
        output.WriteLine($"results in {folder}");
        return ExitCode.Success;
    }

    private static List<AdaptiveResult> Run(AdaptiveRequest request, IReadOnlyList<Trial> trials, LabProgress progress, CancellationToken stop)
    {
        var work = from trial in trials from threshold in request.Thresholds select (trial, threshold);
        var single = work.AsParallel().AsOrdered().WithCancellation(stop).SelectMany(item =>
        {
            var results = Judge(request, item.trial, item.threshold);
            progress.Add();
            return results;
        }).ToArray();
        // A service that was judged on two days, or has several pods, is one.
        var services = single.GroupBy(result => (result.Service, result.Threshold, result.Fill)).Select(group => Mean(group.Key.Service, [.. group])).ToArray();
        return [.. services, .. services.GroupBy(result => (result.Threshold, result.Fill)).Select(group => Mean(All, [.. group]))];
    }

    private static AdaptiveResult[] Judge(AdaptiveRequest request, Trial trial, double threshold)
    {
        var detector = request.Model.Detector with { ThresholdPercentile = threshold, ThresholdFactor = 1 };
        var model = request.Model with { Detector = detector with { ZPercentile = detector.Model == "TH" ? threshold : null } };
        var given = trial.With(model.Metrics);
        var run = new DetectorRun(model, given.Training);
        var anomalous = new bool[given.Test.Count];
        for (var i = 0; i < anomalous.Length; i++)
            anomalous[i] = run.Judge(given.Test, i).Anomalous;
        var sent = SentSignal.Sent(trial.Test.Times, anomalous, request.BaselineNs);
        return [.. Enum.GetValues<GapFill>().Select(fill => Compare(trial, threshold, sent, fill))];
    }

    private static AdaptiveResult Compare(Trial trial, double threshold, bool[] sent, GapFill fill)
    {
        var (atLagZero, pearson) = SentSignal.MeanLikeness(trial.Test, sent, fill);
        return new AdaptiveResult(trial.Service, threshold, fill, sent.Count(flag => flag) / (double)sent.Length, atLagZero, pearson);
    }

    private static AdaptiveResult Mean(string service, AdaptiveResult[] results) => new(service, results[0].Threshold, results[0].Fill, results.Average(result => result.Share),
        results.Select(result => result.Correlation).Where(value => !double.IsNaN(value)).DefaultIfEmpty(double.NaN).Average(),
        results.Select(result => result.Pearson).Where(value => !double.IsNaN(value)).DefaultIfEmpty(double.NaN).Average());

    internal static string Name(GapFill fill) => fill == GapFill.Hold ? "hold" : "back-fill (artifact)";

    private static void Write(string file, List<AdaptiveResult> results) => ResultFile.Write(file, text =>
    {
        text.WriteRow("service", "threshold", "fill", "share_sent", "correlation", "pearson");
        foreach (var result in results)
            text.WriteRow(result.Service, result.Threshold, Name(result.Fill), result.Share, result.Correlation, result.Pearson);
    });

    private static void Print(AdaptiveResult[] mean, TextWriter output)
    {
        var table = new TextTable(0, "threshold", "sent", "correlation, hold", "Pearson, hold", "correlation, back-fill", "Pearson, back-fill");
        foreach (var threshold in mean.GroupBy(result => result.Threshold).OrderBy(threshold => threshold.Key))
        {
            var (hold, fill) = (threshold.First(result => result.Fill == GapFill.Hold), threshold.First(result => result.Fill == GapFill.BackFill));
            table.Add(FormattableString.Invariant($"p{threshold.Key}"), TextTable.Number(hold.Share), TextTable.Number(hold.Correlation), TextTable.Number(hold.Pearson), TextTable.Number(fill.Correlation), TextTable.Number(fill.Pearson));
        }
        table.Write(output);
        output.WriteLine("back-fill takes values from the future, as the artifact does: no receiver has them in time");
    }
}
