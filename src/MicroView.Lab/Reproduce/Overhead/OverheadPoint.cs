using System.Globalization;

namespace MicroView.Lab;

/// <summary>What one system took in one setting: the samples together.</summary>
/// <param name="System">Its name.</param>
/// <param name="Containers">How many there were.</param>
/// <param name="Generation">Seconds.</param>
/// <param name="Ingestion">Seconds.</param>
/// <param name="Generate">Cores of the part that generates.</param>
/// <param name="Ingest">Cores of the part that ingests.</param>
/// <param name="Cores">Both together.</param>
/// <param name="Net">kbit/s.</param>
/// <param name="Series">Series of its endpoint.</param>
internal sealed record OverheadPoint(string System, int Containers, double Generation, double Ingestion, double Generate, double Ingest, Sampled Cores, double Net, int Series)
{
    /// <summary>"1s / 10s".</summary>
    public string Intervals => $"{OverheadFigure.Interval(Generation)} / {OverheadFigure.Interval(Ingestion)}";

    public static IReadOnlyList<OverheadPoint> Read(FigureFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return [.. folder.Steps.SelectMany(step => Read(folder, step.Id))];
    }

    private static IEnumerable<OverheadPoint> Read(FigureFolder folder, string step)
    {
        double Number(IReadOnlyDictionary<string, string> row, string name) => double.Parse(row[name], CultureInfo.InvariantCulture);
        foreach (var system in folder.Rows(step).GroupBy(row => row["system"]))
        {
            var parts = system.ToLookup(row => row["part"]);
            double[] sums = [.. system.GroupBy(row => row["time"]).Select(sample => sample.Sum(row => Number(row, "cpu")))];
            var first = system.First();
            yield return new(system.Key, (int)Number(first, "containers"), Number(first, "generation"), Number(first, "ingestion"), parts[OverheadMeasurement.Generate].Average(row => Number(row, "cpu")),
                parts[OverheadMeasurement.Ingest].Average(row => Number(row, "cpu")), Sampled.Of(sums), parts[OverheadMeasurement.Ingest].Average(row => Number(row, "net")), (int)Number(first, "series"));
        }
    }
}
