using System.Net;
using System.Text.RegularExpressions;
using static MicroView.Collector.Tests.CollectorScene;
using static MicroView.Collector.Tests.TestBook;

namespace MicroView.Collector.Tests;

public sealed partial class LivePageTests
{
    [Fact]
    public async Task A_browser_gets_the_page_and_a_terminal_its_line()
    {
        await using var scene = await StartAsync();
        using var http = Client(scene);
        var line = await http.GetAsync("/");
        Assert.Equal("text/plain", line.Content.Headers.ContentType!.MediaType);
        Assert.Single((await line.Content.ReadAsStringAsync()).Trim().Split('\n'));

        var page = await PageAsync(http, "/");
        Assert.Equal("text/html", page.Content.Headers.ContentType!.MediaType);
        Assert.StartsWith("default-src 'self'; ", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal("nosniff", page.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Contains("Accept", page.Headers.Vary);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await http.PostAsync("/api/live", null)).StatusCode);
    }

    [Fact]
    public async Task Every_file_that_the_page_names_is_there_and_none_is_of_elsewhere()
    {
        await using var scene = await StartAsync();
        using var http = Client(scene);
        var (known, open) = (new HashSet<string>(StringComparer.Ordinal), new Queue<string>(["/"]));
        while (open.TryDequeue(out var path))
        {
            if (!known.Add(path))
                continue;
            var response = await PageAsync(http, path);
            Assert.True(response.StatusCode == HttpStatusCode.OK, $"{path}: {response.StatusCode}");
            var text = await response.Content.ReadAsStringAsync();
            Assert.DoesNotMatch(@"https?://(?!www\.w3\.org/2000/svg)|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|\sstyle=|\son\w+=""", text);
            foreach (Match named in Named().Matches(text))
                open.Enqueue(new Uri(new Uri(http.BaseAddress!, path), named.Groups[1].Value).AbsolutePath);
            var again = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Accept", "text/html" } } };
            again.Headers.IfNoneMatch.Add(response.Headers.ETag!);
            Assert.Equal(HttpStatusCode.NotModified, (await http.SendAsync(again)).StatusCode);
        }
        Assert.Equal(PageAssets.Embedded.Paths.Where(path => !path.EndsWith("index.html", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
            known.Where(path => path.StartsWith(PageAssets.Folder, StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_page_is_told_everything_at_first_and_then_what_changes()
    {
        await using var scene = await StartAsync();
        var pod = scene.Agent.Join(new TestPod("<script>alert(1)</script>\n", 1, 8192) { Service = "shop", Container = "main" }, Gauge("a"), Counter("b_total"));
        pod.Set(0, 1);
        await UntilAsync(() => scene.Pod(pod.Pod) is { IsStale: false }, "a row");
        using var http = Client(scene);
        using var events = await EventReader.OpenAsync(http, "/api/live");
        Assert.Equal("text/event-stream", events.Response.Content.Headers.ContentType!.MediaType);
        var (name, full) = (await events.NextAsync())!.Value;
        Assert.Equal("full", name);
        Assert.Equal(0.005, full.GetProperty("interval").GetDouble());
        if (!full.TryGetProperty("pods", out var pods))
            pods = (await events.UntilAsync((_, data) => data.TryGetProperty("pods", out var _), "the pod")).GetProperty("pods");
        var told = Assert.Single(pods.EnumerateArray());
        Assert.Equal(pod.Pod, told.GetProperty("id").GetString());
        Assert.Equal("shop", told.GetProperty("service").GetString());
        Assert.Equal("main", told.GetProperty("container").GetString());
        Assert.Equal(2, told.GetProperty("metrics").GetInt32());
        var number = told.GetProperty("n").GetInt32();

        var health = (await events.UntilAsync((_, data) => data.TryGetProperty("health", out var _), "health")).GetProperty("health");
        Assert.True(health.GetProperty("connected").GetBoolean());
        Assert.Equal(2, health.GetProperty("lmaps").GetArrayLength());
        Assert.Equal(1, health.GetProperty("pages").GetInt32());

        var second = scene.Agent.Join("second", Gauge("a"));
        second.Set(0, 1);
        var delta = await events.UntilAsync((_, data) => data.TryGetProperty("pods", out var _), "the second pod");
        Assert.Equal("second", Assert.Single(delta.GetProperty("pods").EnumerateArray()).GetProperty("id").GetString());
        Assert.False(delta.TryGetProperty("instance", out _));
        scene.Agent.Leave(pod);
        await events.UntilAsync((_, data) => data.TryGetProperty("gone", out var gone) && gone[0].GetInt32() == number, "the first pod's end");
    }

    [Fact]
    public async Task An_alarm_is_told_with_what_explains_it_and_again_when_it_is_over()
    {
        await using var scene = await StartAsync();
        var pod = scene.Agent.Join("p", [.. Enumerable.Range(0, 4).Select(i => Gauge($"m{i}"))]);
        using var stop = new CancellationTokenSource();
        var shift = 0.0;
        var load = Task.Run(async () =>
        {
            for (var random = new Random(3); !stop.IsCancellationRequested; await Task.Delay(2))
                for (var slot = 0; slot < 4; slot++)
                    pod.Set(slot, random.NextDouble() + (slot == 2 ? Volatile.Read(ref shift) : 0));
        });
        await UntilAsync(() => scene.Pod("p") is { State: MicroView.Analysis.PodState.Watching }, "watching");
        using var http = Client(scene);
        using var events = await EventReader.OpenAsync(http, "/api/live");
        Volatile.Write(ref shift, 80);
        var opened = (await events.UntilAsync((_, data) => data.TryGetProperty("alarms", out var _), "the alarm")).GetProperty("alarms")[0];
        Assert.Equal("p", opened.GetProperty("pod").GetString());
        Assert.Equal("m2", opened.GetProperty("why")[0][0].GetString());
        Assert.True(opened.GetProperty("score").GetDouble() > opened.GetProperty("threshold").GetDouble());
        Assert.False(opened.TryGetProperty("closed", out _));
        await events.UntilAsync((_, data) => data.TryGetProperty("scores", out var scores) && (scores[0][1].GetInt32() & (int)LiveMarks.Alarm) != 0, "the pod's mark");

        Volatile.Write(ref shift, 0);
        var over = (await events.UntilAsync((_, data) => data.TryGetProperty("alarms", out var _), "its end")).GetProperty("alarms")[0];
        Assert.Equal(opened.GetProperty("n").GetInt64(), over.GetProperty("n").GetInt64());
        Assert.True(over.GetProperty("closed").GetInt64() >= over.GetProperty("opened").GetInt64());

        await UntilAsync(async () =>
        {
            using var later = await EventReader.OpenAsync(http, "/api/live");
            var full = (await later.NextAsync())!.Value.Data;
            Assert.Contains(full.GetProperty("alarms").EnumerateArray(), alarm => alarm.GetProperty("n").GetInt64() == opened.GetProperty("n").GetInt64());
            return full.GetProperty("pods")[0].GetProperty("history").GetArrayLength() > 0;
        }, "the first whole second of scores in a page opened later");
        await stop.CancelAsync();
        await load;
    }

    [Fact]
    public async Task So_many_pages_are_served_and_no_more_until_one_is_closed()
    {
        await using var scene = await StartAsync();
        using var http = Client(scene);
        var open = new List<EventReader>();
        for (var i = 0; i < LiveFeed.MaxPages; i++)
            open.Add(await EventReader.OpenAsync(http, "/api/live"));
        using (var refused = await EventReader.OpenAsync(http, "/api/live"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.Response.StatusCode);
            Assert.Equal("16 pages are open already, and no more are served: close one\n", await refused.Response.Content.ReadAsStringAsync());
        }
        Assert.Contains("microview_scrapes_total", await scene.ScrapeAsync(), StringComparison.Ordinal);
        open[0].Dispose();
        await UntilAsync(async () =>
        {
            using var next = await EventReader.OpenAsync(http, "/api/live");
            return next.Response.StatusCode == HttpStatusCode.OK;
        }, "a place for the next");
        open.ForEach(page => page.Dispose());
    }

    [Fact]
    public async Task Open_pages_end_with_the_collector_and_do_not_hold_it_up()
    {
        var scene = await StartAsync();
        scene.Agent.Join("p", Gauge("a"));
        await UntilAsync(() => scene.Pod("p") is { IsStale: false }, "a row");
        using var http = Client(scene);
        using var live = await EventReader.OpenAsync(http, "/api/live");
        using var values = await EventReader.OpenAsync(http, "/api/pods/values?pod=p");
        Assert.NotNull(await live.NextAsync());
        Assert.NotNull(await values.NextAsync());
        await scene.DisposeAsync();
        while (await live.NextAsync() is not null || await values.NextAsync() is not null)
        {
            // what was on its way
        }
    }

    [Theory]
    [InlineData("localhost", HttpStatusCode.OK)]
    [InlineData("LOCALHOST:8000", HttpStatusCode.OK)]
    [InlineData("127.0.0.1:8000", HttpStatusCode.OK)]
    [InlineData("[::1]:8000", HttpStatusCode.OK)]
    [InlineData("evil.example", HttpStatusCode.Forbidden)]
    [InlineData("localhost.evil.example", HttpStatusCode.Forbidden)]
    [InlineData("203.0.113.7", HttpStatusCode.Forbidden)]
    public async Task Other_names_that_lead_here_get_neither_page_nor_data(string host, HttpStatusCode expected)
    {
        await using var scene = await StartAsync();
        scene.Agent.Join("p", Gauge("a"));
        await UntilAsync(() => scene.Pod("p") is not null, "the pod");
        using var http = Client(scene);
        foreach (var path in (string[])["/", "/page/page.js", "/api/live", "/api/pods/values?pod=p"])
        {
            var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Accept", "text/html" } } };
            request.Headers.Host = host;
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            Assert.Equal(expected, response.StatusCode);
        }
        var metrics = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        metrics.Headers.Host = host;
        Assert.Equal(HttpStatusCode.OK, (await http.SendAsync(metrics)).StatusCode); // a scraper goes by any name
    }

    [Fact]
    public async Task What_is_not_there_is_told_in_a_line()
    {
        await using var scene = await StartAsync();
        using var http = Client(scene);
        foreach (var path in (string[])["/api/other", "/api/pods/values", "/api/pods/values?pod=nobody"])
        {
            var response = await http.GetAsync(path);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
            Assert.Single((await response.Content.ReadAsStringAsync()).Trim().Split('\n'));
        }
        var foreign = new HttpRequestMessage(HttpMethod.Get, "/api/live") { Headers = { { "Sec-Fetch-Site", "cross-site" } } };
        Assert.Equal(HttpStatusCode.Forbidden, (await http.SendAsync(foreign)).StatusCode);
    }

    private static HttpClient Client(CollectorScene scene) => new() { BaseAddress = scene.Collector.Endpoint };

    private static Task<HttpResponseMessage> PageAsync(HttpClient http, string path) =>
        http.SendAsync(new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Accept", "text/html,*/*;q=0.8" } } });

    [GeneratedRegex(@"(?:(?:src|href)=""(?=page/)|from '(?=\./))([^""']+)")]
    private static partial Regex Named();
}
