namespace MicroView.Lab;

/// <summary>Divides each service's collected rows, metrics/SERVICE/data.csv, into data_train.csv and data_test.csv.</summary>
internal static class SplitRun
{
    public const string CollectedFile = "data.csv";

    /// <summary>Splits all services of an experiment.</summary>
    /// <param name="folder">The experiment.</param>
    /// <param name="until">Rows up to this time are learnt from; null for a share.</param>
    /// <param name="share">Share of the rows to learn from, 0..1.</param>
    /// <param name="messages">One line per service, and warnings.</param>
    public static void Execute(string folder, long? until, double share, TextWriter messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var metrics = Path.Combine(folder, DataSetReader.MetricsFolder);
        if (!Directory.Exists(metrics))
            throw new DataException(folder, 0, $"has no folder '{DataSetReader.MetricsFolder}' with the collected rows, {DataSetReader.MetricsFolder}/SERVICE/{CollectedFile}");
        string[] files = [.. Directory.EnumerateDirectories(metrics).Select(service => Path.Combine(service, CollectedFile)).Where(File.Exists).Order(StringComparer.Ordinal)];
        if (files.Length == 0 && !ArtifactReader.Recognises(metrics))
            throw new DataException(metrics, 0, $"holds no SERVICE/{CollectedFile} to split");
        if (files.Length == 0)
            messages.WriteLine("split: the rows are divided already");
        var faults = FaultFile.ReadFrom(folder);
        foreach (var file in files)
            Split(file, until, share, faults, messages);
    }

    private static void Split(string file, long? until, double share, IReadOnlyList<Fault> faults, TextWriter messages)
    {
        var rows = ArtifactReader.ReadRows(file, messages.WriteLine);
        var last = until ?? rows.Times[Math.Clamp((int)(rows.Count * share), 1, rows.Count) - 1];
        var (train, test) = (rows.Between(long.MinValue, last), rows.Between(last, long.MaxValue));
        if (train.Count < 2)
            throw new DataException(file, 0, $"has {train.Count} rows up to {CsvTime.Format(last)}: the training range is empty");
        if (test.Count == 0)
            throw new DataException(file, 0, $"has no row after {CsvTime.Format(last)}: the test range is empty");
        var (folder, service) = (Path.GetDirectoryName(file)!, Path.GetFileName(Path.GetDirectoryName(file)!));
        ArtifactReader.WriteRows(Path.Combine(folder, ArtifactReader.TrainFile), train);
        ArtifactReader.WriteRows(Path.Combine(folder, ArtifactReader.TestFile), test);
        if (!Directory.EnumerateFiles(folder, "*column_desc*.json").Any())
            ColumnDescription.Write(Path.Combine(folder, "column_desc.json"), rows.Metrics);
        messages.WriteLine($"split: {service}: {train.Count} rows to learn from, {test.Count} to judge");
        if (TrainingOverlap.Warning(service, train, faults) is { } warning)
            messages.WriteLine(warning);
    }
}
