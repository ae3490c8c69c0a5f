namespace MicroView.Lab;

/// <summary>Writes a data set in the artifact's layout.</summary>
internal static class ArtifactWriter
{
    /// <summary>
    /// Writes one part of the trials (a day) as metrics/SERVICE/data_train.csv, data_test.csv and column_desc.json, and its faults. Several pods of
    /// a service cannot be in one file: the one with the most rows is taken, and the others are named.
    /// </summary>
    public static void Write(string folder, IReadOnlyList<Trial> trials, Action<string> warn)
    {
        ArgumentNullException.ThrowIfNull(trials);
        ArgumentNullException.ThrowIfNull(warn);
        foreach (var service in trials.GroupBy(trial => trial.Service))
        {
            var taken = service.MaxBy(trial => trial.Test.Count)!;
            foreach (var other in service.Where(trial => trial != taken))
                warn($"{other.Pod} is left out: the layout has one series per service, and {taken.Pod} has more rows");
            var place = Path.Combine(folder, DataSetReader.MetricsFolder, service.Key);
            ArtifactReader.WriteRows(Path.Combine(place, ArtifactReader.TrainFile), taken.Training);
            ArtifactReader.WriteRows(Path.Combine(place, ArtifactReader.TestFile), taken.Test);
            ColumnDescription.Write(Path.Combine(place, "column_desc.json"), taken.Test.Metrics);
        }
        FaultFile.Write(Path.Combine(folder, FaultFile.Name), trials[0].Faults);
    }
}
