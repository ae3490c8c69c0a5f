namespace MicroView.Lab;

/// <summary>What `lab classify` was asked for.</summary>
internal sealed record ClassifyRequest(string Data, string Service, ProtocolKind? Protocol, ModelChoice Model, string? Out);

/// <summary>Judges one service of a data set and writes the result files.</summary>
internal static class ClassifyRun
{
    public static int Execute(ClassifyRequest request, TextWriter output, TextWriter messages)
    {
        ArgumentNullException.ThrowIfNull(request);
        // Holes of other services say nothing about this one, and the night between two days is none.
        var data = DataSetReader.Read(request.Data, line =>
        {
            if (line.Contains($"/{request.Service}/", StringComparison.OrdinalIgnoreCase))
                messages.WriteLine(line);
        });
        var pods = data.OfService(request.Service);
        var trials = ServiceTrials(data, pods[0].Service, request.Protocol);
        var result = Classification.Of(trials, ExperimentNetworks.Of(data).For(trials[0], request.Model), attribute: true);
        var folder = request.Out ?? Path.Combine(request.Data, ExperimentLayout.Results, pods[0].Service, ExperimentLayout.Name(request.Model));
        var faults = data.Faults.Where(fault => pods.Any(pod => DayProtocol.IsFaulty(fault, pod.Service, pod.Pod))).ToArray();
        ClassificationFiles.Write(folder, $"{pods[0].Service}: {ExperimentLayout.Title(request.Model)}", request.Model, result, faults);
        Print(result, trials, folder, output);
        return ExitCode.Success;
    }

    /// <summary>The trials of one service.</summary>
    public static Trial[] ServiceTrials(DataSet data, string service, ProtocolKind? protocol)
    {
        var kind = protocol ?? (data.Layout == DataSetLayout.Artifact ? ProtocolKind.Split : ProtocolKind.Xd);
        return [.. DayProtocol.Trials(data, kind).Where(trial => trial.Service == service)];
    }

    private static void Print(Classification result, Trial[] trials, string folder, TextWriter output)
    {
        var (counts, ranking) = (result.Counts, result.Ranking);
        output.WriteLine(FormattableString.Invariant($"learnt from {string.Join(" and ", trials.Select(trial => trial.Training.Count))} rows of {trials[0].Training.Width} metrics; {counts.TruePositives + counts.FalseNegatives} rows of faults, {counts.FalsePositives + counts.TrueNegatives} others"));
        var table = new TextTable(0, "precision", "recall", "F1", "FPR", "AP", "ROC area", "TP", "FP", "FN", "TN");
        table.Add([.. new double?[] { counts.Precision, counts.Recall, counts.F1, counts.FalsePositiveRate, ranking.AveragePrecision, ranking.RocArea }.Select(TextTable.Number),
            .. new[] { counts.TruePositives, counts.FalsePositives, counts.FalseNegatives, counts.TrueNegatives }.Select(count => count.ToString(System.Globalization.CultureInfo.InvariantCulture))]);
        table.Write(output);
        foreach (var metric in result.TopMetrics.Take(5))
            output.WriteLine(FormattableString.Invariant($"{metric.MeanShare,6:0.0%} of what was anomalous  {metric.Metric}"));
        output.WriteLine($"results in {folder}");
    }
}
