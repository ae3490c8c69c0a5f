namespace MicroView.Lab;

/// <summary>Chooses a configuration per service: by labels, as the artifact does, and without them. Both stand side by side.</summary>
internal static class TuneRun
{
    public const string ByLabels = "labels";
    public const string WithoutLabels = "label-free";

    public static int Execute(GridRequest request, TextWriter output, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(request);
        var folder = GridRun.ResultsFolder(request.Data, request.Out);
        var results = Results(request, folder, stop);
        (string Service, GridResult Labels, GridResult Free)[] choices =
            [.. results.GroupBy(result => result.Service).Select(service => (service.Key, GridResult.ByLabels(service), GridResult.WithoutLabels(service)))];
        Write(folder, choices);
        Print(choices, output);
        output.WriteLine($"results in {folder}");
        return ExitCode.Success;
    }

    /// <summary>The configurations that a tuning left in a results folder.</summary>
    public static IReadOnlyDictionary<string, GridPoint> ReadChoices(string folder, string chosenBy)
    {
        var file = Path.Combine(folder, chosenBy == ByLabels ? ExperimentLayout.BestConfig : ExperimentLayout.LabelFreeConfig);
        if (!File.Exists(file))
            throw new DataException(file, 0, "no such file: 'microview lab tune' writes it");
        using var table = CsvTable.Open(file);
        var service = table.Column("service");
        var choices = new Dictionary<string, GridPoint>();
        while (table.Read())
            choices[table.Cell(service).ToString()] = GridPoint.Read(table);
        return choices;
    }

    /// <summary>Every grid that was run before; where there is none, the one asked for.</summary>
    private static IReadOnlyList<GridResult> Results(GridRequest request, string folder, CancellationToken stop)
    {
        string[] files = Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, ExperimentLayout.GridPrefix + "*.csv").Order(StringComparer.Ordinal)] : [];
        if (files.Length == 0)
            return GridRun.Run(request, stop);
        GridResult[] found = [.. files.SelectMany(GridResult.Read).Where(result => request.Service is null || result.Service.Equals(request.Service, StringComparison.OrdinalIgnoreCase))];
        return found.Length > 0 ? found : throw new LabException($"the grids in {folder} hold no service '{request.Service}'", ExitCode.Usage);
    }

    private static void Write(string folder, (string Service, GridResult Labels, GridResult Free)[] choices)
    {
        WriteConfigurations(Path.Combine(folder, ExperimentLayout.BestConfig), choices.Select(choice => choice.Labels));
        WriteConfigurations(Path.Combine(folder, ExperimentLayout.LabelFreeConfig), choices.Select(choice => choice.Free));
        ResultFile.Write(Path.Combine(folder, ExperimentLayout.BestConfigPerformance), text =>
        {
            text.WriteRow(["service", "chosen_by", .. GridPoint.Columns, .. ClassificationFiles.PerformanceColumns]);
            foreach (var (service, labels, free) in choices)
                foreach (var (chosenBy, result) in new[] { (ByLabels, labels), (WithoutLabels, free) })
                    text.WriteRow([service, chosenBy, .. result.Point.Cells, .. result.Performance.Cast<object>()]);
        });
    }

    private static void WriteConfigurations(string file, IEnumerable<GridResult> results) => ResultFile.Write(file, text =>
    {
        text.WriteRow(["service", .. GridPoint.Columns]);
        foreach (var result in results)
            text.WriteRow([result.Service, .. result.Point.Cells]);
    });

    private static void Print((string Service, GridResult Labels, GridResult Free)[] choices, TextWriter output)
    {
        var table = new TextTable(2, "service", "by labels (oracle)", "F1", "FPR", "AP", "without labels", "F1", "FPR", "AP");
        foreach (var (service, labels, free) in choices)
            table.Add([service, labels.Point.ToString(), .. Figures(labels), free.Point.ToString(), .. Figures(free)]);
        table.Add(["mean", "", .. Means(choices, choice => choice.Labels), "", .. Means(choices, choice => choice.Free)]);
        table.Write(output);
    }

    private static string[] Figures(GridResult result) =>
        [TextTable.Number(result.F1), TextTable.Number(result.Performance[3]), TextTable.Number(result.Performance[4])];

    private static string[] Means((string, GridResult Labels, GridResult Free)[] choices, Func<(string, GridResult Labels, GridResult Free), GridResult> of) =>
        [.. Enumerable.Range(2, 3).Select(i => TextTable.Number(choices.Select(choice => of(choice).Performance[i]).Where(value => !double.IsNaN(value)).DefaultIfEmpty(double.NaN).Average()))];
}
