using System.Net;
using Microsoft.AspNetCore.Http;
using MicroView.Protocol;

namespace MicroView.Collector.Tests;

public sealed class EndpointAccessTests : IDisposable
{
    private const string Here = "10.9.0.1", Client = "10.9.0.7";
    private readonly string _token = Path.GetTempFileName();

    public EndpointAccessTests() => File.WriteAllText(_token, "s3cret-word\n");

    public void Dispose() => File.Delete(_token);

    [Theory]
    [InlineData("127.0.0.1", null)]
    [InlineData("::1", null)]
    [InlineData("::ffff:127.0.0.1", null)]
    [InlineData(Client, 403)]
    [InlineData("fe80::7", 403)]
    public void On_defaults_this_machine_alone_is_served(string client, int? refused)
    {
        foreach (var what in (Asked[])[Asked.Metrics, Asked.PageFiles, Asked.PageData])
            Assert.Equal(refused, Status(new(), Request(client), what));
        Assert.Null(Status(new(), Request(client), Asked.Health));
    }

    [Theory]
    [InlineData(null, 401)]
    [InlineData("Bearer s3cret-word", null)]
    [InlineData("bearer s3cret-word ", null)]
    [InlineData("Bearer S3cret-word", 401)]
    [InlineData("Bearer ", 401)]
    [InlineData("Basic s3cret-word", 401)]
    [InlineData("Basic YW55OnMzY3JldC13b3Jk", null)] // any:s3cret-word
    [InlineData("Basic czNjcmV0LXdvcmQ=", 401)] // no colon
    public void Other_machines_are_served_that_show_the_token(string? shown, int? refused)
    {
        var options = new AccessOptions { Listen = "0.0.0.0" };
        var request = Request(Client, "collector.example", Here);
        if (shown is not null)
            request.Request.Headers.Authorization = shown;
        Assert.Equal(refused, Status(options, request, Asked.PageData, Gate()));
        Assert.Equal(refused, Status(options, request, Asked.Metrics, Gate()));
        Assert.Null(Status(options, request, Asked.PageFiles, Gate())); // a browser has none yet when it asks for the page itself
        Assert.DoesNotContain("s3cret", new EndpointAccess(options, Gate()).Check(request, Asked.PageData)?.Line ?? "", StringComparison.Ordinal);
        Assert.Equal(403, Status(new() { Listen = "10.9.0.2" }, request, Asked.Metrics, Gate())); // came in elsewhere
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData(Here)]
    public void Open_metrics_are_metrics_and_health_alone(string listen)
    {
        var options = new AccessOptions { MetricsListen = listen };
        var request = Request(Client, "scraped.example", Here);
        Assert.Null(Status(options, request, Asked.Metrics));
        Assert.Null(Status(options, request, Asked.Health));
        Assert.Equal(403, Status(options, request, Asked.PageFiles));
        Assert.Equal(403, Status(options, request, Asked.PageData));
        Assert.Null(Status(options, Request("127.0.0.1"), Asked.PageData));
        Assert.Equal(403, Status(new() { MetricsListen = "10.9.0.2" }, request, Asked.Metrics));
    }

    [Fact]
    public void A_port_of_their_own_has_nothing_else_not_even_for_this_machine_or_with_the_token()
    {
        var options = new AccessOptions { Listen = "0.0.0.0", MetricsListen = "0.0.0.0:9464" };
        var request = Request("127.0.0.1", port: 9464);
        Assert.Null(Status(options, request, Asked.Metrics));
        Assert.Equal(403, Status(options, request, Asked.PageData));
        request = Request(Client, "x", Here, 9464);
        request.Request.Headers.Authorization = "Bearer s3cret-word";
        Assert.Null(Status(options, request, Asked.Metrics, Gate()));
        Assert.Equal(403, Status(options, request, Asked.PageData, Gate()));
        Assert.Equal(401, Status(options, Request(Client, "x", Here, 8000), Asked.Metrics, Gate()));
    }

    [Fact]
    public void Another_sites_page_gets_no_data_wherever_it_asks_from()
    {
        var request = Request("127.0.0.1");
        request.Request.Headers["Sec-Fetch-Site"] = "cross-site";
        Assert.Equal(403, Status(new(), request, Asked.PageData));
        Assert.Null(Status(new(), request, Asked.PageFiles));
    }

    [Fact]
    public void The_address_that_was_asked_is_a_name_of_ours() =>
        Assert.Null(Status(new(), Request("127.0.0.1", "10.9.0.1:8000", local: "::ffff:10.9.0.1"), Asked.PageData));

    [Fact]
    public void The_name_that_people_are_told_is_one_and_no_other()
    {
        var access = new EndpointAccess(new(), AccessGate.Closed, publicName: "collector.example");
        Assert.Null(access.Check(Request("127.0.0.1", "Collector.Example"), Asked.PageData));
        Assert.Equal(403, access.Check(Request("127.0.0.1", "other.example"), Asked.PageData)?.Status);
        Assert.Equal(403, access.Check(Request(Client, "collector.example"), Asked.PageData)?.Status);
        Assert.Null(access.Check(Request("127.0.0.1", "other.example"), Asked.Metrics)); // tells no more than to any local client
    }

    private AccessGate Gate() => new(new SharedSecret(_token), null);

    private static int? Status(AccessOptions options, HttpContext request, Asked what, AccessGate? gate = null) =>
        new EndpointAccess(options, gate ?? AccessGate.Closed, 8000).Check(request, what)?.Status;

    private static DefaultHttpContext Request(string client, string host = "localhost", string local = "127.0.0.1", int port = 8000)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(client);
        context.Connection.LocalIpAddress = IPAddress.Parse(local);
        context.Connection.LocalPort = port;
        context.Request.Host = new HostString(host);
        return context;
    }
}
