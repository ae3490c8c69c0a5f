using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace MicroView.Host.Tests;

public sealed class RestTests
{
    private static readonly HttpClient Http = new();

    private static async Task<(int Status, JsonElement Body)> SendAsync(HttpMethod method, Uri uri, string? body = null, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(method, uri);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        change?.Invoke(request);
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, JsonDocument.Parse(text).RootElement);
    }

    private static Task<(int Status, JsonElement Body)> PostAsync(TestAgent agent, string body) => SendAsync(HttpMethod.Post, agent.Rest("/metrics"), body);

    private static string Metric(string pod, string name, double value = 1, bool gauge = true) =>
        JsonSerializer.Serialize(new Dictionary<string, object> { ["microservice_id"] = pod, ["name"] = name, ["type"] = gauge, ["value"] = value });

    [Fact]
    public async Task A_metric_is_stored_where_the_answer_says_and_a_known_one_is_left_alone()
    {
        await using var agent = await TestAgent.StartAsync();
        var (status, first) = await PostAsync(agent, Metric("py-0", "latency", 2.5));
        var (_, second) = await PostAsync(agent, Metric("py-0", "requests", 7, gauge: false));
        Assert.Equal(200, status);
        var segment = first.GetProperty("shm_name").GetString()!;
        Assert.Equal(segment, second.GetProperty("shm_name").GetString());
        using var file = File.OpenHandle("/dev/shm/" + segment, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        Assert.Equal(2.5, ReadDouble(file, first.GetProperty("addr").GetInt32()));
        Assert.Equal(7, ReadDouble(file, second.GetProperty("addr").GetInt32()));
        var (again, known) = await PostAsync(agent, Metric("py-0", "latency", 99));
        Assert.Equal(200, again);
        Assert.Equal(first.GetProperty("addr").GetInt32(), known.GetProperty("addr").GetInt32());
        Assert.Equal(2.5, ReadDouble(file, first.GetProperty("addr").GetInt32()));
        Assert.Equal(409, (await PostAsync(agent, Metric("py-0", "latency", 1, gauge: false))).Status);
        var (_, pod) = await SendAsync(HttpMethod.Get, agent.Rest("/v1/pods/py-0"));
        Assert.Equal([2.5, 7], pod.GetProperty("values").EnumerateArray().Select(v => v.GetDouble()));
        Assert.Equal("rest", pod.GetProperty("layout").GetProperty("kind").GetString());
    }

    [Theory]
    [InlineData("", 400)]
    [InlineData("{", 400)]
    [InlineData("null", 400)]
    [InlineData("[]", 400)]
    [InlineData("{}", 400)]
    [InlineData("""{"microservice_id":"p","name":"n","type":true}""", 400)]
    [InlineData("""{"microservice_id":"p","name":"n","type":"false","value":1}""", 400)]
    [InlineData("""{"microservice_id":"p","name":"n","type":true,"value":"NaN"}""", 400)]
    [InlineData("""{"microservice_id":"p","name":"n","type":true,"value":NaN}""", 400)]
    [InlineData("""{"microservice_id":"p","name":"n","type":true,"value":1e999}""", 400)]
    [InlineData("""{"microservice_id":"p","name":"n","type":null,"value":1}""", 400)]
    [InlineData("""{"microservice_id":5,"name":"n","type":true,"value":1}""", 400)]
    [InlineData("""{"microservice_id":"","name":"n","type":true,"value":1}""", 400)]
    [InlineData("""{"microservice_id":"p#2","name":"n","type":true,"value":1}""", 400)]
    [InlineData("""{"microservice_id":"p","name":"","type":true,"value":1}""", 400)]
    [InlineData("""{"microservice_id":"p","name":"a\nb","type":true,"value":1}""", 400)]
    [InlineData("""{"microservice_id":"p","name":"a\u0000b","type":true,"value":1}""", 400)]
    [InlineData("""{"microservice_id":"p","name":"\ud800","type":true,"value":1}""", 400)]
    [InlineData("""{"microservice_id":"p","name":"n","name":"m","type":true,"value":1}""", 400)]
    public async Task Bad_bodies_are_told_what_is_wrong_and_leave_nothing_behind(string body, int expected)
    {
        await using var agent = await TestAgent.StartAsync();
        var (status, answer) = await PostAsync(agent, body);
        Assert.Equal(expected, status);
        Assert.NotEqual("", answer.GetProperty("error").GetString());
        Assert.Equal(0, agent.Agent.Stats.Pods);
        Assert.Equal(1, agent.Metrics.Refusals(RefusalReason.Invalid));
    }

    [Fact]
    public async Task Large_bodies_and_names_are_refused_and_counted()
    {
        await using var agent = await TestAgent.StartAsync();
        Assert.Equal(400, (await PostAsync(agent, Metric("p", new string('x', 256)))).Status);
        Assert.Equal(413, (await PostAsync(agent, Metric("p", new string('x', 1024 * 1024)))).Status);
        Assert.Equal(1, agent.Metrics.Refusals(RefusalReason.TooLarge));
        Assert.Equal(200, (await PostAsync(agent, Metric("p", "\"quotes\" and \\ and ü"))).Status);
    }

    [Fact]
    public async Task Full_pools_and_segments_answer_507()
    {
        await using var agent = await TestAgent.StartAsync(o => o with { MaxPods = 1 });
        Assert.Equal(200, (await PostAsync(agent, Metric("a", "m"))).Status);
        var (status, answer) = await PostAsync(agent, Metric("b", "m"));
        Assert.Equal(507, status);
        Assert.Contains("--max-pods", answer.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_artifacts_endpoints_answer_in_its_shapes()
    {
        await using var agent = await TestAgent.StartAsync();
        await PostAsync(agent, Metric("py-0", "a"));
        Assert.Equal("healthy", (await SendAsync(HttpMethod.Get, agent.Rest("/health"))).Body.GetProperty("status").GetString());
        Assert.Equal(JsonValueKind.Array, (await SendAsync(HttpMethod.Get, agent.Rest("/rdma/qps"))).Body.GetProperty("queue_pairs").ValueKind);
        Assert.Equal(JsonValueKind.Array, (await SendAsync(HttpMethod.Get, agent.Rest("/rdma/mrs"))).Body.GetProperty("memory_regions").ValueKind);
        var (_, regions) = await SendAsync(HttpMethod.Get, agent.Rest("/metrics"));
        var pod = regions.GetProperty("py-0/0")[0];
        Assert.Equal(("py-0", 1, 4096), (pod.GetProperty("pod_id").GetString(), pod.GetProperty("num_metrics").GetInt32(), pod.GetProperty("page_size_bytes").GetInt32()));
        Assert.Equal(404, (await SendAsync(HttpMethod.Get, agent.Rest("/rdma/qp/0"))).Status);
        Assert.Equal(409, (await SendAsync(HttpMethod.Post, agent.Rest("/rdma/qp/0/connect"), "{}")).Status);
        Assert.Equal(409, (await SendAsync(HttpMethod.Post, agent.Rest("/rdma/qps/connect"), """{"queue_pairs":[]}""")).Status);
        Assert.Equal(404, (await SendAsync(HttpMethod.Get, agent.Rest("/nothing"))).Status);
        Assert.Equal(405, (await SendAsync(HttpMethod.Put, agent.Rest("/metrics"), "{}")).Status);
        Assert.Equal("ok", (await SendAsync(HttpMethod.Get, agent.Rest("/readyz"))).Body.GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("text/plain", "text/plain")]
    [InlineData("text/plain, application/json;q=0.9, */*", "text/plain")]
    [InlineData("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", "application/openmetrics-text")]
    public async Task Metrics_asked_for_text_are_the_agents_own(string accept, string format)
    {
        await using var agent = await TestAgent.StartAsync();
        await PostAsync(agent, Metric("py-0", "a"));
        await PostAsync(agent, "null");
        using var request = new HttpRequestMessage(HttpMethod.Get, agent.Rest("/metrics"));
        request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal(format, response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(format != "text/plain", text.EndsWith("# EOF\n", StringComparison.Ordinal));
        Assert.Contains("microview_host_pods{kind=\"rest\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("microview_host_refused_total{reason=\"invalid\"} 1\n", text, StringComparison.Ordinal);
        Assert.False(response.Headers.Contains("Server"));
    }

    [Theory]
    [InlineData("*/*")]
    [InlineData("text/*")]
    [InlineData("application/json, text/plain, */*")]
    [InlineData("text/plain;q=0")]
    [InlineData("nonsense")]
    public async Task Metrics_asked_for_nothing_in_particular_or_rather_for_json_are_the_layout(string accept)
    {
        await using var agent = await TestAgent.StartAsync();
        await PostAsync(agent, Metric("py-0", "a"));
        using var request = new HttpRequestMessage(HttpMethod.Get, agent.Rest("/metrics"));
        request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Metrics_are_compressed_when_asked()
    {
        await using var agent = await TestAgent.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, agent.Rest("/metrics"));
        request.Headers.TryAddWithoutValidation("Accept", "text/plain");
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip");
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(["gzip"], response.Content.Headers.ContentEncoding);
        await using var body = new System.IO.Compression.GZipStream(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken), System.IO.Compression.CompressionMode.Decompress);
        using var reader = new StreamReader(body);
        Assert.Contains("# TYPE microview_host_attached_total counter\n", await reader.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_layout_over_http_waits_for_a_change_and_tells_what_changed()
    {
        await using var agent = await TestAgent.StartAsync();
        await PostAsync(agent, Metric("py-0", "a"));
        var (_, first) = await SendAsync(HttpMethod.Get, agent.Rest("/v1/layout?since=0&lease=c1"));
        var generation = first.GetProperty("generation").GetUInt64();
        Assert.Equal(1, agent.Agent.Stats.Readers);
        var waiting = SendAsync(HttpMethod.Get, agent.Rest($"/v1/layout?since={generation}&timeout=20000"));
        await PostAsync(agent, Metric("py-0", "b"));
        var (_, second) = await waiting;
        Assert.False(second.GetProperty("full").GetBoolean());
        var pod = second.GetProperty("pods")[0];
        Assert.Equal((1, 2), (pod.GetProperty("first_slot").GetInt32(), pod.GetProperty("slots").GetInt32()));
        Assert.Equal("b", pod.GetProperty("descriptors")[0].GetProperty("name").GetString());
        Assert.Equal(400, (await SendAsync(HttpMethod.Get, agent.Rest("/v1/layout?since=-1"))).Status);
        Assert.Equal(200, (await SendAsync(HttpMethod.Delete, agent.Rest("/v1/pods/py-0"))).Status);
        Assert.Equal(404, (await SendAsync(HttpMethod.Get, agent.Rest("/v1/pods/py-0"))).Status);
        var (_, third) = await SendAsync(HttpMethod.Get, agent.Rest($"/v1/layout?since={second.GetProperty("generation").GetUInt64()}"));
        Assert.Equal("py-0", third.GetProperty("removed")[0].GetString());
    }

    [Fact]
    public async Task A_page_in_a_browser_of_the_agents_user_does_not_speak_for_that_user()
    {
        await using var agent = await TestAgent.StartAsync();
        Assert.Equal(200, (await SendAsync(HttpMethod.Get, agent.Rest("/v1/pods"))).Status);
        Assert.Equal(401, (await SendAsync(HttpMethod.Get, agent.Rest("/v1/pods"), change: r => r.Headers.Host = "evil.example:5000")).Status);
        Assert.Equal(401, (await SendAsync(HttpMethod.Post, agent.Rest("/metrics"), Metric("p", "m"), r => r.Headers.Add("Origin", "http://evil.example"))).Status);
        Assert.Equal(2, agent.Metrics.Refusals(RefusalReason.Forbidden));
    }

    [Fact]
    public async Task Off_loopback_every_role_takes_the_token()
    {
        if (OwnAddress() is not { } address)
        {
            Assert.Skip("this machine has no address but loopback");
            return;
        }
        await using var agent = await TestAgent.StartAsync(o => o with { RestAddress = IPAddress.Any, Token = "correct horse" });
        Uri At(string path) => new($"http://{address}:{agent.Agent.RestEndpoint!.Port}{path}");
        static Action<HttpRequestMessage> Bearer(string token) => request => request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        Assert.Equal(401, (await SendAsync(HttpMethod.Post, At("/metrics"), Metric("p", "m"))).Status);
        Assert.Equal(401, (await SendAsync(HttpMethod.Get, At("/rdma/mrs"))).Status);
        Assert.Equal(403, (await SendAsync(HttpMethod.Get, At("/v1/layout"), change: Bearer("wrong"))).Status);
        Assert.Equal(200, (await SendAsync(HttpMethod.Post, At("/metrics"), Metric("p", "m"), Bearer("correct horse"))).Status);
        Assert.Equal(200, (await SendAsync(HttpMethod.Get, At("/v1/layout"), change: Bearer("correct horse"))).Status);
        Assert.Equal(200, (await SendAsync(HttpMethod.Get, At("/health"))).Status);
        await using var listed = await TestAgent.StartAsync(o => o with { RestAddress = IPAddress.Any, Token = "correct horse", Collectors = [new(address, 32)] });
        Assert.Equal(200, (await SendAsync(HttpMethod.Get, new($"http://{address}:{listed.Agent.RestEndpoint!.Port}/rdma/mrs"))).Status);
    }

    [Fact]
    public async Task Off_loopback_with_collectors_alone_a_listed_one_collects_and_nobody_is_a_client()
    {
        if (OwnAddress() is not { } address)
        {
            Assert.Skip("this machine has no address but loopback");
            return;
        }
        await using var agent = await TestAgent.StartAsync(o => o with { RestAddress = IPAddress.Any, Collectors = [new(address, 32)] });
        Uri At(string path) => new($"http://{address}:{agent.Agent.RestEndpoint!.Port}{path}");
        Assert.Equal(200, (await SendAsync(HttpMethod.Get, At("/rdma/qps"))).Status);
        Assert.Equal(200, (await SendAsync(HttpMethod.Get, At("/v1/layout"))).Status);
        Assert.Equal(401, (await SendAsync(HttpMethod.Post, At("/metrics"), Metric("p", "m"))).Status);
        await using var others = await TestAgent.StartAsync(o => o with { RestAddress = IPAddress.Any, Collectors = [new(IPAddress.Parse("192.0.2.1"), 32)] });
        Assert.Equal(401, (await SendAsync(HttpMethod.Get, new($"http://{address}:{others.Agent.RestEndpoint!.Port}/rdma/qps"))).Status);
        Assert.Equal(200, (await SendAsync(HttpMethod.Post, new($"http://127.0.0.1:{others.Agent.RestEndpoint!.Port}/metrics"), Metric("p", "m"))).Status);
    }

    private static IPAddress? OwnAddress() => System.Net.NetworkInformation.NetworkInterface.GetAllNetworkInterfaces()
        .SelectMany(card => card.GetIPProperties().UnicastAddresses).Select(unicast => unicast.Address)
        .FirstOrDefault(address => address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork && !IPAddress.IsLoopback(address));

    private static double ReadDouble(Microsoft.Win32.SafeHandles.SafeFileHandle file, long offset)
    {
        var bytes = new byte[8];
        Assert.Equal(8, RandomAccess.Read(file, bytes, offset));
        return BitConverter.ToDouble(bytes);
    }
}
