using System.Text.Json;

namespace MicroView.Lab;

/// <summary>experiment.json: how an experiment was made, and up to when nothing was injected. Times are ISO 8601, UTC.</summary>
/// <param name="Profile">What was run.</param>
/// <param name="Seed">Of requests and anomalies.</param>
/// <param name="Start">First row and first request; what was before warmed up.</param>
/// <param name="TrainUntil">Nothing was injected before: the end of the rows to learn from.</param>
/// <param name="End">Last request.</param>
/// <param name="RowSeconds">From row to row.</param>
internal sealed record ExperimentTimes(string Profile, ulong Seed, string Start, string TrainUntil, string End, double RowSeconds)
{
    public const string FileName = "experiment.json";

    /// <summary>Of an experiment; null if it has none.</summary>
    public static ExperimentTimes? ReadFrom(string experiment)
    {
        var file = Path.Combine(experiment, FileName);
        try
        {
            return File.Exists(file) ? JsonSerializer.Deserialize(File.ReadAllText(file), LabJson.Default.ExperimentTimes) : null;
        }
        catch (JsonException error)
        {
            throw new DataException(file, (error.LineNumber ?? -1) + 1, "does not describe an experiment");
        }
    }

    public void WriteTo(string experiment) => ResultFile.Write(Path.Combine(experiment, FileName), text => text.Write(JsonSerializer.Serialize(this, LabJson.Default.ExperimentTimes) + "\n"));

    /// <summary>Nanoseconds since 1970.</summary>
    public static long Ns(string time) => CsvTime.TryParse(time, out var ns) ? ns : throw new LabException($"{FileName}: '{time}' is no time");
}
