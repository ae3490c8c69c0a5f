using System.Net;
using System.Text;

namespace MicroView.Lab.Tests;

public sealed class LoadTests : IDisposable
{
    private const string Apis = """
        [{"name": "SearchHandler", "arg_gen_func_name": "SearchHandler", "proportion": 60, "type": "GET"},
         {"name": "RecommendHandler", "arg_gen_func_name": "recommend", "proportion": 30, "type": "GET"},
         {"name": "UserHandler", "arg_gen_func_name": "user", "proportion": 5, "type": "GET"},
         {"name": "ReservationHandler", "arg_gen_func_name": "reserve", "proportion": 5, "type": "POST"}]
        """;

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("3m", 180)]
    [InlineData("1h30m", 5400)]
    [InlineData("1.5s", 1.5)]
    [InlineData("250ms", 0.25)]
    [InlineData("45", 45)]
    public void Durations_are_written_as_in_Go(string text, double seconds)
    {
        Assert.True(GoDuration.TryParse(text, out var read));
        Assert.Equal(seconds, read, 9);
    }

    [Theory]
    [InlineData("")]
    [InlineData("3 parsecs")]
    [InlineData("m")]
    [InlineData("-3m")]
    public void What_is_no_duration_is_refused(string text) => Assert.False(GoDuration.TryParse(text, out _));

    [Fact]
    public void The_artifacts_file_is_read()
    {
        var file = LoadFile.Read(_scratch.Write("dsb_hotel.json", $$"""{"num_threads": 8, "url": "http://mcnode17:9000", "num_reqs": 1000, "duration": "3m", "tput": 200, "is_original": false, "apis": {{Apis}}}"""));
        Assert.Equal(("http://mcnode17:9000", 200, 180), (file.Url, file.Tput, file.Seconds));
        Assert.Equal([60, 30, 5, 5], file.Apis.Select(api => api.Proportion));
        file.Write(_scratch.Path("again.json"));
        Assert.Equal(file.Apis, LoadFile.Read(_scratch.Path("again.json")).Apis);
    }

    [Theory]
    [InlineData("""{"url": "mcnode17", "tput": 1, "apis": []}""", "url is 'mcnode17'")]
    [InlineData("""{"url": "http://x", "tput": 0, "apis": []}""", "tput is 0")]
    [InlineData("""{"url": "http://x", "tput": 1, "duration": "soon", "apis": []}""", "duration is 'soon'")]
    [InlineData("""{"url": "http://x", "tput": 1, "apis": []}""", "apis is empty")]
    [InlineData("""{"url": "http://x", "tput": 1, "apis": [{"name": "a", "arg_gen_func_name": "search", "proportion": 60, "type": "GET"}]}""", "60 together, not 100")]
    [InlineData("""{"url": "http://x", "tput": 1, "apis": [{"name": "a", "arg_gen_func_name": "dance", "proportion": 100, "type": "GET"}]}""", "'dance' is none of")]
    [InlineData("""{"url": "http://x", "tput": 1, "apis": [{"name": "a", "arg_gen_func_name": "search", "proportion": 100, "type": "PUT"}]}""", "not GET or POST")]
    [InlineData("""{"url": 5}""", "is no workload")]
    [InlineData("nothing", "load.json:1: is no workload")]
    public void A_wrong_file_is_refused_with_what_is_wrong(string text, string complaint) =>
        Assert.Contains(complaint, Assert.Throws<DataException>(() => LoadFile.Read(_scratch.Write("load.json", text))).Message, StringComparison.Ordinal);

    [Fact]
    public void Requests_follow_from_the_seed_and_come_in_the_mix()
    {
        var file = new LoadFile { Url = "http://x", Tput = 50, Apis = LoadFile.Read(_scratch.Write("a.json", $$"""{"url": "http://x", "tput": 50, "apis": {{Apis}}}""")).Apis };
        LoadRequest[] requests = [.. new LoadSchedule(file, 7).Requests().Take(20_000)];
        var again = new LoadSchedule(file, 7).Requests().Take(20_000);
        Assert.Equal(requests.Select(request => (request.At, string.Join(';', request.Arguments))), again.Select(request => (request.At, string.Join(';', request.Arguments))));
        Assert.NotEqual(requests.Take(50).Select(request => request.Api.Name), new LoadSchedule(file, 8).Requests().Take(50).Select(request => request.Api.Name));
        // Five deviations of a binomial are less than 0.02.
        foreach (var api in file.Apis)
            Assert.InRange(requests.Count(request => request.Api == api) / 20_000.0, api.Proportion / 100.0 - 0.02, api.Proportion / 100.0 + 0.02);
        // A gap is 20 ms with a deviation of a tenth: 20,000 of them are within a second or so of 400 s.
        Assert.InRange(requests[^1].At.TotalSeconds, 397, 403);
        Assert.All(requests.Where(request => request.Api.Name == "ReservationHandler"), request =>
        {
            var arguments = request.Arguments.ToDictionary(argument => argument.Name, argument => argument.Value);
            Assert.True(string.CompareOrdinal(arguments["inDate"], arguments["outDate"]) < 0);
            Assert.Equal(arguments["customerName"], arguments["username"]);
        });
    }

    [Fact]
    [Trait("group", "slow")]
    public async Task Latency_counts_from_when_a_request_was_due()
    {
        using var server = new StallingServer();
        // 50 requests a second for 2 s; from 0.5 s to 1.3 s the server answers nobody.
        var file = new LoadFile { Url = server.Url, Tput = 50, Duration = "2s", Apis = [new("SearchHandler", "search", 100, "GET")] };
        var path = _scratch.Path("latency.csv");
        var log = new StringWriter();
        Assert.Equal(ExitCode.Success, await LoadRun.ExecuteAsync(new LoadOrder(file, path, 1, 0, 1000), log, TestContext.Current.CancellationToken));
        var lines = File.ReadAllLines(path);
        Assert.Equal("Name,Start,Duration,IsError", lines[0]);
        var rows = lines[1..].Select(line => line.Split(',')).ToArray();
        // An open loop: the stall keeps none from being sent.
        Assert.InRange(rows.Length, 95, 105);
        Assert.All(rows, row => Assert.Equal(("SearchHandler", "false"), (row[0], row[3])));
        var starts = rows.Select(row => long.Parse(row[1])).ToArray();
        Assert.Equal(starts.Order(), starts);
        Assert.InRange((starts[^1] - starts[0]) / 1e9, 1.8, 2.1);
        // About 40 were due in the stall, and each had to wait for its end: the first some 0.8 s.
        Assert.True(rows.Count(row => long.Parse(row[2]) > 100_000_000) >= 25, string.Join('\n', lines));
        Assert.True(rows.Max(row => long.Parse(row[2])) > 600_000_000);
        Assert.Contains("finished all requests", log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("group", "slow")]
    public async Task Where_nobody_answers_every_request_is_an_error_and_warm_up_is_not_recorded()
    {
        var file = new LoadFile { Url = "http://127.0.0.1:9", Tput = 50, Duration = "0.5s", Apis = [new("SearchHandler", "search", 100, "GET")] };
        await LoadRun.ExecuteAsync(new LoadOrder(file, _scratch.Path("latency.csv"), 1, 0.5, 1000), TextWriter.Null, TestContext.Current.CancellationToken);
        var lines = File.ReadAllLines(_scratch.Path("latency.csv"))[1..];
        Assert.InRange(lines.Length, 20, 30);
        Assert.All(lines, line => Assert.EndsWith(",true", line, StringComparison.Ordinal));
    }

    /// <summary>Answers at once, but to nobody between 0.5 s and 1.3 s after its first request.</summary>
    private sealed class StallingServer : IDisposable
    {
        private readonly HttpListener _listener = new();
        private readonly CancellationTokenSource _stop = new();
        private long _first;

        public StallingServer()
        {
            Url = $"http://127.0.0.1:{Testbed.FreePort()}/";
            _listener.Prefixes.Add(Url);
            _listener.Start();
            _ = ServeAsync();
        }

        public string Url { get; }

        public void Dispose()
        {
            _stop.Cancel();
            _listener.Close();
            _stop.Dispose();
        }

        private async Task ServeAsync()
        {
            while (!_stop.IsCancellationRequested)
            {
                HttpListenerContext context;
                try
                {
                    context = await _listener.GetContextAsync();
                }
                catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }
                Interlocked.CompareExchange(ref _first, Environment.TickCount64, 0);
                _ = AnswerAsync(context);
            }
        }

        private async Task AnswerAsync(HttpListenerContext context)
        {
            var since = Environment.TickCount64 - Interlocked.Read(ref _first);
            if (since is > 500 and < 1300)
                await Task.Delay((int)(1300 - since));
            await context.Response.OutputStream.WriteAsync(Encoding.ASCII.GetBytes("ok"));
            context.Response.Close();
        }
    }
}
