namespace MicroView.Lab;

/// <summary>
/// The files of one figure: <c>raw/STEP.csv</c>, the table of a finished step; <c>raw/STEP.json</c>, its record; <c>raw/STEP/</c>, its logs and other files;
/// <c>run.json</c>. What is drawn goes to <see cref="Output"/>.
/// </summary>
internal sealed class FigureFolder(string path, string? output = null)
{
    public string Path { get; } = path;

    /// <summary>Folder of figures and report.</summary>
    public string Output { get; } = output ?? path;

    public string Raw => System.IO.Path.Combine(Path, "raw");

    public string RunFile => System.IO.Path.Combine(Path, "run.json");

    /// <summary>The table of a step. It is there exactly if the step is finished.</summary>
    public string Csv(string step) => System.IO.Path.Combine(Raw, step + ".csv");

    public string Record(string step) => System.IO.Path.Combine(Raw, step + ".json");

    /// <summary>Folder of whatever else a step leaves.</summary>
    public string Files(string step) => System.IO.Path.Combine(Raw, step);

    public bool IsFinished(string step) => File.Exists(Csv(step));

    /// <summary>Finished steps in the order of the plan.</summary>
    public IReadOnlyList<StepRecord> Steps => [.. Run?.Steps.Where(step => IsFinished(step.Id)) ?? []];

    public RunRecord? Run => RunRecord.Read(RunFile);

    /// <summary>Opens the table of a finished step.</summary>
    public CsvTable Open(string step) => CsvTable.Open(Csv(step));

    /// <summary>The table of a finished step, each row by the names of its columns.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, string>> Rows(string step)
    {
        using var table = Open(step);
        var rows = new List<IReadOnlyDictionary<string, string>>();
        while (table.Read())
        {
            var row = new Dictionary<string, string>();
            for (var column = 0; column < table.Width; column++)
                row[table.Header[column]] = table.Cell(column).ToString();
            rows.Add(row);
        }
        return rows;
    }

    /// <summary>A path in <see cref="Output"/>.</summary>
    public string Drawn(string name) => System.IO.Path.Combine(Output, name);
}
