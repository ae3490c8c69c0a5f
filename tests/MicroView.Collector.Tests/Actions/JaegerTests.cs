using System.Net;
using System.Net.Sockets;
using MicroView.Analysis;
using static MicroView.Collector.Tests.ActionScene;
using static MicroView.Collector.Tests.CollectorScene;

namespace MicroView.Collector.Tests;

public sealed class JaegerTests
{
    private static readonly HttpClient s_http = new();

    private static readonly ActionOptions Shop = new()
    {
        Applications = [ApplicationRule.Parse("shop=cart*,web")],
        TraceRates = new() { BaseRate = 0.05, HoldSeconds = 0.5 },
        Jaeger = new(0),
    };

    [Fact]
    public async Task A_service_has_the_rate_of_its_application_and_an_unknown_one_the_base_rate()
    {
        await using var actions = await StartAsync(Shop);
        var cart = await actions.WatchedAsync("cart-1", "cart");
        await actions.WatchedAsync("w", "web");
        await actions.WatchedAsync("m", "mail");
        foreach (var service in (string[])["cart", "web", "mail", "shop", "nobody"])
            Assert.Equal("{\"strategyType\":\"PROBABILISTIC\",\"probabilisticSampling\":{\"samplingRate\":0.05}}", await AskAsync(actions, service));

        Break(cart);
        foreach (var service in (string[])["cart", "web", "shop"])
            await UntilAsync(async () => await AskAsync(actions, service) == "{\"strategyType\":\"PROBABILISTIC\",\"probabilisticSampling\":{\"samplingRate\":1}}", $"all traces of {service}");
        Assert.Contains("0.05", await AskAsync(actions, "mail"), StringComparison.Ordinal);
        Assert.Contains("0.05", await AskAsync(actions, "nobody"), StringComparison.Ordinal);
        Assert.Empty(actions.Scene.Agent.Rates); // an answer writes nothing

        Mend(cart);
        await UntilAsync(async () => (await AskAsync(actions, "web")).Contains("0.05", StringComparison.Ordinal), "the base rate again");
        Assert.True(await actions.Scene.ValueAsync("microview_jaeger_requests_total") >= 10);
    }

    [Theory]
    [InlineData("GET", "sampling", 400)]
    [InlineData("GET", "sampling?service=", 400)]
    [InlineData("GET", "sampling?service=a&service=b", 400)]
    [InlineData("GET", "", 404)]
    [InlineData("GET", "metrics", 404)]
    [InlineData("POST", "sampling?service=a", 405)]
    public async Task Anything_else_is_refused_in_one_line(string method, string path, int status)
    {
        await using var actions = await StartAsync(Shop);
        using var request = new HttpRequestMessage(new(method), new Uri(actions.Scene.Collector.JaegerEndpoint!, path));
        using var response = await s_http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Single((await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task A_port_that_is_taken_costs_the_start_only_where_it_was_asked_for()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var error = await Assert.ThrowsAsync<CollectorStartException>(() => StartAsync(Shop with { Jaeger = new(port) }));
        Assert.Contains("--jaeger-port", error.Message, StringComparison.Ordinal);

        await using var actions = await StartAsync(Shop with { Jaeger = new(port, IsOptional: true) });
        Assert.Null(actions.Scene.Collector.JaegerEndpoint);
        Assert.Contains(actions.Scene.Log, line => line.StartsWith("Services cannot ask for their sampling rate: ", StringComparison.Ordinal));
    }

    private static Task<string> AskAsync(ActionScene actions, string service) =>
        s_http.GetStringAsync(new Uri(actions.Scene.Collector.JaegerEndpoint!, $"sampling?service={service}"), TestContext.Current.CancellationToken);
}
