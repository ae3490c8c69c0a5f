using System.Text.Json;

namespace MicroView.Lab;

/// <summary>Whose CPU time it is: on few cores these take it from each other, so they are told apart.</summary>
internal enum CpuRole
{
    /// <summary>What makes load.</summary>
    LoadGenerator,

    /// <summary>What is watched.</summary>
    Application,

    /// <summary>What watches: ours, or a peer.</summary>
    Monitor,

    /// <summary>Databases, stress, everything else.</summary>
    Other,
}

/// <summary>What is known of a finished step, beside its table.</summary>
internal sealed record StepRecord
{
    public required string Id { get; init; }

    public required string Title { get; init; }

    public required SortedDictionary<string, string> Parameters { get; init; }

    /// <summary>UTC.</summary>
    public required DateTime Started { get; init; }

    public required double Seconds { get; init; }

    /// <summary>CPU seconds by role. Of processes that ended by themselves up to 0.25 s are missing.</summary>
    public required SortedDictionary<string, double> CpuSeconds { get; init; }

    /// <summary>Versions of the programs that took part.</summary>
    public required SortedDictionary<string, string> Versions { get; init; }

    /// <summary>What the run found out that a reader must know.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    public static StepRecord? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), LabJson.Default.StepRecord);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException error)
        {
            throw new DataException(path, 0, $"is no record of a step ({error.Message.TrimEnd('.')}); remove it and its .csv to measure the step anew");
        }
    }

    public void Write(string path) => ResultFile.Write(path, text => text.Write(JsonSerializer.Serialize(this, LabJson.Default.StepRecord) + "\n"));
}

/// <summary>run.json: what a figure's numbers come from.</summary>
internal sealed record RunRecord
{
    public required string Figure { get; init; }

    public required string Scale { get; init; }

    public required int Seed { get; init; }

    public required MachineRecord Machine { get; init; }

    /// <summary>Finished steps, as planned.</summary>
    public required IReadOnlyList<StepRecord> Steps { get; init; }

    /// <summary>Steps of the plan, finished or not.</summary>
    public required int Planned { get; init; }

    public static RunRecord? Read(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllText(path), LabJson.Default.RunRecord) : null;
        }
        catch (JsonException error)
        {
            throw new DataException(path, 0, $"is no record of a run ({error.Message.TrimEnd('.')})");
        }
    }

    public void Write(string path) => ResultFile.Write(path, text => text.Write(JsonSerializer.Serialize(this, LabJson.Default.RunRecord) + "\n"));
}
