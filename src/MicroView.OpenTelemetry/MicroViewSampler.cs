using System.Diagnostics;
using System.Globalization;
using MicroView.Client;
using OpenTelemetry.Trace;

namespace MicroView.OpenTelemetry;

/// <summary>
/// Keeps a trace with the probability that the agent, or a collector through it, has written into this pod's control word, read anew at each root span: during an alarm
/// every trace, without a restart or a poll. A span with a parent follows its parent. The decision is consistent across services (the trace's randomness
/// against a threshold) and told in tracestate as <c>ot=th:…</c>. While no agent has the pod, a base rate of the sampler's own applies. Thread-safe; neither allocates nor
/// locks where no tracestate is to be rewritten.
/// </summary>
public sealed class MicroViewSampler : Sampler
{
    /// <summary>Probability with which a trace is kept while no agent has the pod; the agent's own base rate is the same.</summary>
    public const double DefaultBaseRate = 0.01;

    private static readonly SamplingResult s_kept = new(SamplingDecision.RecordAndSample);
    private static readonly SamplingResult s_dropped = new(SamplingDecision.Drop);

    private readonly MicroViewClient _client;
    private readonly double _baseRate;
    private Rule _rule; // immutable, and replaced as one reference: threads that race make the same one twice

    /// <summary>A sampler for a pod.</summary>
    /// <param name="client">Whose control word is read; null: the process's own, <see cref="MicroViewClient.Default"/>.</param>
    /// <param name="baseRate">Probability, 0 to 1, while no agent has the pod.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is none.</exception>
    public MicroViewSampler(MicroViewClient? client = null, double baseRate = DefaultBaseRate)
    {
        if (!(baseRate >= 0 && baseRate <= 1))
            throw new ArgumentOutOfRangeException(nameof(baseRate), baseRate, "a sampling rate is between 0 and 1");
        _client = client ?? MicroViewClient.Default;
        _baseRate = baseRate;
        _rule = new(baseRate);
        Description = string.Create(CultureInfo.InvariantCulture, $"MicroViewSampler{{{baseRate}}}");
    }

    /// <inheritdoc/>
    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters)
    {
        var parent = samplingParameters.ParentContext;
        return parent.TraceId != default && parent.SpanId != default
            ? Follow(parent, samplingParameters.TraceId)
            : Decide(samplingParameters.TraceId, parent.TraceState);
    }

    private SamplingResult Decide(ActivityTraceId traceId, string? traceState)
    {
        if (!_client.TryGetSamplingRate(out var rate))
            rate = _baseRate;
        var rule = _rule;
        if (rule.Rate != rate)
            _rule = rule = new(rate);
        // A context without a span can still carry a tracestate, and a randomness in it.
        if (traceState is not null)
            return DecideAgainst(rule, OtelTraceState.TryGetRandomness(traceState, out var chosen) ? chosen : TraceRandomness.Of(traceId), traceState);
        return rule.Threshold.Keeps(TraceRandomness.Of(traceId)) ? rule.Kept : s_dropped;
    }

    private static SamplingResult DecideAgainst(Rule rule, ulong randomness, string traceState) => rule.Threshold.Keeps(randomness)
        ? new(SamplingDecision.RecordAndSample, OtelTraceState.WithThreshold(traceState, rule.Threshold.Text))
        : new(SamplingDecision.Drop, OtelTraceState.WithThreshold(traceState, null));

    /// <summary>A threshold that another process tells, and that does not fit its decision, would spoil every count made from it: it is taken out.</summary>
    private static SamplingResult Follow(in ActivityContext parent, ActivityTraceId traceId)
    {
        var isKept = (parent.TraceFlags & ActivityTraceFlags.Recorded) != 0;
        var traceState = parent.TraceState;
        if (parent.IsRemote && OtelTraceState.TryGetThreshold(traceState, out var threshold))
        {
            var randomness = OtelTraceState.TryGetRandomness(traceState, out var chosen) ? chosen : TraceRandomness.Of(traceId);
            if (threshold.Keeps(randomness) != isKept)
                return new(isKept ? SamplingDecision.RecordAndSample : SamplingDecision.Drop, OtelTraceState.WithThreshold(traceState, null));
        }
        return isKept ? s_kept : s_dropped;
    }

    /// <summary>What follows from a rate, made once for it.</summary>
    private sealed class Rule(double rate)
    {
        public double Rate { get; } = rate;

        public RejectionThreshold Threshold { get; } = RejectionThreshold.Of(rate);

        /// <summary>For a trace without a tracestate of its own.</summary>
        public SamplingResult Kept { get; } = rate > 0 ? new(SamplingDecision.RecordAndSample, $"ot=th:{RejectionThreshold.Of(rate).Text}") : s_dropped;
    }
}
