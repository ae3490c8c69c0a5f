using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using MicroView.Collector;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace MicroView.EndToEnd.Tests;

/// <summary>KEDA's side of the external scaler: a real gRPC client, and a real collector.</summary>
[Trait("group", "slow")]
public sealed class KedaTests
{
    private const string Shop = " --application shop=cart*,web --keda-port ";

    [Fact]
    public async Task A_stream_says_active_when_an_alarm_opens_and_inactive_when_it_closes()
    {
        var port = Microview.FreePort();
        using var host = new HostProcess();
        using var cart = new MoodyPod(host.Socket, "cart-1", "cart");
        using var mail = new MoodyPod(host.Socket, "mail-1", "mail");
        using var nic = host.StartNic(MoodyPod.QuickDetection + Shop + port);
        await MoodyPod.WatchedAsync(nic, "cart-1");
        await MoodyPod.WatchedAsync(nic, "mail-1");
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        var keda = new ExternalScaler.ExternalScalerClient(channel);
        var (shop, ratio) = (Reference(("application", "shop")), Reference(("service", "car*"), ("metric", "score_ratio"), ("target", "0.8")));
        using var stream = keda.StreamIsActive(shop, cancellationToken: TestContext.Current.CancellationToken);
        using var other = keda.StreamIsActive(Reference(("application", "mail")), cancellationToken: TestContext.Current.CancellationToken);
        Assert.False(await NextAsync(stream));
        Assert.False(await NextAsync(other));
        Assert.False((await keda.IsActiveAsync(shop)).Result);
        Assert.Equal(0, await ValueAsync(keda, shop));
        Assert.Equal(("microview_score_ratio", 0.8), Spec(await keda.GetMetricSpecAsync(ratio)));
        await nic.UntilAsync(scrape => scrape["microview_keda_streams"] == 2, "two streams");

        cart.Break();
        Assert.True(await NextAsync(stream));
        Assert.True((await keda.IsActiveAsync(shop)).Result);
        Assert.Equal(1, await ValueAsync(keda, shop));
        Assert.True(await ValueAsync(keda, ratio) > 1);
        Assert.Equal(0, await ValueAsync(keda, Reference(("pods", "mail-*"))));
        Assert.True((await nic.ScrapeAsync())["microview_application_score_ratio{application=\"shop\"}"] > 1); // what a plain HPA sees

        cart.Mend();
        Assert.False(await NextAsync(stream));
        Assert.Equal(0, await ValueAsync(keda, shop));

        // It stops: the stream ends at once, and says that it may be asked for elsewhere.
        Assert.Equal(0, nic.Process.Stop());
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => NextAsync(stream))).StatusCode);
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => NextAsync(other))).StatusCode); // its false was the only thing to say
    }

    [Fact]
    public async Task Nonsense_is_an_invalid_argument_and_what_is_not_known_is_unavailable()
    {
        var port = Microview.FreePort();
        using var host = new HostProcess();
        using var pod = new MoodyPod(host.Socket, "web", "web");
        using var nic = host.StartNic("--model TH --learn 1h -s 0.05" + Shop + port);
        await nic.UntilAsync(scrape => scrape.Has("microview_application_pods{application=\"shop\"}"), "the pod");
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        var (keda, health) = (new ExternalScaler.ExternalScalerClient(channel), new Health.HealthClient(channel));

        async Task FailsAsync(StatusCode status, string part, params (string, string)[] metadata)
        {
            var error = await Assert.ThrowsAsync<RpcException>(async () => await keda.GetMetricsAsync(new() { ScaledObjectRef = Reference(metadata) }));
            Assert.Equal(status, error.StatusCode);
            Assert.Contains(part, error.Status.Detail, StringComparison.Ordinal);
        }

        await FailsAsync(StatusCode.InvalidArgument, "application, service or pods");
        await FailsAsync(StatusCode.InvalidArgument, "'cpu' is not alarms or score_ratio", ("application", "shop"), ("metric", "cpu"));
        await FailsAsync(StatusCode.InvalidArgument, "target 'x'", ("application", "shop"), ("target", "x"));
        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(async () => await keda.GetMetricsAsync(new()))).StatusCode);
        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(async () => await keda.IsActiveAsync(new()))).StatusCode);
        using (var stream = keda.StreamIsActive(new(), cancellationToken: TestContext.Current.CancellationToken))
            Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(() => NextAsync(stream))).StatusCode);
        await FailsAsync(StatusCode.Unavailable, "still learnt", ("application", "shop"));
        Assert.Equal(0, await ValueAsync(keda, Reference(("application", "nobody")))); // no replicas, no alarms

        // Without an agent nothing is known, and health says so.
        await Soon.UntilAsync(async () => (await health.CheckAsync(new())).Status == ServingStatus.Serving, "serving");
        host.Process.KillHard();
        foreach (var service in (string[])["", "externalscaler.ExternalScaler"])
            await Soon.UntilAsync(async () => (await health.CheckAsync(new() { Service = service })).Status == ServingStatus.NotServing, $"'{service}' is not serving");
        await FailsAsync(StatusCode.Unavailable, "no session with an agent", ("application", "nobody"));
    }

    [Fact]
    public async Task The_native_binary_answers_KEDA_and_Jaegers_clients_as_well()
    {
        if (Microview.NativePath is not { } path)
        {
            Assert.Skip("no NativeAOT binary: MICROVIEW_AOT is not set (./test.sh sets it)");
            return;
        }
        var (kedaPort, jaegerPort, endpoint) = (Microview.FreePort(), Microview.FreePort(), Microview.FreePort());
        using var host = new HostProcess();
        using var pod = new MoodyPod(host.Socket, "cart-1", "cart");
        using var nic = Microview.StartProgram(path,
            $"nic --transport shm --socket {host.Socket} --prometheus-port {endpoint} {MoodyPod.QuickDetection}{Shop}{kedaPort} --jaeger-port {jaegerPort} --trace-base-rate 0.25 --alertmanager http://127.0.0.1:1");
        // A pod that breaks while it is learnt has learnt that.
        await GettingStartedTests.EndpointAsync(endpoint, "microview_anomaly_threshold{pod=\"cart-1\"");
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{kedaPort}");
        var (keda, shop) = (new ExternalScaler.ExternalScalerClient(channel), Reference(("application", "shop")));
        using var stream = keda.StreamIsActive(shop, cancellationToken: TestContext.Current.CancellationToken);
        Assert.False(await NextAsync(stream));
        Assert.Equal(("microview_alarms", 1.0), Spec(await keda.GetMetricSpecAsync(shop)));
        pod.Break();
        Assert.True(await NextAsync(stream));
        Assert.Equal(1, await ValueAsync(keda, shop));
        var health = new Health.HealthClient(channel);
        await Soon.UntilAsync(async () => (await health.CheckAsync(new())).Status == ServingStatus.Serving, "serving");
        using var http = new HttpClient();
        Assert.Equal("{\"strategyType\":\"PROBABILISTIC\",\"probabilisticSampling\":{\"samplingRate\":1}}",
            await http.GetStringAsync(new Uri($"http://127.0.0.1:{jaegerPort}/sampling?service=cart"), TestContext.Current.CancellationToken));
        nic.WaitFor(lines => lines.Contains("Alerts cannot be delivered to http://127.0.0.1:1/", StringComparison.Ordinal), "an alert that fails");
        Assert.Equal(0, nic.Stop());
    }

    private static ScaledObjectRef Reference(params (string Key, string Value)[] metadata)
    {
        var reference = new ScaledObjectRef { Name = "checkout", Namespace = "shop" };
        foreach (var (key, value) in metadata)
            reference.ScalerMetadata.Add(key, value);
        return reference;
    }

    private static async Task<bool> NextAsync(AsyncServerStreamingCall<IsActiveResponse> stream)
    {
        Assert.True(await stream.ResponseStream.MoveNext(TestContext.Current.CancellationToken).WaitAsync(Microview.Deadline, TestContext.Current.CancellationToken));
        return stream.ResponseStream.Current.Result;
    }

    private static async Task<double> ValueAsync(ExternalScaler.ExternalScalerClient keda, ScaledObjectRef reference) =>
        Assert.Single((await keda.GetMetricsAsync(new() { ScaledObjectRef = reference, MetricName = "any" })).MetricValues).MetricValueFloat;

    private static (string, double) Spec(GetMetricSpecResponse answer) => (Assert.Single(answer.MetricSpecs).MetricName, answer.MetricSpecs[0].TargetSizeFloat);
}
