using System.Net;
using Microsoft.AspNetCore.Http;

namespace MicroView.Collector.Tests;

public sealed class PageAccessTests
{
    [Theory]
    [InlineData("127.0.0.1", null)]
    [InlineData("::1", null)]
    [InlineData("::ffff:127.0.0.1", null)]
    [InlineData("10.9.0.7", 403)]
    [InlineData("fe80::7", 403)]
    public void Without_a_token_this_machine_alone_is_served(string client, int? refused) =>
        Assert.Equal(refused, new PageAccess().Check(Request(client), isData: true)?.Status);

    [Theory]
    [InlineData(null, 401)]
    [InlineData("Bearer s3cret", null)]
    [InlineData("bearer s3cret ", null)]
    [InlineData("Bearer S3cret", 401)]
    [InlineData("Bearer ", 401)]
    [InlineData("Basic s3cret", 401)]
    public void With_one_other_machines_are_served_that_show_it(string? shown, int? refused)
    {
        var access = new PageAccess("s3cret");
        var request = Request("10.9.0.7", "collector.example");
        if (shown is not null)
            request.Request.Headers.Authorization = shown;
        Assert.Equal(refused, access.Check(request, isData: true)?.Status);
        Assert.Null(access.Check(request, isData: false)); // a browser has none yet when it asks for the page itself
        Assert.DoesNotContain("s3cret", access.Check(request, isData: true)?.Line ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void The_address_that_was_asked_is_a_name_of_ours() =>
        Assert.Null(new PageAccess().Check(Request("127.0.0.1", "10.9.0.1:8000", local: "::ffff:10.9.0.1"), isData: true));

    [Fact]
    public void The_name_that_people_are_told_is_one_and_no_other()
    {
        var access = new PageAccess(publicName: "collector.example");
        Assert.Null(access.Check(Request("127.0.0.1", "Collector.Example"), isData: true));
        Assert.Equal(403, access.Check(Request("127.0.0.1", "other.example"), isData: true)?.Status);
        Assert.Equal(403, access.Check(Request("10.9.0.7", "collector.example"), isData: true)?.Status);
    }

    private static DefaultHttpContext Request(string client, string host = "localhost", string local = "127.0.0.1")
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(client);
        context.Connection.LocalIpAddress = IPAddress.Parse(local);
        context.Request.Host = new HostString(host);
        return context;
    }
}
