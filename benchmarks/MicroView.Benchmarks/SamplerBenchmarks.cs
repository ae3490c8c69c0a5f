using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using MicroView.Client;
using MicroView.OpenTelemetry;
using OpenTelemetry.Trace;

namespace MicroView.Benchmarks;

/// <summary>A root span's decision, beside the SDK's own sampler of a fixed rate.</summary>
[MemoryDiagnoser]
public class SamplerBenchmarks : IDisposable
{
    private const int Ids = 64; // a table, so that no branch is learnt by heart
    private readonly MicroViewClient _client = new(new() { Attach = false });
    private readonly SamplingParameters[] _roots =
        [.. Enumerable.Range(0, Ids).Select(_ => new SamplingParameters(default, ActivityTraceId.CreateRandom(), "root", ActivityKind.Server))];
    private readonly SamplingParameters _child = new(
        new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded, "ot=th:fd70a4"), ActivityTraceId.CreateRandom(), "child", ActivityKind.Internal);
    private readonly TraceIdRatioBasedSampler _theirs = new(0.01);
    private MicroViewSampler _sampler = null!;
    private int _next;

    [GlobalSetup]
    public void Setup() => _sampler = new(_client);

    /// <summary>The control word alone.</summary>
    [Benchmark]
    public double ReadControlWord() => _client.TryGetSamplingRate(out var rate) ? rate : -rate;

    [Benchmark(Baseline = true)]
    public SamplingDecision RootDecision() => _sampler.ShouldSample(_roots[_next++ & (Ids - 1)]).Decision;

    [Benchmark]
    public SamplingDecision ChildDecision() => _sampler.ShouldSample(_child).Decision;

    [Benchmark]
    public SamplingDecision TraceIdRatioDecision() => _theirs.ShouldSample(_roots[_next++ & (Ids - 1)]).Decision;

    [GlobalCleanup]
    public void Dispose()
    {
        _client.Dispose();
        GC.SuppressFinalize(this);
    }
}
