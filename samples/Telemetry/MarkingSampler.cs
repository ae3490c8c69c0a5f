using MicroView.OpenTelemetry;
using OpenTelemetry.Trace;

namespace Telemetry;

/// <summary>Keeps every trace, and says at its root whether MicroView's sampler would have: what a sampler missed can be told only by one who has everything.</summary>
public sealed class MarkingSampler : Sampler
{
    /// <summary>The root span's tag: true or false.</summary>
    public const string Kept = "microview.kept";

    private readonly MicroViewSampler _asked = new();
    private readonly SamplingResult _kept = new(SamplingDecision.RecordAndSample, [new(Kept, true)]), _dropped = new(SamplingDecision.RecordAndSample, [new(Kept, false)]), _child = new(SamplingDecision.RecordAndSample);

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        samplingParameters.ParentContext.SpanId != default ? _child
        : _asked.ShouldSample(samplingParameters).Decision == SamplingDecision.RecordAndSample ? _kept : _dropped;
}
