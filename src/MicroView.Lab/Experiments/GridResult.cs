namespace MicroView.Lab;

/// <summary>What a configuration made of a service.</summary>
/// <param name="Service">The service.</param>
/// <param name="Point">The configuration.</param>
/// <param name="Performance">Cells for <see cref="ClassificationFiles.PerformanceColumns"/>: figures that need labels.</param>
/// <param name="LabelFree">See <see cref="Lab.LabelFree"/>; needs none.</param>
internal sealed record GridResult(string Service, GridPoint Point, double[] Performance, double LabelFree)
{
    public double F1 => Performance[Array.IndexOf(ClassificationFiles.PerformanceColumns, "f1")];

    public static void Write(string file, IEnumerable<GridResult> results) => ResultFile.Write(file, text =>
    {
        text.WriteRow(["service", .. GridPoint.Columns, .. ClassificationFiles.PerformanceColumns, "label_free"]);
        foreach (var result in results)
            text.WriteRow([result.Service, .. result.Point.Cells, .. result.Performance.Cast<object>(), result.LabelFree]);
    });

    public static IReadOnlyList<GridResult> Read(string file)
    {
        using var table = CsvTable.Open(file);
        int[] performance = [.. ClassificationFiles.PerformanceColumns.Select(table.Column)];
        var (service, labelFree) = (table.Column("service"), table.Column("label_free"));
        var results = new List<GridResult>();
        while (table.Read())
            results.Add(new GridResult(table.Cell(service).ToString(), GridPoint.Read(table), [.. performance.Select(table.Number)], table.Number(labelFree)));
        return results.Count > 0 ? results : throw new DataException(file, 0, "holds no configuration");
    }

    /// <summary>The best by labels: what an oracle chooses. Ties go to the smaller sketch, then to the earlier point.</summary>
    public static GridResult ByLabels(IEnumerable<GridResult> results) =>
        results.OrderByDescending(result => result.F1).ThenByDescending(result => Finite(result.Performance[4])).ThenBy(result => result.Point.SketchRows).ThenBy(result => result.Point.Components).First();

    /// <summary>The best without labels. Ties as above.</summary>
    public static GridResult WithoutLabels(IEnumerable<GridResult> results) =>
        results.OrderByDescending(result => Finite(result.LabelFree)).ThenBy(result => result.Point.SketchRows).ThenBy(result => result.Point.Components).First();

    private static double Finite(double value) => double.IsNaN(value) ? -1 : value;
}
