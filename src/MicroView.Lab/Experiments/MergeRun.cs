namespace MicroView.Lab;

/// <summary>What `lab merge` was asked for.</summary>
internal sealed record MergeRequest(string Data, ProtocolKind? Protocol, string ChosenBy, string? Out, ulong Seed);

/// <summary>
/// The application is anomalous when any of its services is: predictions of all services, each with its tuned configuration, joined by OR
/// per time step.
/// </summary>
internal static class MergeRun
{
    public static int Execute(MergeRequest request, TextWriter output, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(request);
        var data = DataSetReader.Read(request.Data);
        var folder = GridRun.ResultsFolder(request.Data, request.Out);
        var choices = TuneRun.ReadChoices(folder, request.ChosenBy);
        var services = data.Services.Where(choices.ContainsKey).ToArray();
        if (services.Length == 0)
            throw new LabException($"none of the services in {folder} is in {request.Data}");
        var networks = ExperimentNetworks.Of(data);
        var judged = services.AsParallel().AsOrdered().WithCancellation(stop).Select(service =>
        {
            var trials = ClassifyRun.ServiceTrials(data, service, request.Protocol);
            return (service, Classification.Of(trials, networks.For(trials[0], choices[service].Choice(request.Seed)), attribute: false));
        }).ToArray();
        var merged = Join(judged);
        Write(Path.Combine(folder, ExperimentLayout.Merged), merged);
        var counts = merged.Where(step => step.Label is not RowLabel.Ignored).Aggregate(default(Confusion), (sum, step) => sum.With(step.Label is RowLabel.Positive, step.Services.Count > 0));
        WritePerformance(Path.Combine(folder, ExperimentLayout.MergedPerformance), request.ChosenBy, services.Length, counts);
        Print(counts, services.Length, request.ChosenBy, output);
        output.WriteLine($"results in {folder}");
        return ExitCode.Success;
    }

    /// <summary>One time step of the application.</summary>
    /// <param name="TimeNs">Its beginning, nanoseconds since 1970.</param>
    /// <param name="Label">Positive if a service is; ignored if one is and none is positive.</param>
    /// <param name="Services">Services called anomalous.</param>
    internal sealed record Step(long TimeNs, RowLabel Label, IReadOnlyList<string> Services);

    internal static IReadOnlyList<Step> Join(IReadOnlyList<(string Service, Classification Result)> judged)
    {
        var width = SeriesFile.UsualStep([.. judged[0].Result.Rows.Select(row => row.TimeNs)]);
        var steps = new SortedDictionary<long, (RowLabel Label, List<string> Services)>();
        foreach (var (service, result) in judged)
            foreach (var row in result.Rows)
            {
                var at = row.TimeNs / width * width;
                var (label, services) = steps.TryGetValue(at, out var known) ? known : (row.Label, []);
                if (row.Predicted && !services.Contains(service))
                    services.Add(service);
                steps[at] = (Stronger(label, row.Label), services);
            }
        return [.. steps.Select(step => new Step(step.Key, step.Value.Label, step.Value.Services))];
    }

    private static RowLabel Stronger(RowLabel a, RowLabel b) =>
        a is RowLabel.Positive || b is RowLabel.Positive ? RowLabel.Positive : a is RowLabel.Ignored || b is RowLabel.Ignored ? RowLabel.Ignored : RowLabel.Negative;

    private static void Write(string file, IReadOnlyList<Step> steps) => ResultFile.Write(file, text =>
    {
        text.WriteRow("timestamp", "label", "prediction", "services");
        foreach (var step in steps)
            text.WriteRow(CsvTime.Format(step.TimeNs), step.Label switch { RowLabel.Positive => 1, RowLabel.Negative => 0, _ => (object?)null }, step.Services.Count > 0, string.Join(";", step.Services));
    });

    private static void WritePerformance(string file, string chosenBy, int services, Confusion counts) => ResultFile.Write(file, text =>
    {
        text.WriteRow("chosen_by", "services", "precision", "recall", "f1", "fpr", "true_positives", "false_positives", "false_negatives", "true_negatives");
        text.WriteRow(chosenBy, services, counts.Precision, counts.Recall, counts.F1, counts.FalsePositiveRate, counts.TruePositives, counts.FalsePositives, counts.FalseNegatives, counts.TrueNegatives);
    });

    private static void Print(Confusion counts, int services, string chosenBy, TextWriter output)
    {
        output.WriteLine($"{services} services joined by OR, configurations chosen by {chosenBy}:");
        var table = new TextTable(0, "precision", "recall", "F1", "FPR");
        table.Add([.. new double?[] { counts.Precision, counts.Recall, counts.F1, counts.FalsePositiveRate }.Select(TextTable.Number)]);
        table.Write(output);
    }
}
