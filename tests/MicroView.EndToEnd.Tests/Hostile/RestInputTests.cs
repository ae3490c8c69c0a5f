using System.Text.Json;

namespace MicroView.EndToEnd.Tests;

[Trait("group", "slow")]
public sealed class RestInputTests(Scene scene) : IClassFixture<Scene>
{
    private static string Metric(string pod, string name, string value = "1", string type = "true") =>
        $"{{\"microservice_id\":{JsonSerializer.Serialize(pod)},\"name\":{JsonSerializer.Serialize(name)},\"type\":{type},\"value\":{value}}}";

    public static TheoryData<string, string> Malformed => new()
    {
        { "nothing", "" },
        { "half an object", """{"microservice_id":"p","na""" },
        { "null", "null" },
        { "a list", "[1,2]" },
        { "deeply nested", new string('[', 10_000) },
        { "a missing field", """{"microservice_id":"p","name":"n","type":true}""" },
        { "a string for type", Metric("p", "n", type: "\"false\"") },
        { "NaN", Metric("p", "n", "NaN") },
        { "Infinity", Metric("p", "n", "Infinity") },
        { "-Infinity in quotes", Metric("p", "n", "\"-Infinity\"") },
        { "an overflowing number", Metric("p", "n", "1e999") },
        { "an empty name", Metric("p", "") },
        { "a newline in a name", Metric("p", "a\nb 1\n# TYPE x counter") },
        { "NUL in a name", Metric("p", "a\0b") },
        { "a name of 256 bytes", Metric("p", new string('n', 256)) },
        { "a field twice", """{"microservice_id":"p","name":"n","name":"m","type":true,"value":1}""" },
        { "half a surrogate pair", """{"microservice_id":"p","name":"\ud800","type":true,"value":1}""" },
        { "# in a pod's name", Metric("healthy#2", "n") },
        { "a path for a pod", Metric("../../etc/passwd\0", "n") },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task Malformed_bodies_are_told_what_is_wrong_and_counted(string what, string body)
    {
        var before = await scene.Host.RefusedAsync("invalid");
        var (status, answer) = await scene.Host.SendAsync(HttpMethod.Post, "/metrics", body);
        Assert.True(status == 400, $"{what}: {status}");
        Assert.InRange(answer.GetProperty("error").GetString()!.Length, 10, 600);
        await scene.UnharmedAsync("invalid", before);
    }

    [Fact]
    public async Task A_name_of_a_megabyte_and_larger_bodies_are_refused_unread()
    {
        var before = await scene.Host.RefusedAsync("too_large");
        Assert.Equal(413, (await scene.Host.SendAsync(HttpMethod.Post, "/metrics", Metric("p", new string('x', 1 << 20)))).Status);
        await scene.UnharmedAsync("too_large", before);
        try
        {
            Assert.Equal(413, (await scene.Host.SendAsync(HttpMethod.Post, "/metrics", new string(' ', 64 << 20))).Status);
        }
        catch (HttpRequestException)
        {
            // it may hang up before all of it was sent
        }
        await scene.UnharmedAsync("too_large", before + 1);
    }

    [Fact]
    public async Task A_name_that_is_registered_twice_keeps_its_address_and_its_type()
    {
        var (_, first) = await scene.Host.SendAsync(HttpMethod.Post, "/metrics", Metric("twice", "n"));
        var (status, again) = await scene.Host.SendAsync(HttpMethod.Post, "/metrics", Metric("twice", "n", "9"));
        Assert.Equal((200, first.GetProperty("addr").GetInt32()), (status, again.GetProperty("addr").GetInt32()));
        var before = await scene.Host.RefusedAsync("pod_in_use");
        Assert.Equal(409, (await scene.Host.SendAsync(HttpMethod.Post, "/metrics", Metric("twice", "n", type: "false"))).Status);
        await scene.UnharmedAsync("pod_in_use", before);
        Assert.Equal(409, (await scene.Host.SendAsync(HttpMethod.Post, "/metrics", Metric("healthy", "n"))).Status); // a socket client's pod
        await scene.UnharmedAsync("pod_in_use", before + 1);
        var scrape = await scene.Nic.UntilAsync(scrape => scrape.OfPod("twice").Length > 0, "the pod");
        Assert.Equal(1, scrape.Of("n", "twice"));
    }

    [Fact]
    public async Task Names_with_quotes_and_backslashes_stay_apart_in_a_valid_exposition()
    {
        string[] names = ["say \"hi\"", "say \\hi\\", "say {hi=\"1\"} 5", "größe", "say_hi"];
        foreach (var name in names)
            Assert.Equal(200, (await scene.Host.SendAsync(HttpMethod.Post, "/metrics", Metric("quoted \"pod\\", name, "3"))).Status);
        var scrape = await scene.Nic.UntilAsync(scrape => scrape.Text.Split('\n').Count(line => line.Contains("quoted", StringComparison.Ordinal) && line.EndsWith(" 3", StringComparison.Ordinal)) >= names.Length, "all of them");
        var (exit, said) = await Promtool.CheckAsync(scrape.Text);
        Assert.True(exit is 0 or 3, said); // 1 is a parse error; 3 a matter of style
        await scene.UnharmedAsync();
    }

    [Theory]
    [InlineData("GET", "/v1/pods/nobody", 404)]
    [InlineData("DELETE", "/v1/pods/nobody", 404)]
    [InlineData("DELETE", "/v1/pods/healthy", 409)]
    [InlineData("GET", "/v1/pods/%0a..%2f..%2f", 404)]
    [InlineData("GET", "/v1/layout?since=-1", 400)]
    [InlineData("GET", "/rdma/qp/0", 404)]
    [InlineData("PUT", "/metrics", 405)]
    [InlineData("GET", "/nothing", 404)]
    public async Task Unknown_pods_and_places_are_named_in_a_clear_error(string method, string path, int expected)
    {
        var (status, answer) = await scene.Host.SendAsync(new(method), path);
        Assert.Equal(expected, status);
        Assert.InRange(answer.GetProperty("error").GetString()!.Length, 5, 600);
        await scene.UnharmedAsync();
    }
}
