using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using MicroView.Client;
using MicroView.Host;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace MicroView.OpenTelemetry.Tests;

/// <summary>The real SDK: an ActivitySource, a TracerProvider, and a real agent whose word is read.</summary>
public sealed class TracerProviderTests : IAsyncLifetime
{
    private readonly ActivitySource _source = new("shop-" + Guid.NewGuid().ToString("n"));
    private readonly KeptSpans _kept = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mv-otel");

    public ValueTask InitializeAsync() => default;

    public ValueTask DisposeAsync()
    {
        _source.Dispose();
        _folder.Delete(recursive: true);
        return default;
    }

    [Fact]
    public void Root_and_children_of_a_trace_are_kept_together_or_not_at_all()
    {
        using var client = new MicroViewClient(new() { Attach = false });
        using var provider = Provider(client, baseRate: 0.3);
        for (var i = 0; i < 2000; i++)
            Trace();
        var traces = _kept.Spans.GroupBy(span => span.TraceId).ToArray();
        Assert.InRange(traces.Length, 450, 750);
        Assert.All(traces, trace => Assert.Equal(3, trace.Count()));
        Assert.All(_kept.Spans, span => Assert.Equal("ot=th:b3333", span.TraceStateString));
        Assert.All(traces, trace => Assert.True(RejectionThreshold.Of(0.3).Keeps(TraceRandomness.Of(trace.Key))));
    }

    [Fact]
    public void A_remote_parent_is_followed_and_the_entries_of_others_are_passed_on()
    {
        using var client = new MicroViewClient(new() { Attach = false });
        using var provider = Provider(client, baseRate: 0);
        var id = ActivityTraceId.CreateFromString("123456789abcdef012ffffffffffffff");
        var parent = new ActivityContext(id, ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded, "congo=a,ot=th:8", isRemote: true);
        using (_source.StartActivity("server", ActivityKind.Server, parent))
            _source.StartActivity("inner")!.Dispose();
        Assert.Equal(["congo=a,ot=th:8", "congo=a,ot=th:8"], _kept.Spans.Select(span => span.TraceStateString));
        Assert.Null(_source.StartActivity("server", ActivityKind.Server, new ActivityContext(id, ActivitySpanId.CreateRandom(), ActivityTraceFlags.None, "congo=a", isRemote: false)));
    }

    [Fact]
    public async Task The_agents_word_is_in_force_while_it_has_the_pod_and_the_samplers_own_rate_otherwise()
    {
        var socket = Path.Combine(_folder.FullName, "agent.sock");
        using var client = new MicroViewClient(new() { Pod = "web", SocketPath = socket });
        using var provider = Provider(client, baseRate: 0);
        for (var i = 0; i < 100; i++)
            Trace();
        Assert.Empty(_kept.Spans);
        Assert.False(client.TryGetSamplingRate(out _));

        var options = new HostOptions { SocketPath = socket, RestEnabled = false, BaseTraceRate = 1 };
        await using (await HostAgent.StartAsync(options, NullLoggerFactory.Instance, TestContext.Current.CancellationToken))
        {
            await UntilAsync(() => client.TryGetSamplingRate(out var rate) && rate == 1, "the agent's word");
            Trace();
            Assert.Equal(3, _kept.Spans.Count);
            Assert.All(_kept.Spans, span => Assert.Equal("ot=th:0", span.TraceStateString));
        }

        await UntilAsync(() => !client.TryGetSamplingRate(out _), "the agent's end");
        Assert.Equal(1, client.SamplingRate); // the word stands, and counts no more
        Trace();
        Assert.Equal(3, _kept.Spans.Count);
    }

    private TracerProvider Provider(MicroViewClient client, double baseRate) => Sdk.CreateTracerProviderBuilder()
        .AddSource(_source.Name).AddMicroViewSampler(client, baseRate).AddProcessor(_kept).Build();

    /// <summary>A root span with two children, one inside the other.</summary>
    private void Trace()
    {
        using var root = _source.StartActivity("root", ActivityKind.Server);
        using var child = _source.StartActivity("child");
        using var inner = _source.StartActivity("inner");
    }

    private static async Task UntilAsync(Func<bool> holds, string what)
    {
        for (var end = DateTime.UtcNow.AddSeconds(30); !holds(); await Task.Delay(10, TestContext.Current.CancellationToken))
            Assert.True(DateTime.UtcNow < end, "never happened: " + what);
    }

    /// <summary>What an exporter would get: the SDK hands over recorded spans alone.</summary>
    private sealed class KeptSpans : BaseProcessor<Activity>
    {
        public List<Activity> Spans { get; } = [];

        public override void OnEnd(Activity data)
        {
            if (data.Recorded)
                Spans.Add(data);
        }
    }
}
