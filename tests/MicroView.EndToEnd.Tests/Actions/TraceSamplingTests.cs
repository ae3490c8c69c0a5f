using System.Diagnostics;
using MicroView.OpenTelemetry;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace MicroView.EndToEnd.Tests;

/// <summary>From a metric that misbehaves to the trace that is kept: real host and collector processes, and this process as the application.</summary>
[Trait("group", "slow")]
public sealed class TraceSamplingTests
{
    private const string Sampling = MoodyPod.QuickDetection + " --application shop=cart*,checkout --trace-base-rate 0.2 --trace-hold 1";

    [Fact]
    public async Task An_alarm_makes_every_trace_of_the_application_be_kept_and_its_end_gives_back_the_base_rate()
    {
        using var host = new HostProcess();
        using var front = new MoodyPod(host.Socket, "front-1", "checkout"); // where traces begin
        using var cart = new MoodyPod(host.Socket, "cart-1", "cart"); // where the fault is
        using var mail = new MoodyPod(host.Socket, "mail-1", "mail");
        using var nic = host.StartNic(Sampling);
        using var traces = new Traces(front);
        foreach (var pod in (string[])["front-1", "cart-1", "mail-1"])
            await MoodyPod.WatchedAsync(nic, pod);
        await Soon.UntilAsync(() => Has(front, 0.2) && Has(mail, 0.2), "the base rate");
        var before = traces.Share(3000);
        Assert.InRange(before, 0.15, 0.25); // seven deviations
        Assert.Equal("ot=th:ccccd", traces.LastState);

        var watch = Stopwatch.StartNew();
        cart.Break();
        await Soon.UntilAsync(() => Has(front, 1) && Has(cart, 1), "all traces of the shop");
        Soon.Report($"all traces {watch.Elapsed.TotalSeconds:0.00} s after the fault");
        Assert.True(Has(mail, 0.2), "the mail is another application");
        Assert.Equal((1.0, "ot=th:0"), (traces.Share(500), traces.LastState));

        cart.Mend();
        await Soon.UntilAsync(() => Has(front, 0.2) && Has(cart, 0.2), "the base rate again");
        var after = traces.Share(3000);
        Assert.InRange(after, 0.15, 0.25);
        Soon.Report($"share of traces kept before, during and after: {before:P1}, 100 %, {after:P1}");
        nic.Process.WaitFor(lines => lines.Contains("Traces of shop are kept at 20%", StringComparison.Ordinal), "the log's line");
    }

    [Fact]
    public async Task A_collector_that_is_killed_cannot_leave_everything_on()
    {
        using var host = new HostProcess();
        using var cart = new MoodyPod(host.Socket, "cart-1", "cart");
        using var traces = new Traces(cart);
        using var nic = host.StartNic(Sampling);
        await MoodyPod.WatchedAsync(nic, "cart-1");
        cart.Break();
        await Soon.UntilAsync(() => Has(cart, 1), "all traces");
        nic.Process.KillHard();
        var time = await Soon.UntilAsync(() => Has(cart, 0.01), "the agent's own base rate");
        Soon.Report($"the agent's base rate {time.TotalSeconds:0.00} s after the collector's death");
        Assert.InRange(traces.Share(3000), 0.0, 0.03);

        // The agent dies as well: its last word counts no more.
        host.Process.KillHard();
        await Soon.UntilAsync(() => !cart.Client.TryGetSamplingRate(out _), "the agent's end");
        Assert.InRange(traces.Share(3000), 0.45, 0.55); // the sampler's own
    }

    private static bool Has(MoodyPod pod, double rate) => pod.Client.TryGetSamplingRate(out var set) && Math.Abs(set - rate) < 1e-6;

    /// <summary>Traces of a pod's process, through the real SDK with MicroView's sampler.</summary>
    private sealed class Traces : IDisposable
    {
        private readonly ActivitySource _source = new("e2e-" + Guid.NewGuid().ToString("n"));
        private readonly Kept _kept = new();
        private readonly TracerProvider _provider;

        public Traces(MoodyPod pod) =>
            _provider = Sdk.CreateTracerProviderBuilder().AddSource(_source.Name).AddMicroViewSampler(pod.Client, baseRate: 0.5).AddProcessor(_kept).Build();

        public string? LastState => _kept.LastState;

        /// <summary>The share that is kept of so many.</summary>
        public double Share(int count)
        {
            _kept.Count = 0;
            for (var i = 0; i < count; i++)
                _source.StartActivity("root", ActivityKind.Server)?.Dispose();
            return (double)_kept.Count / count;
        }

        public void Dispose()
        {
            _provider.Dispose();
            _source.Dispose();
        }
    }

    private sealed class Kept : BaseProcessor<Activity>
    {
        public int Count { get; set; }

        public string? LastState { get; private set; }

        public override void OnEnd(Activity data)
        {
            if (!data.Recorded)
                return;
            Count++;
            LastState = data.TraceStateString;
        }
    }
}
