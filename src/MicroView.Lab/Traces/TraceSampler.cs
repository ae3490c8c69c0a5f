namespace MicroView.Lab;

/// <summary>How a way to sample fared.</summary>
/// <param name="Name">The way.</param>
/// <param name="Share">Share of all traces that it kept, 0..1: the cost.</param>
/// <param name="Coverage">Share of those worth keeping that it kept, 0..1; NaN if there are none.</param>
internal sealed record SamplingOutcome(string Name, double Share, double Coverage)
{
    public static SamplingOutcome Of(string name, IReadOnlyList<bool> keep, IReadOnlyList<bool> worth)
    {
        ArgumentNullException.ThrowIfNull(keep);
        var (kept, wanted, both) = (keep.Count(flag => flag), worth.Count(flag => flag), keep.Zip(worth).Count(pair => pair is { First: true, Second: true }));
        return new SamplingOutcome(name, kept / (double)keep.Count, wanted > 0 ? both / (double)wanted : double.NaN);
    }
}

/// <summary>Keep or drop for each trace, decided at its start.</summary>
internal static class TraceSampler
{
    /// <summary>Probabilities of head sampling that everything is compared with.</summary>
    public static readonly double[] HeadProbabilities = [0.01, 0.05, 0.1, 0.2];

    /// <summary>
    /// A trace is kept if at its start any service of the application was anomalous (Sec. 6.3 of the paper), or only if one was that takes part in it.
    /// </summary>
    public static bool[] ByDetector(IReadOnlyList<Trace> traces, IReadOnlyDictionary<string, TimeRanges> anomalous, bool ownServicesOnly)
    {
        ArgumentNullException.ThrowIfNull(traces);
        return [.. traces.Select(trace => anomalous.Any(service => (!ownServicesOnly || trace.Services.Count == 0 || trace.Services.Contains(service.Key)) && service.Value.Contains(trace.StartNs)))];
    }

    /// <summary>
    /// A trace is kept if in the tick before the one in which it starts a trace ended that was too slow. A latency is known only at the end, so the trace
    /// that gives the sign is not kept by it.
    /// </summary>
    public static bool[] ByLatency(IReadOnlyList<Trace> traces, TraceLabels labels, long tickNs, double deviations = TraceLabels.Deviations)
    {
        ArgumentNullException.ThrowIfNull(traces);
        ArgumentNullException.ThrowIfNull(labels);
        HashSet<long> triggered = [.. traces.Where(trace => labels.IsSlow(trace, deviations)).Select(trace => trace.EndNs / tickNs + 1)];
        return [.. traces.Select(trace => triggered.Contains(trace.StartNs / tickNs))];
    }

    public static bool[] Either(bool[] first, bool[] second) => [.. first.Zip(second, (a, b) => a || b)];

    /// <summary>Head sampling at all of <see cref="HeadProbabilities"/>.</summary>
    public static IEnumerable<SamplingOutcome> Head(IReadOnlyList<Trace> traces, bool[] worth)
    {
        double[] at = [.. traces.Select(trace => trace.HeadProbability)];
        return HeadProbabilities.Select(p => SamplingOutcome.Of(FormattableString.Invariant($"head {100 * p:0} %"), [.. at.Select(own => own < p)], worth));
    }
}
