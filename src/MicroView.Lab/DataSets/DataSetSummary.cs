namespace MicroView.Lab;

/// <summary>What is in a data set, and what is odd about it.</summary>
internal static class DataSetSummary
{
    private const double MostlyMissing = 0.5;

    /// <summary>A table of the pods, the faults by kind, the edges.</summary>
    public static void Describe(DataSet data, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(data);
        output.WriteLine($"{data.Folder}: {(data.Layout == DataSetLayout.Artifact ? "the artifact's layout" : "the development set's layout")}");
        var table = new TextTable(2, "service", "pod", "metrics", "rows", "to learn from", "first", "last", "step", "missing");
        foreach (var pod in data.Pods)
            table.Add(pod.Service, pod.Pod == pod.Service ? "" : pod.Pod, Text(pod.Rows.Width), Text(pod.Rows.Count), pod.Training is null ? "-" : Text(pod.Training.Count),
                CsvTime.Format(pod.Rows.Times[0]), CsvTime.Format(pod.Rows.Times[^1]), SeriesFile.Duration(SeriesFile.UsualStep(pod.Rows.Times)),
                FormattableString.Invariant($"{Missing(pod.Rows):0.0%}"));
        table.Write(output);
        output.WriteLine(data.Faults.Count == 0 ? "no faults" : $"{data.Faults.Count} faults: {string.Join(", ", data.Faults.CountBy(fault => fault.Type).OrderByDescending(type => type.Value).Select(type => $"{type.Value} {type.Key}"))}");
        if (data.Edges.Count > 0)
            output.WriteLine($"{data.Edges.Select(edge => (edge.Caller, edge.Callee)).Distinct().Count()} call edges with latency");
    }

    /// <summary>What would make results wrong or meaningless; one line each.</summary>
    public static IEnumerable<string> Problems(DataSet data)
    {
        ArgumentNullException.ThrowIfNull(data);
        foreach (var warning in TrainingOverlap.Warnings(data))
            yield return warning["warning: ".Length..];
        foreach (var fault in data.Faults.Where(fault => !data.Pods.Any(pod => DayProtocol.IsFaulty(fault, pod.Service, pod.Pod))))
            yield return $"{FaultFile.Name}: the fault of {fault.Service} at {CsvTime.Format(fault.StartNs)} is of no pod in the set";
        var (first, last) = (data.Pods.Min(pod => pod.Rows.Times[0]), data.Pods.Max(pod => pod.Rows.Times[^1]));
        foreach (var fault in data.Faults.Where(fault => (fault.EndNs < first || fault.StartNs > last) && data.Pods.All(pod => pod.Training is null || fault.EndNs < pod.Training.Times[0] || fault.StartNs > pod.Training.Times[^1])))
            yield return $"{FaultFile.Name}: the fault of {fault.Service} at {CsvTime.Format(fault.StartNs)} lies outside of all rows";
        foreach (var pod in data.Pods.Where(pod => pod.Training is { Count: < 60 }))
            yield return $"{pod.Service} has {pod.Training!.Count} rows to learn from; fewer than 60 say little";
    }

    /// <summary>What is worth knowing and does no harm; one line each.</summary>
    public static IEnumerable<string> Notes(DataSet data)
    {
        ArgumentNullException.ThrowIfNull(data);
        foreach (var pod in data.Pods)
        {
            var constant = Enumerable.Range(0, pod.Rows.Width).Where(column => IsConstant(pod.Rows, column)).Select(column => pod.Rows.Metrics[column]).ToArray();
            if (constant.Length > 0)
                yield return $"{pod.Pod}: never moves: {string.Join(", ", constant)}";
            var missing = Enumerable.Range(0, pod.Rows.Width).Where(column => Missing(pod.Rows, column) > MostlyMissing).Select(column => pod.Rows.Metrics[column]).ToArray();
            if (missing.Length > 0)
                yield return $"{pod.Pod}: mostly missing: {string.Join(", ", missing)}";
        }
    }

    private static bool IsConstant(SeriesRows rows, int column)
    {
        for (var i = 1; i < rows.Count; i++)
            if (!rows[i][column].Equals(rows[0][column]))
                return false;
        return true;
    }

    private static double Missing(SeriesRows rows) => Enumerable.Range(0, rows.Width).Average(column => Missing(rows, column));

    private static double Missing(SeriesRows rows, int column)
    {
        var missing = 0;
        for (var i = 0; i < rows.Count; i++)
            missing += double.IsFinite(rows[i][column]) ? 0 : 1;
        return missing / (double)rows.Count;
    }

    private static string Text(int value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
