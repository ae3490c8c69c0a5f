using System.Diagnostics;
using MicroView.Client;
using OpenTelemetry.Trace;

namespace MicroView.OpenTelemetry.Tests;

/// <summary>The sampler's decisions, one by one; no agent, so the rate is its own.</summary>
public sealed class SamplerTests : IDisposable
{
    private readonly MicroViewClient _client = new(new() { Attach = false });
    private readonly Random _random = new(20260101);

    public void Dispose() => _client.Dispose();

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.2)]
    [InlineData(0.5)]
    [InlineData(0.97)]
    public void The_share_that_is_kept_is_the_rate(double rate)
    {
        const int traces = 200_000;
        var sampler = new MicroViewSampler(_client, rate);
        var kept = Enumerable.Range(0, traces).Count(_ => Root(sampler, NewId()).Decision == SamplingDecision.RecordAndSample);
        var deviation = Math.Sqrt(rate * (1 - rate) / traces);
        Assert.InRange((double)kept / traces, rate - 5 * deviation, rate + 5 * deviation);
    }

    [Fact]
    public void Nothing_is_kept_at_zero_and_everything_at_one()
    {
        var (none, all) = (new MicroViewSampler(_client, 0), new MicroViewSampler(_client, 1));
        for (var i = 0; i < 1000; i++)
        {
            var id = NewId();
            Assert.Equal(SamplingDecision.Drop, Root(none, id).Decision);
            Assert.Equal((SamplingDecision.RecordAndSample, "ot=th:0"), (Root(all, id).Decision, Root(all, id).TraceStateString));
        }
    }

    [Fact]
    public void The_threshold_is_told_with_what_is_kept_and_only_then()
    {
        var sampler = new MicroViewSampler(_client, 0.01);
        var (kept, dropped) = (Root(sampler, Id(0xffffffffffffff)), Root(sampler, Id(0)));
        Assert.Equal((SamplingDecision.RecordAndSample, "ot=th:fd70a4"), (kept.Decision, kept.TraceStateString));
        Assert.Equal((SamplingDecision.Drop, null), (dropped.Decision, dropped.TraceStateString));
        Assert.Equal(SamplingDecision.RecordAndSample, Root(sampler, Id(0xfd70a400000000)).Decision);
        Assert.Equal(SamplingDecision.Drop, Root(sampler, Id(0xfd70a3ffffffff)).Decision);
    }

    /// <summary>A context without a span is no parent, yet its tracestate counts.</summary>
    [Fact]
    public void A_chosen_randomness_goes_before_the_traces_id()
    {
        var sampler = new MicroViewSampler(_client, 0.5);
        var (low, high) = (Id(0), Id(0xffffffffffffff));
        var kept = Root(sampler, low, "rojo=b,ot=rv:ffffffffffffff");
        Assert.Equal((SamplingDecision.RecordAndSample, "ot=th:8;rv:ffffffffffffff,rojo=b"), (kept.Decision, kept.TraceStateString));
        var dropped = Root(sampler, high, "rojo=b,ot=rv:00000000000000;th:8");
        Assert.Equal((SamplingDecision.Drop, "ot=rv:00000000000000,rojo=b"), (dropped.Decision, dropped.TraceStateString));
        Assert.Equal("ot=th:8;rv:nonsense", Root(sampler, high, "ot=rv:nonsense").TraceStateString);
    }

    [Theory]
    [InlineData(true, 0.0)]
    [InlineData(false, 1.0)]
    public void A_parents_decision_stands_whatever_the_rate(bool recorded, double rate)
    {
        var sampler = new MicroViewSampler(_client, rate);
        foreach (var remote in (bool[])[false, true])
        {
            var result = Child(sampler, NewId(), recorded, remote, "congo=a");
            Assert.Equal(recorded ? SamplingDecision.RecordAndSample : SamplingDecision.Drop, result.Decision);
            Assert.Null(result.TraceStateString); // the parent's is inherited as it is
        }
    }

    [Theory]
    [InlineData(0xfd70a400000000UL, true, "ot=th:fd70a4,congo=a", null)] // consistent
    [InlineData(0UL, false, "ot=th:fd70a4,congo=a", null)]
    [InlineData(0UL, true, "ot=th:fd70a4,congo=a", "congo=a")] // kept, though its threshold rejects it
    [InlineData(0xffffffffffffffUL, false, "congo=a,ot=th:fd70a4;p:1", "ot=p:1,congo=a")]
    [InlineData(0UL, true, "ot=th:fd70a4;rv:ffffffffffffff", null)] // its randomness is another
    [InlineData(0xffffffffffffffUL, true, "ot=th:fd70a4;rv:00000000000000", "ot=rv:00000000000000")]
    public void A_threshold_from_elsewhere_that_its_decision_denies_is_taken_out(ulong randomness, bool recorded, string traceState, string? expected)
    {
        var sampler = new MicroViewSampler(_client, 0.3);
        var result = Child(sampler, Id(randomness), recorded, remote: true, traceState);
        Assert.Equal((recorded ? SamplingDecision.RecordAndSample : SamplingDecision.Drop, expected), (result.Decision, result.TraceStateString));
    }

    [Fact]
    public void A_decision_without_a_tracestate_to_rewrite_allocates_nothing()
    {
        var sampler = new MicroViewSampler(_client, 0.3);
        var ids = Enumerable.Range(0, 64).Select(_ => NewId()).ToArray();
        var parameters = ids.Select(id => new SamplingParameters(default, id, "root", ActivityKind.Server)).ToArray();
        for (var i = 0; i < 10_000; i++) // past the JIT's tiers
            sampler.ShouldSample(parameters[i % 64]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var kept = 0;
        for (var i = 0; i < 10_000; i++)
            kept += sampler.ShouldSample(parameters[i % 64]).Decision == SamplingDecision.RecordAndSample ? 1 : 0;
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.NotEqual(0, kept);
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void A_base_rate_that_is_none_is_refused(double rate) => Assert.Throws<ArgumentOutOfRangeException>(() => new MicroViewSampler(_client, rate));

    private static SamplingResult Root(MicroViewSampler sampler, ActivityTraceId id, string? traceState = null)
    {
        var context = traceState is null ? default : new ActivityContext(id, default, ActivityTraceFlags.None, traceState);
        return sampler.ShouldSample(new SamplingParameters(context, id, "root", ActivityKind.Server));
    }

    private static SamplingResult Child(MicroViewSampler sampler, ActivityTraceId id, bool recorded, bool remote, string traceState) =>
        sampler.ShouldSample(new SamplingParameters(
            new ActivityContext(id, ActivitySpanId.CreateRandom(), recorded ? ActivityTraceFlags.Recorded : ActivityTraceFlags.None, traceState, remote), id, "child", ActivityKind.Server));

    private ActivityTraceId NewId() => ActivityTraceId.CreateFromString($"{_random.NextInt64():x16}{_random.NextInt64(long.MinValue, long.MaxValue):x16}");

    private static ActivityTraceId Id(ulong randomness) => ActivityTraceId.CreateFromString($"123456789abcdef012{randomness:x14}");
}
