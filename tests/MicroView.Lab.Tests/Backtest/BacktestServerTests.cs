using System.CommandLine;
using System.Net;

namespace MicroView.Lab.Tests;

public sealed class BacktestServerTests : IDisposable
{
    private const string Token = "eyJhbGciOi.J9-_~+/=";

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    private async Task<int> Run(HistoryServer server, params string[] more)
    {
        var result = LabCommandLine.BuildRootCommand().Parse(["backtest", "--prometheus", server.Url, "--since", $"{HistoryServer.Hours}h",
            "--until", CsvTime.Format(HistoryServer.End * 1_000_000_000), "--out", _scratch.Path("report.html"), "--pause", "0", .. more]);
        Assert.Empty(result.Errors);
        return await result.InvokeAsync(new InvocationConfiguration { Output = TextWriter.Null, Error = TextWriter.Null, EnableDefaultExceptionHandler = false });
    }

    private static async Task<string> LineOf(Task<int> run)
    {
        var error = await Assert.ThrowsAnyAsync<LabException>(() => run);
        Assert.Equal(3, error.ExitCode);
        Assert.DoesNotContain('\n', error.Message);
        return error.Message;
    }

    private static HistoryServer Guarded() => new()
    {
        Instead = (request, _) => request.Headers["Authorization"] == $"Bearer {Token}" ? null : (401, "<html>who are you?</html>"),
    };

    [Fact]
    public async Task A_token_from_a_file_goes_with_every_query()
    {
        using var server = Guarded();
        Assert.Equal(0, await Run(server, "--alerts", "--token-file", _scratch.Write("token", Token)));
        // Services, series, types, the scrape interval, values, alerts: none of them was refused.
        Assert.Equal(["label", "metadata", "query", "query_range", "series"], server.Asked.Select(path => path.Split('/')[3]).Distinct().Order());
        Assert.True(File.Exists(_scratch.Path("report.html")));
    }

    [Fact]
    public async Task A_server_that_wants_a_token_is_one_clear_line()
    {
        using var server = Guarded();
        Assert.Equal($"{server.Url}: answers 401 Unauthorized to api/v1/label/service/values; give a token with --token-file", await LineOf(Run(server)));
        Assert.Single(server.Asked); // nobody is asked again who said no
        var wrong = _scratch.Write("wrong", "not-this-one");
        Assert.Equal($"{server.Url}: answers 401 Unauthorized to api/v1/label/service/values; the token in {wrong} is refused", await LineOf(Run(server, "--token-file", wrong)));
        Assert.False(File.Exists(_scratch.Path("report.html")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("a\nb")]
    [InlineData("schlüssel")]
    public async Task A_file_without_a_token_is_refused_before_anything_is_asked(string content)
    {
        using var server = Guarded();
        var file = _scratch.Write("token", content);
        Assert.Equal($"{file}: holds no bearer token: one line of ASCII without spaces is needed", await LineOf(Run(server, "--token-file", file)));
        await Assert.ThrowsAsync<FileNotFoundException>(() => Run(server, "--token-file", _scratch.Path("nowhere")));
        Assert.Empty(server.Asked);
    }

    private static PrometheusClient Client(HistoryServer server) =>
        new(new PrometheusOptions(new Uri(server.Url)) { Pause = TimeSpan.Zero, Waits = [TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(40)] });

    private static TimeGrid Grid => new(HistoryServer.Start * 1000, HistoryServer.Step * 1000, 200);

    [Theory]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.BadGateway)]
    [InlineData(HttpStatusCode.GatewayTimeout)]
    public async Task A_server_that_is_busy_twice_is_asked_a_third_time(HttpStatusCode busy)
    {
        using var server = new HistoryServer { Instead = (_, before) => before < 2 ? ((int)busy, "later") : null };
        using var client = Client(server);
        var series = await client.Range("{service=\"cart\"}", Grid, HistoryServer.Metrics, TestContext.Current.CancellationToken);
        Assert.Equal(HistoryServer.Metrics, series.Count);
        Assert.All(series, found => Assert.All(found.Values, value => Assert.True(double.IsFinite(value))));
        Assert.Equal(3, client.Queries);
    }

    [Fact]
    public async Task A_server_that_stays_busy_is_asked_no_more_than_three_times()
    {
        using var server = new HistoryServer { Instead = (_, _) => (503, """{"status":"error","errorType":"unavailable","error":"too many\nqueries"}""") };
        using var client = Client(server);
        var error = await Assert.ThrowsAsync<LabException>(() => client.Range("up", Grid, 1, TestContext.Current.CancellationToken));
        Assert.Equal($"{server.Url}: too many queries", error.Message);
        Assert.Equal(3, server.Asked.Count);
    }

    [Fact, Trait("group", "slow")]
    public async Task A_backtest_gets_over_a_server_that_is_busy_now_and_then()
    {
        // Twice busy at its first query and at its last but one; the usual waits are 1 and 5 s.
        using var server = new HistoryServer { Services = ["front"], Instead = (_, before) => before is 0 or 1 or 12 ? (503, "") : null };
        Assert.Equal(0, await Run(server, "--alerts"));
        Assert.True(server.Asked.Count > 12);
    }

    [Theory]
    [InlineData("<!DOCTYPE html><title>Login</title>")]
    [InlineData("")]
    [InlineData("\u0000\u0001\ufffd")]
    [InlineData("[]")]
    [InlineData("17")]
    [InlineData("{}")]
    [InlineData("""{"status":"success"}""")]
    [InlineData("""{"status":"success","data":{"resultType":"vector","result":[]}}""")]
    [InlineData("""{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":1},"values":[[1,"2"]]}]}}""")]
    [InlineData("""{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[["x","2"]]}]}}""")]
    [InlineData("""{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1714521600,"2"],[17145""")]
    public async Task An_answer_that_makes_no_sense_is_one_clear_line(string body)
    {
        // Whatever the query: at first, and in the middle of the values.
        foreach (var from in (string[])["/api/v1/label", "/api/v1/query_range"])
        {
            using var server = new HistoryServer { Instead = (request, _) => request.Url!.AbsolutePath.StartsWith(from, StringComparison.Ordinal) ? (200, body) : null };
            var line = await LineOf(Run(server));
            Assert.StartsWith($"{server.Url}: the answer to {from[1..]}", line);
            Assert.EndsWith("is not that of a Prometheus; is --prometheus its address?", line);
        }
        Assert.False(File.Exists(_scratch.Path("report.html")));
    }
}
