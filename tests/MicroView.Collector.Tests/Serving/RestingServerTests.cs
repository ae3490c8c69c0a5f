using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using MicroView.Protocol;
using MicroView.Protocol.Tests;
using MicroView.Serving;

namespace MicroView.Collector.Tests;

public sealed class RestingServerTests
{
    private static readonly TimeSpan s_soon = TimeSpan.FromMilliseconds(20);

    [Fact]
    public async Task Rests_between_clients_and_keeps_its_port()
    {
        await using var served = await StartAsync(s_soon);
        var address = served.Urls.Single();
        for (var round = 1; round <= 5; round++)
        {
            Assert.Equal("served", await GetAsync(address));
            await RestAsync(served);
        }
        Assert.Equal(address, served.Urls.Single());
    }

    [Fact]
    public async Task Who_is_connected_keeps_it_awake_and_finds_it_as_it_was()
    {
        await using var served = await StartAsync(s_soon);
        using var client = new HttpClient();
        Assert.Equal("served", await client.GetStringAsync(served.Urls.Single(), TestContext.Current.CancellationToken));
        await Task.Delay(20 * s_soon, TestContext.Current.CancellationToken);
        Assert.False(Server(served).IsResting);
        Assert.Equal("served", await client.GetStringAsync(served.Urls.Single(), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_long_answer_is_not_cut_off()
    {
        await using var served = await StartAsync(s_soon, async context =>
        {
            await context.Response.WriteAsync("first ");
            await context.Response.Body.FlushAsync();
            await Task.Delay(20 * s_soon);
            await context.Response.WriteAsync("last");
        });
        Assert.Equal("first last", await GetAsync(served.Urls.Single()));
    }

    [Fact]
    public async Task No_client_is_lost_while_it_falls_asleep_and_wakes()
    {
        const int clients = 4, requests = 150;
        await using var served = await StartAsync(TimeSpan.FromMilliseconds(1));
        var address = served.Urls.Single();
        var awakenings = new ConcurrentBag<bool>();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async client =>
        {
            for (var i = 0; i < requests; i++)
            {
                Assert.Equal("served", await GetAsync(address));
                await Task.Delay(client + i % 7);
                awakenings.Add(Server(served).IsResting);
            }
        }));
        Assert.Contains(true, awakenings); // it did rest between some
    }

    [Fact]
    public async Task Speaks_TLS_to_whoever_wakes_it()
    {
        using var files = new TestCertificates();
        var (certificate, key) = files.Issue("server");
        var gate = new AccessGate(null, new ServerCertificate(certificate, key));
        await using var served = await StartAsync(s_soon, secure: gate.Secure);
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true };
        for (var round = 0; round < 3; round++)
        {
            await RestAsync(served);
            using var client = new HttpClient(handler, disposeHandler: false) { DefaultRequestHeaders = { ConnectionClose = true } };
            Assert.Equal("served", await client.GetStringAsync(served.Urls.Single().Replace("http:", "https:", StringComparison.Ordinal), TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task A_client_that_finds_it_unable_to_start_is_served_when_it_is_able()
    {
        var starts = 0;
        await using var served = await StartAsync(s_soon, secure: _ =>
        {
            if (Interlocked.Increment(ref starts) == 2)
                throw new IOException("not now");
        });
        await RestAsync(served);
        Assert.Equal("served", await GetAsync(served.Urls.Single()));
        Assert.Equal(3, starts);
    }

    [Fact]
    public async Task Clients_that_are_gone_before_they_are_served_cost_nobody_else_anything()
    {
        await using var served = await StartAsync(s_soon);
        var port = new Uri(served.Urls.Single()).Port;
        for (var round = 0; round < 5; round++)
        {
            await RestAsync(served);
            for (var i = 0; i < 20; i++)
            {
                using var gone = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { LingerState = new(true, 0) }; // its end is a reset
                await gone.ConnectAsync(IPAddress.Loopback, port);
            }
            Assert.Equal("served", await GetAsync(served.Urls.Single()));
        }
        await RestAsync(served); // all of them are counted out again
    }

    [Fact]
    public async Task Stops_while_it_rests_and_leaves_the_port()
    {
        var served = await StartAsync(s_soon);
        var address = new Uri(served.Urls.Single());
        await RestAsync(served);
        await served.StopAsync(TestContext.Current.CancellationToken);
        await served.DisposeAsync();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var refused = await Assert.ThrowsAsync<SocketException>(async () => await socket.ConnectAsync(IPAddress.Loopback, address.Port));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    private static async Task<WebApplication> StartAsync(TimeSpan idleTime, RequestDelegate? answer = null, Action<ListenOptions>? secure = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseRestingKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => secure?.Invoke(listen)), idleTime);
        var application = builder.Build();
        application.Run(answer ?? (context => context.Response.WriteAsync("served")));
        await application.StartAsync(TestContext.Current.CancellationToken);
        return application;
    }

    private static RestingServer Server(WebApplication served) => (RestingServer)served.Services.GetRequiredService<IServer>();

    private static Task RestAsync(WebApplication served) => CollectorScene.UntilAsync(() => Server(served).IsResting, "it rests");

    /// <summary>On a connection of its own.</summary>
    private static async Task<string> GetAsync(string address)
    {
        using var client = new HttpClient { DefaultRequestHeaders = { ConnectionClose = true } };
        return await client.GetStringAsync(address);
    }
}
