using System.IO.Compression;
using System.Net.Sockets;
using System.Text;

namespace MicroView.Host.Tests;

public sealed class TargetFetchTests
{
    private const string Text = "Content-Type: text/plain\r\n";

    [Fact]
    public async Task Text_arrives_plain_compressed_in_chunks_and_without_a_type()
    {
        Assert.Equal(2, (await ScrapeAsync((stream, stop) => StubEndpoint.Respond(stream, "a 1\nb 2\n"u8.ToArray(), Text, stop))).Count);
        Assert.Equal(2, (await ScrapeAsync((stream, stop) => StubEndpoint.Respond(stream, Zip("a 1\nb 2\n"u8.ToArray()), Text + "Content-Encoding: gzip\r\n", stop))).Count);
        Assert.Equal(2, (await ScrapeAsync((stream, stop) => StubEndpoint.Raw(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\na 1\n\r\n4\r\nb 2\n\r\n0\r\n\r\n", stop))).Count);
        Assert.Equal(2, (await ScrapeAsync((stream, stop) => StubEndpoint.Raw(stream, "HTTP/1.0 200 OK\r\n\r\na 1\nb 2\n", stop))).Count);
        Assert.Single(await ScrapeAsync((stream, stop) => StubEndpoint.Respond(stream, "a 1\n# EOF\n"u8.ToArray(), "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n", stop)));
    }

    [Theory]
    [InlineData("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", "Status")]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", "Status")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\na 1\n", "ContentType")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 4\r\n\r\na 1\n", "Encoding")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\na 1\n", "Encoding")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\na 1\n", "Truncated")]
    [InlineData("HTTP/1.0 200 OK\r\n\r\na 1\nb", "Truncated")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\na 1\n", "TooLarge")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\na 1x", "Syntax")]
    [InlineData("SSH-2.0-OpenSSH\r\n", "Connect")]
    public async Task What_is_wrong_has_its_reason(string answer, string reason)
    {
        var failure = await FailAsync((stream, stop) => StubEndpoint.Raw(stream, answer, stop));
        Assert.True(reason == failure.Reason.ToString(), $"{failure.Reason}: {failure.Message}");
        Assert.DoesNotContain('\n', failure.Message);
    }

    [Fact]
    public async Task An_endless_body_and_a_compressed_bomb_end_at_the_limit()
    {
        async Task Endless(NetworkStream stream, CancellationToken stop)
        {
            await StubEndpoint.Raw(stream, "HTTP/1.1 200 OK\r\n\r\n", stop);
            var lines = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("a 1\n", 10_000)));
            while (true)
                await stream.WriteAsync(lines, stop);
        }
        Assert.Equal(ScrapeFailure.TooLarge, (await FailAsync(Endless)).Reason);
        var bomb = Zip(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("# 23456789\n", 3_000_000))));
        Assert.True(bomb.Length < 1_000_000);
        Assert.Equal(ScrapeFailure.TooLarge, (await FailAsync((stream, stop) => StubEndpoint.Respond(stream, bomb, Text + "Content-Encoding: gzip\r\n", stop))).Reason);
        Assert.Equal(ScrapeFailure.TooLarge, (await FailAsync((stream, stop) => StubEndpoint.Respond(stream, Zip(new byte[200_000]), Text + "Content-Encoding: gzip\r\n", stop))).Reason); // one line
    }

    [Fact]
    public async Task Who_never_ends_his_answer_runs_into_the_timeout()
    {
        async Task Drip(NetworkStream stream, CancellationToken stop)
        {
            await StubEndpoint.Raw(stream, "HTTP/1.1 200 OK\r\n\r\n", stop);
            for (; ; await Task.Delay(100, stop))
                await StubEndpoint.Raw(stream, "#", stop);
        }
        static ScrapeInOptions Soon(ScrapeInOptions options) => options with { Interval = TimeSpan.FromSeconds(1) };
        Assert.Equal(ScrapeFailure.Timeout, (await FailAsync(Drip, Soon)).Reason);
        Assert.Equal(ScrapeFailure.Timeout, (await FailAsync((_, stop) => Task.Delay(-1, stop), Soon)).Reason);
    }

    [Fact]
    public async Task Redirects_are_followed_three_times_and_never_to_another_scheme()
    {
        await using var real = new StubEndpoint(() => "a 1\n");
        Assert.Single(await ScrapeAsync((stream, stop) => StubEndpoint.Respond(stream, [], $"Location: {real.Url}\r\n", stop, "302 Found")));
        Assert.Equal(ScrapeFailure.Status, (await FailAsync((stream, stop) => StubEndpoint.Respond(stream, [], "Location: /metrics\r\n", stop, "302 Found"))).Reason);
        Assert.Equal(ScrapeFailure.Status, (await FailAsync((stream, stop) => StubEndpoint.Respond(stream, [], "Location: file:///etc/passwd\r\n", stop, "302 Found"))).Reason);
    }

    [Fact]
    public async Task Secrets_come_from_their_files_and_are_not_carried_to_where_a_redirect_leads()
    {
        var folder = Directory.CreateTempSubdirectory("mvs").FullName;
        var (token, password) = (Path.Combine(folder, "token"), Path.Combine(folder, "password"));
        File.WriteAllText(token, "s3cret\n");
        File.WriteAllText(password, "user:pass\n");
        await using var target = new StubEndpoint(() => "a 1\n");
        await ScrapeAsync(target.Answer, o => o with { TokenFile = token }, target);
        Assert.Contains("Authorization: Bearer s3cret\r\n", target.LastRequest);
        Assert.Contains("Accept: text/plain;version=0.0.4;q=1,application/openmetrics-text;", target.LastRequest.Replace(", ", ",", StringComparison.Ordinal));
        await ScrapeAsync(target.Answer, o => o with { BasicAuthFile = password }, target);
        Assert.Contains("Authorization: Basic dXNlcjpwYXNz\r\n", target.LastRequest);
        await ScrapeAsync((stream, stop) => StubEndpoint.Respond(stream, [], $"Location: {target.Url}\r\n", stop, "302 Found"), o => o with { TokenFile = token });
        Assert.DoesNotContain("Authorization", target.LastRequest);
        File.Delete(token);
        var failure = await Assert.ThrowsAsync<ScrapeException>(() => ScrapeAsync(target.Answer, o => o with { TokenFile = token }, target));
        Assert.Equal(ScrapeFailure.Credentials, failure.Reason);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Nobody_there_is_no_connection()
    {
        var target = new StubEndpoint(() => "");
        await target.DisposeAsync();
        Assert.Equal(ScrapeFailure.Connect, (await Assert.ThrowsAsync<ScrapeException>(() => FetchAsync(target.Url, o => o))).Reason);
    }

    private static async Task<ScrapeException> FailAsync(Func<NetworkStream, CancellationToken, Task> answer, Func<ScrapeInOptions, ScrapeInOptions>? change = null) =>
        await Assert.ThrowsAsync<ScrapeException>(() => ScrapeAsync(answer, change));

    private static async Task<SortedDictionary<string, double>> ScrapeAsync(
        Func<NetworkStream, CancellationToken, Task> answer, Func<ScrapeInOptions, ScrapeInOptions>? change = null, StubEndpoint? at = null)
    {
        await using var stub = at is null ? new StubEndpoint(answer) : null;
        return await FetchAsync((at ?? stub!).Url, change ?? (o => o));
    }

    private static async Task<SortedDictionary<string, double>> FetchAsync(string url, Func<ScrapeInOptions, ScrapeInOptions> change)
    {
        using var fetch = new TargetFetch(change(new ScrapeInOptions { Interval = TimeSpan.FromSeconds(10), MaxBodyBytes = 1 << 20 }));
        var text = new ScrapedText();
        Assert.True(await fetch.ScrapeAsync(ScrapeTarget.FromText(url, out _)!, text.Reader, TestContext.Current.CancellationToken) > 0);
        text.Page.Commit(1);
        return text.Pods.Living!.Shown;
    }

    private static byte[] Zip(byte[] plain)
    {
        using var output = new MemoryStream();
        using (var zip = new GZipStream(output, CompressionLevel.Optimal))
            zip.Write(plain);
        return output.ToArray();
    }
}
