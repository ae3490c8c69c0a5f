namespace MicroView.Lab;

/// <summary>
/// The development set's layout: metrics/SERVICE.csv(.gz) with timestamp,service,pod and a column per metric, rows of all pods and days;
/// edges.csv(.gz) with timestamp,caller,callee,side,p50_s; faults.csv.
/// </summary>
internal static class DevelopmentReader
{
    private static readonly string[] KeyColumns = ["timestamp", "service", "pod"];

    public static bool Recognises(string metrics) => Files(metrics).Length > 0;

    public static DataSet Read(string folder, Action<string> warn) => new()
    {
        Folder = folder,
        Layout = DataSetLayout.Development,
        Pods = [.. Files(Path.Combine(folder, DataSetReader.MetricsFolder)).SelectMany(file => ReadService(file, warn))],
        Faults = FaultFile.ReadFrom(folder),
        Edges = ReadEdges(folder),
    };

    private static string[] Files(string metrics) =>
        [.. Directory.EnumerateFiles(metrics).Where(file => file.EndsWith(".csv", StringComparison.Ordinal) || file.EndsWith(".csv.gz", StringComparison.Ordinal))
            .Where(file => Path.GetFileName(file) != FaultFile.Name).Order(StringComparer.Ordinal)];

    private static List<PodSeries> ReadService(string file, Action<string> warn)
    {
        using var table = CsvTable.Open(file);
        int[] keys = [.. KeyColumns.Select(table.Column)];
        int[] columns = [.. Enumerable.Range(0, table.Width).Where(i => !keys.Contains(i))];
        if (columns.Length == 0)
            throw new DataException(file, 1, "there is no column of a metric beside timestamp, service and pod");
        string[] metrics = [.. columns.Select(i => table.Header[i])];
        var pods = new Dictionary<(string Service, string Pod), SeriesRows>();
        while (table.Read())
        {
            var key = (table.Cell(keys[1]).ToString(), table.Cell(keys[2]).ToString());
            if (!pods.TryGetValue(key, out var rows))
                pods.Add(key, rows = new SeriesRows(metrics));
            SeriesFile.Append(table, keys[0], columns, rows);
        }
        if (pods.Count == 0)
            throw new DataException(file, 0, "there is no row after the header");
        foreach (var (_, rows) in pods)
            SeriesFile.WarnOfHoles(file, rows, warn);
        return [.. pods.Select(pod => new PodSeries(pod.Key.Service, pod.Key.Pod, pod.Value, null))];
    }

    private static List<EdgeSeries> ReadEdges(string folder)
    {
        string[] places = [Path.Combine(folder, "edges.csv.gz"), Path.Combine(folder, "edges.csv")];
        if (places.FirstOrDefault(File.Exists) is not { } file)
            return [];
        using var table = CsvTable.Open(file);
        var (time, caller, callee, side, value) =
            (table.Column("timestamp"), table.Column("caller"), table.Column("callee"), table.Column("side"), table.Column("p50_s"));
        var edges = new Dictionary<(string, string, bool), EdgeSeries>();
        while (table.Read())
        {
            var text = table.Cell(side);
            var atCaller = text.SequenceEqual("source");
            if (!atCaller && !text.SequenceEqual("destination"))
                throw table.Error($"side is '{text}', not source (the caller measured) or destination (the callee)");
            var key = (table.Cell(caller).ToString(), table.Cell(callee).ToString(), atCaller);
            if (!edges.TryGetValue(key, out var edge))
                edges.Add(key, edge = new EdgeSeries(key.Item1, key.Item2, atCaller));
            edge.Add(table, table.Time(time), table.Number(value));
        }
        return [.. edges.Values];
    }
}
