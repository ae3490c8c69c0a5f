using System.Text.RegularExpressions;

namespace MicroView.Lab;

/// <summary>
/// Which traces are worth keeping: those slower than mean + 3 standard deviations of their operation in the training period, or in error. Traces of operations
/// that have no such threshold, and health checks, are dropped.
/// </summary>
internal sealed class TraceLabels
{
    /// <summary>Operations that are health checks, unless told otherwise.</summary>
    public const string HealthChecks = @"health|/livez|/readyz|/ping\b";

    /// <summary>Standard deviations above the mean from which on a trace is worth keeping.</summary>
    public const double Deviations = 3;

    private readonly Dictionary<string, (double Mean, double Deviation)> _usual;

    private TraceLabels(Dictionary<string, (double, double)> usual) => _usual = usual;

    /// <summary>Traces of the training period that thresholds come from.</summary>
    public int Learnt { get; private init; }

    /// <summary>Share of the traces of the training period that are slow themselves: the tail that operations have anyway.</summary>
    public double QuietTail { get; private init; }

    /// <summary>Traces of health checks, in all.</summary>
    public int Health { get; private init; }

    /// <summary>Traces to judge whose operation was too rare in the training period.</summary>
    public int WithoutThreshold { get; private init; }

    /// <summary>Traces neither of the training period nor at a time that was judged.</summary>
    public int Outside { get; private init; }

    /// <summary>Traces to judge, by start.</summary>
    public required IReadOnlyList<Trace> Judged { get; init; }

    /// <summary>Operations with a threshold.</summary>
    public int Operations => _usual.Count;

    /// <summary>Divides traces by time and learns thresholds from those of the training period that are not to be judged.</summary>
    /// <exception cref="LabException">No operation has a threshold.</exception>
    public static TraceLabels Of(IReadOnlyList<Trace> traces, TimeRanges training, TimeRanges judged, Regex healthChecks)
    {
        ArgumentNullException.ThrowIfNull(traces);
        var healthy = traces.ToLookup(trace => healthChecks.IsMatch(trace.Operation));
        // A row of the protocol's "whole day" may be one that another day learns from: the training period comes first.
        Trace[] learnt = [.. healthy[false].Where(IsTraining)];
        var usual = learnt.GroupBy(trace => trace.Operation, StringComparer.Ordinal).Where(operation => operation.Count() > 1)
            .ToDictionary(operation => operation.Key, operation => Moments([.. operation.Select(trace => trace.Milliseconds)]), StringComparer.Ordinal);
        if (usual.Count == 0)
            throw new LabException($"{learnt.Length} traces start in the training period: no operation has the two that a threshold needs");
        Trace[] rest = [.. healthy[false].Where(trace => !IsTraining(trace))];
        Trace[] inside = [.. rest.Where(trace => judged.Contains(trace.StartNs))];
        Trace[] known = [.. inside.Where(trace => usual.ContainsKey(trace.Operation))];
        return known.Length == 0 ? throw new LabException($"none of {inside.Length} traces at the time that was judged is of an operation with a threshold")
            : new TraceLabels(usual)
            {
                Learnt = learnt.Length, QuietTail = learnt.Count(trace => usual.TryGetValue(trace.Operation, out var moments) && IsSlow(trace, moments, Deviations)) / (double)learnt.Length, Health = healthy[true].Count(), WithoutThreshold = inside.Length - known.Length, Outside = rest.Length - inside.Length, Judged = known,
            };

        bool IsTraining(Trace trace) => trace.IsFaultFree || training.Contains(trace.StartNs);
    }

    /// <summary>Whether a trace is slower than the mean of its operation by more than so many standard deviations.</summary>
    public bool IsSlow(Trace trace, double deviations = Deviations) => IsSlow(trace, _usual[trace.Operation], deviations);

    private static bool IsSlow(Trace trace, (double Mean, double Deviation) usual, double deviations) => trace.Milliseconds > usual.Mean + deviations * usual.Deviation;

    /// <summary>Whether a trace of <see cref="Judged"/> is worth keeping.</summary>
    public bool IsWorthKeeping(Trace trace) => trace.Errors > 0 || IsSlow(trace);

    /// <summary>What was dropped, in words.</summary>
    public string Dropped => $"thresholds of {Operations} operations from {Learnt} traces; dropped: {Health} health checks, {WithoutThreshold} of operations without a threshold, {Outside} at times that nothing was judged at";

    private static (double Mean, double Deviation) Moments(double[] milliseconds)
    {
        var mean = milliseconds.Average();
        return (mean, Math.Sqrt(milliseconds.Sum(value => (value - mean) * (value - mean)) / (milliseconds.Length - 1)));
    }
}
