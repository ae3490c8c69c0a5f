namespace MicroView.Lab;

/// <summary>
/// The artifact's layout: metrics/SERVICE/data_train.csv and data_test.csv, each `timestamp` and value_0, value_1, …; a column_desc JSON
/// with the columns' meaning; faults.csv with start,end,service.
/// </summary>
internal static class ArtifactReader
{
    public const string TrainFile = "data_train.csv";
    public const string TestFile = "data_test.csv";

    public static bool Recognises(string metrics) =>
        Directory.EnumerateDirectories(metrics).Any(folder => File.Exists(Path.Combine(folder, TestFile)) || File.Exists(Path.Combine(folder, TrainFile)));

    public static DataSet Read(string folder, Action<string> warn) => new()
    {
        Folder = folder,
        Layout = DataSetLayout.Artifact,
        Pods = [.. Directory.EnumerateDirectories(Path.Combine(folder, DataSetReader.MetricsFolder)).Order(StringComparer.Ordinal).Select(service => ReadService(service, warn))],
        Faults = FaultFile.ReadFrom(folder),
    };

    private static PodSeries ReadService(string folder, Action<string> warn)
    {
        var service = Path.GetFileName(folder);
        var train = ReadRows(Path.Combine(folder, TrainFile), warn);
        var test = ReadRows(Path.Combine(folder, TestFile), warn);
        if (!train.Metrics.SequenceEqual(test.Metrics, StringComparer.Ordinal))
        {
            var odd = test.Metrics.FirstOrDefault(name => !train.Metrics.Contains(name)) is { } added
                ? $"has a column '{added}' that {TrainFile} does not have"
                : $"has no column '{train.Metrics.First(name => !test.Metrics.Contains(name))}', which {TrainFile} has";
            throw new DataException(Path.Combine(folder, TestFile), 1, odd);
        }
        return new PodSeries(service, service, test, train);
    }

    /// <summary>Rows of one file of the layout.</summary>
    public static SeriesRows ReadRows(string file, Action<string> warn)
    {
        using var table = CsvTable.Open(file);
        var time = table.Column("timestamp");
        int[] columns = [.. Enumerable.Range(0, table.Width).Where(i => i != time && table.Header[i].Length > 0)];
        if (columns.Length == 0)
            throw new DataException(file, 1, "there is no column of values (value_0, value_1, …) beside 'timestamp'");
        var rows = new SeriesRows(ColumnDescription.Name(Path.GetDirectoryName(Path.GetFullPath(file))!, [.. columns.Select(i => table.Header[i])]));
        while (table.Read())
            SeriesFile.Append(table, time, columns, rows);
        if (rows.Count == 0)
            throw new DataException(file, 0, "there is no row after the header: the range is empty");
        SeriesFile.WarnOfHoles(file, rows, warn);
        return rows;
    }

    /// <summary>Writes one file of the layout.</summary>
    public static void WriteRows(string file, SeriesRows rows) => ResultFile.Write(file, text =>
    {
        text.Write("timestamp");
        for (var i = 0; i < rows.Width; i++)
            text.Write($",value_{i}");
        text.Write('\n');
        for (var i = 0; i < rows.Count; i++)
        {
            text.Write(CsvTime.Format(rows.Times[i]));
            foreach (var value in rows[i])
            {
                text.Write(',');
                text.WriteNumber(value);
            }
            text.Write('\n');
        }
    });
}
