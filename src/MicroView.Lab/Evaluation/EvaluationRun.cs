using System.Globalization;
using System.Text.Json;

namespace MicroView.Lab;

/// <summary>What `lab evaluate` was asked for.</summary>
internal sealed record EvaluationRequest(string Data, ProtocolKind? Protocol, string Model, EvaluatedModel? Own, bool Edges, bool Tuned, bool Json, ulong Seed);

/// <summary>Reads a data set, measures, prints.</summary>
internal static class EvaluationRun
{
    public static int Execute(EvaluationRequest request, TextWriter output, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(request);
        var data = DataSetReader.Read(request.Data);
        if (request.Edges)
            data = data.WithEdges();
        var kind = request.Protocol ?? (data.Layout == DataSetLayout.Artifact ? ProtocolKind.Split : ProtocolKind.Xd);
        var trials = DayProtocol.Trials(data, kind);
        var reports = Measure(request, trials, kind, stop);
        if (request.Json)
            output.WriteLine(JsonSerializer.Serialize(reports, LabJson.Default.EvaluationReportArray));
        else
            Print(reports, request.Edges, output);
        return ExitCode.Success;
    }

    private static EvaluationReport[] Measure(EvaluationRequest request, IReadOnlyList<Trial> trials, ProtocolKind kind, CancellationToken stop)
    {
        var standing = request.Own is { } own ? [own] : Asked(request, trials);
        EvaluatedModel[] grid = request.Tuned ? [.. standing.Select(model => model.Name).Distinct().SelectMany(model => EvaluatedModel.Grid(model, request.Seed))] : [];
        EvaluatedModel[] all = [.. standing, .. grid];
        var reports = LabProgress.Run("evaluating", (long)all.Length * trials.Count, progress => Evaluator.Run(trials, kind, all, progress, stop));
        // The paper's FD and the one without unit norm are two detectors under one name.
        var tuned = reports.Zip(all).Skip(standing.Count).GroupBy(row => (row.Second.Name, row.Second.Choice.Detector.Normalization))
            .Select(model => model.MaxBy(row => row.First.Ap).First)
            .Select(best => best with { TunedByLabels = true, Configuration = $"tuned by labels: {best.Configuration}" });
        return [.. reports[..standing.Count], .. tuned];
    }

    /// <summary>The standing configurations of the models asked for; of "all", those that can run here.</summary>
    private static List<EvaluatedModel> Asked(EvaluationRequest request, IReadOnlyList<Trial> trials)
    {
        var asked = EvaluatedModel.Standing(request.Seed).Where(model => request.Model == "all" || model.Name.Equals(request.Model, StringComparison.OrdinalIgnoreCase)).ToList();
        if (request.Model != "all")
            return asked;
        for (var i = asked.Count - 1; i >= 0; i--)
        {
            try
            {
                _ = new DetectorRun(asked[i].Choice, trials[0].With(asked[i].Choice.Metrics).Training);
            }
            catch (LabException error)
            {
                Failures.WriteLine($"{asked[i].Name} is left out: {error.Message}");
                asked.RemoveAt(i);
            }
        }
        return asked;
    }

    private static void Print(EvaluationReport[] reports, bool edges, TextWriter output)
    {
        var table = new TextTable(2, "model", "configuration", "AP", "F1 p99", "F1 p99.9", "FPR tail", "F1 own", "FPR own", "detected", "top-1", "top-3");
        foreach (var report in reports)
            table.Add([report.Model, report.Configuration, .. new double?[] { report.Ap, report.F1P99, report.F1P999, report.FprTail, report.F1Own, report.FprOwn,
                report.Detected, report.Top1, report.Top3 }.Select(TextTable.Number)]);
        table.Write(output);
        output.WriteLine();
        output.WriteLine("By kind of fault: detected / top-1 / top-3");
        PrintTypes(reports, output);
        var first = reports[0];
        output.WriteLine($"\nProtocol {first.Protocol}{(edges ? " with edges" : "")}: {first.Positives} positive rows, {first.Negatives} negative; by chance AP is {TextTable.Number(first.BaseAp)}.");
    }

    private static void PrintTypes(EvaluationReport[] reports, TextWriter output)
    {
        string[] types = [.. reports[0].ByType.Keys];
        var table = new TextTable(2, ["model", "configuration", .. types.Select(type => $"{type} ({reports[0].ByType[type].Faults})")]);
        foreach (var report in reports)
            table.Add([report.Model, report.Configuration, .. types.Select(type =>
                FormattableString.Invariant($"{report.ByType[type].Detected:0.00}/{report.ByType[type].Top1:0.00}/{report.ByType[type].Top3:0.00}"))]);
        table.Write(output);
    }
}
