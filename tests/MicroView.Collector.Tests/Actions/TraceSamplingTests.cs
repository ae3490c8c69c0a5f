using MicroView.Analysis;
using MicroView.Protocol;
using static MicroView.Collector.Tests.ActionScene;
using static MicroView.Collector.Tests.CollectorScene;

namespace MicroView.Collector.Tests;

public sealed class TraceSamplingTests
{
    private const double Base = 0.05;

    private static readonly ActionOptions Shop = new()
    {
        Applications = [ApplicationRule.Parse("shop=cart*,checkout")],
        TraceRates = new() { BaseRate = Base, HoldSeconds = 0.5 },
        WritesTraceRates = true,
    };

    [Fact]
    public async Task An_alarm_raises_the_rate_of_every_pod_of_its_application_and_of_no_other_until_the_hold_time_is_over()
    {
        await using var actions = await StartAsync(Shop);
        var agent = actions.Scene.Agent;
        var cart = await actions.WatchedAsync("cart-1");
        await actions.WatchedAsync("x", "checkout");
        await actions.WatchedAsync("mail");
        await UntilAsync(() => agent.RateOf("cart-1") == Base && agent.RateOf("x") == Base && agent.RateOf("mail") == Base, "the base rate everywhere");

        Break(cart);
        await UntilAsync(() => agent.RateOf("cart-1") == 1 && agent.RateOf("x") == 1, "all traces of the shop");
        Assert.Equal(Base, agent.RateOf("mail"));
        await UntilAsync(async () => await actions.Scene.ValueAsync("microview_application_alarms{application=\"shop\"}") == 1, "the alarm by application");
        Assert.Equal(2, await actions.Scene.ValueAsync("microview_application_pods{application=\"shop\"}"));
        Assert.Equal(1, await actions.Scene.ValueAsync("microview_application_trace_rate{application=\"shop\"}"));
        Assert.True(await actions.Scene.ValueAsync("microview_application_score_ratio{application=\"shop\"}") > 1);
        Assert.Equal(Base, await actions.Scene.ValueAsync("microview_application_trace_rate{application=\"mail\"}"));

        Mend(cart);
        await UntilAsync(() => agent.RateOf("cart-1") == Base && agent.RateOf("x") == Base, "the base rate again");
        await UntilAsync(async () => await actions.Scene.ValueAsync("microview_application_alarms{application=\"shop\"}") == 0, "no alarm by application");
        Assert.Contains(actions.Scene.Log, line => line == "Traces of shop are kept at 100%");
        Assert.Contains(actions.Scene.Log, line => line == "Traces of shop are kept at 5%");
    }

    [Fact]
    public async Task A_pod_that_joins_during_an_alarm_has_the_rate_at_once()
    {
        await using var actions = await StartAsync(Shop);
        var cart = await actions.WatchedAsync("cart-1");
        Break(cart);
        await UntilAsync(() => actions.Scene.Agent.RateOf("cart-1") == 1, "the alarm's rate");
        actions.Join("cart-2");
        await UntilAsync(() => !double.IsNaN(actions.Scene.Agent.RateOf("cart-2")), "a rate of the new pod");
        Assert.Equal(1, actions.Scene.Agent.Rates.ToArray().First(rate => rate.Pod == "cart-2").Rate); // the first that was sent
    }

    [Fact]
    public async Task A_pod_that_goes_away_with_its_alarm_open_holds_its_application_no_longer_than_the_hold_time()
    {
        await using var actions = await StartAsync(Shop);
        var cart = await actions.WatchedAsync("cart-1");
        await actions.WatchedAsync("cart-2");
        Break(cart);
        await UntilAsync(() => actions.Scene.Agent.RateOf("cart-2") == 1, "the alarm's rate");
        actions.Scene.Agent.Leave(cart);
        await UntilAsync(() => actions.Scene.Agent.RateOf("cart-2") == Base, "the base rate again");
    }

    [Fact]
    public async Task An_alarm_of_a_pod_without_a_control_word_counts_and_no_word_of_it_is_asked_for()
    {
        await using var actions = await StartAsync(Shop);
        var process = await actions.WatchedAsync("cart-process", kind: PodKind.Node);
        await actions.WatchedAsync("cart-1");
        Break(process);
        await UntilAsync(() => actions.Scene.Agent.RateOf("cart-1") == 1, "the alarm's rate");
        Assert.Equal(double.NaN, actions.Scene.Agent.RateOf("cart-process"));
    }

    [Fact]
    public async Task Without_trace_sampling_no_word_is_asked_for()
    {
        await using var actions = await StartAsync(Shop with { WritesTraceRates = false });
        var cart = await actions.WatchedAsync("cart-1");
        Break(cart);
        await UntilAsync(async () => await actions.Scene.ValueAsync("microview_application_alarms{application=\"shop\"}") == 1, "the alarm by application");
        Assert.Empty(actions.Scene.Agent.Rates);
    }

    [Fact]
    public async Task Series_of_an_application_go_with_its_last_pod()
    {
        await using var actions = await StartAsync(new ActionOptions());
        var pod = await actions.WatchedAsync("p", "search", labels: new() { ["application"] = "mall" });
        await actions.Scene.ShowsAsync("microview_application_pods{application=\"mall\"}");
        actions.Scene.Agent.Leave(pod);
        await UntilAsync(async () => await actions.Scene.ValueAsync("microview_application_pods{application=\"mall\"}") is null, "the end of the series");
    }

    [Fact]
    public void One_rate_for_every_pod_and_one_per_application_exclude_each_other()
    {
        var error = Assert.Throws<ArgumentException>(() => (Quick with { TraceRate = 0.5, Actions = Shop }).Validate());
        Assert.Contains("--trace-rate", error.Message, StringComparison.Ordinal);
        Assert.Contains("--trace-sampling", error.Message, StringComparison.Ordinal);
        var replay = Assert.Throws<ArgumentException>(() => (Quick with { Recording = "r.mvrec", Actions = Shop }).Validate());
        Assert.Contains("--trace-sampling", replay.Message, StringComparison.Ordinal);
    }
}
