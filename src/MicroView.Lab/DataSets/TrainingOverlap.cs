namespace MicroView.Lab;

/// <summary>Faults inside the rows that a detector learns from: it would take them as normal. The artifact's own training range has some.</summary>
internal static class TrainingOverlap
{
    /// <summary>One line per service whose training rows overlap known faults.</summary>
    public static IEnumerable<string> Warnings(DataSet data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return from pod in data.Pods
               where pod.Training is { Count: > 0 }
               let warning = Warning(pod.Service, pod.Training!, data.Faults)
               where warning is not null
               select warning;
    }

    /// <summary>A line if rows to learn from overlap faults of any service; null if not. A fault shows at its callers as well.</summary>
    public static string? Warning(string service, SeriesRows training, IEnumerable<Fault> faults)
    {
        var (first, last) = (training.Times[0], training.Times[^1]);
        Fault[] inside = [.. faults.Where(fault => fault.StartNs <= last && fault.EndNs >= first)];
        if (inside.Length == 0)
            return null;
        var own = inside.Count(fault => fault.Service == service);
        return $"warning: {service} learns from {CsvTime.Format(first)} to {CsvTime.Format(last)}, in which {inside.Length} faults were injected ({own} of them into it; the first at {CsvTime.Format(inside[0].StartNs)}): they are learnt as normal";
    }
}
