using System.Text.RegularExpressions;

namespace MicroView.Lab;

/// <summary>
/// Metrics that tell what is being done and how long it takes: rates, durations, waiting, throttling. What is left out are levels: memory, connections, pools, numbers of threads. A level that has moved
/// stays where it is long after the calls are fast again, or moves with no call being slow. Told by names alone; which names was chosen
/// after a look at an earlier run, none of those that are recorded here.
/// </summary>
internal static partial class WorkMetrics
{
    public static bool IsLevel(string metric) => Level().IsMatch(metric.Split('{')[0]);

    /// <summary>Writes an experiment that is divided already with these metrics alone into another folder. A service that would have none keeps all.</summary>
    public static void Write(DataSet data, string folder)
    {
        ArgumentNullException.ThrowIfNull(data);
        foreach (var pod in data.Pods)
        {
            int[] columns = [.. pod.Rows.Metrics.Index().Where(metric => !IsLevel(metric.Item)).Select(metric => metric.Index)];
            if (columns.Length == 0)
                columns = [.. Enumerable.Range(0, pod.Rows.Width)];
            var place = Path.Combine(folder, DataSetReader.MetricsFolder, pod.Service);
            var rows = pod.Rows.Select(columns);
            ArtifactReader.WriteRows(Path.Combine(place, ArtifactReader.TrainFile), pod.Training!.Select(columns));
            ArtifactReader.WriteRows(Path.Combine(place, ArtifactReader.TestFile), rows);
            ColumnDescription.Write(Path.Combine(place, "column_desc.json"), rows.Metrics);
        }
        FaultFile.Write(Path.Combine(folder, FaultFile.Name), data.Faults);
    }

    [GeneratedRegex(@"memory|connection|pool|timer\.count|assembly|heap|files|descriptors|pids|threads|otel\.sdk\.", RegexOptions.CultureInvariant)]
    private static partial Regex Level();
}
