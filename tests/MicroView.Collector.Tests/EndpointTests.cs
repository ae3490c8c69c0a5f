using System.Net;
using System.Net.Sockets;
using MicroView.Export;
using MicroView.Protocol;
using static MicroView.Collector.Tests.CollectorScene;
using static MicroView.Collector.Tests.TestBook;
using SlotType = MicroView.Protocol.MetricType;

namespace MicroView.Collector.Tests;

public sealed class EndpointTests
{
    [Fact]
    public async Task Shows_types_help_labels_and_histograms_of_pods()
    {
        await using var scene = await StartAsync(Quick with { Analysis = Quick.Analysis with { Detector = new() { Model = "none" } } });
        var labels = new SortedDictionary<string, string> { ["code"] = "200" };
        var first = scene.Agent.Join(
            new TestPod("carts-0", 2, 8192) { Service = "carts", Container = "main", Labels = new() { ["zone"] = "a\"b", ["pod"] = "mine" } },
            new SlotDescriptor { Name = "http_requests_total", Type = SlotType.Counter, Labels = labels, Help = "Requests." },
            Bucket(0.1), Bucket(1), Bucket(null), new SlotDescriptor { Name = "latency_seconds", Type = SlotType.Histogram, Role = SlotRole.Sum },
            new SlotDescriptor { Name = "secret", Type = SlotType.Gauge, Role = SlotRole.Hidden });
        var second = scene.Agent.Join(new TestPod("carts-1", 1, 8192), new SlotDescriptor { Name = "http_requests_total", Type = SlotType.Counter, Labels = labels });
        foreach (var (slot, value) in ((int, double)[])[(0, 12), (1, 2), (2, 3), (3, 1), (4, 4.5), (5, 77)])
            first.Object.Cell(slot, slot % 2).Store(value);
        second.Set(0, 8);
        await UntilAsync(async () => await scene.ValueAsync("http_requests_total{code=\"200\",pod=\"carts-1\"}") == 8, "the second pod");
        await UntilAsync(() => scene.Pod("carts-0") is { IsStale: false }, "the first pod");
        var text = await scene.ScrapeAsync();
        var shown = string.Join('\n', text.Split('\n').Where(line => line.Contains("http_", StringComparison.Ordinal) || line.Contains("latency", StringComparison.Ordinal)));
        const string pod = "container=\"main\",exported_pod=\"mine\"";
        const string rest = "pod=\"carts-0\",service=\"carts\",zone=\"a\\\"b\"";
        Assert.Equal($$"""
            # HELP http_requests_total Requests.
            # TYPE http_requests_total counter
            http_requests_total{code="200",{{pod}},{{rest}}} 12
            http_requests_total{code="200",pod="carts-1"} 8
            # TYPE latency_seconds histogram
            latency_seconds_bucket{{{pod}},{{rest}},le="0.1"} 2
            latency_seconds_bucket{{{pod}},{{rest}},le="1"} 5
            latency_seconds_bucket{{{pod}},{{rest}},le="+Inf"} 6
            latency_seconds_sum{{{pod}},{{rest}}} 4.5
            latency_seconds_count{{{pod}},{{rest}}} 6
            """, string.Join('\n', shown.Split('\n').Where(line => !line.StartsWith("# HELP latency", StringComparison.Ordinal))));
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);

        static SlotDescriptor Bucket(double? bound) =>
            new() { Name = "latency_seconds", Type = SlotType.Histogram, Role = SlotRole.Bucket, Bound = bound };
    }

    [Fact]
    public async Task A_pods_own_labels_never_hide_ours_and_its_names_never_take_ours()
    {
        await using var scene = await StartAsync();
        var pod = scene.Agent.Join(
            new TestPod("p", 1, 8192) { Service = "s", Labels = new() { ["exported_service"] = "x", ["service"] = "y" } },
            new SlotDescriptor { Name = "g", Type = SlotType.Gauge, Labels = new() { ["pod"] = "other" } },
            new SlotDescriptor { Name = "microview_alarm", Type = SlotType.Gauge });
        pod.Set(0, 6);
        pod.Set(1, 5577.25);
        var labels = "exported_exported_service=\"y\",";
        await UntilAsync(async () => (await scene.ScrapeAsync()).Contains("g{exported_", StringComparison.Ordinal), "the series");
        var text = await scene.ScrapeAsync();
        Assert.Contains($"g{{{labels}exported_pod=\"other\",exported_service=\"x\",pod=\"p\",service=\"s\"}} 6", text, StringComparison.Ordinal);
        Assert.Contains($"microview_alarm{{{labels}exported_service=\"x\",pod=\"p\",service=\"s\"}} 0", text, StringComparison.Ordinal);
        Assert.DoesNotContain(" 5577.25", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_health_and_a_line_for_people()
    {
        await using var scene = await StartAsync();
        await UntilAsync(async () => await scene.ScrapeAsync("readyz") == "ok\n", "readiness");
        Assert.Equal("ok\n", await scene.ScrapeAsync("livez"));
        Assert.Contains("/metrics", await scene.ScrapeAsync(""), StringComparison.Ordinal);
        using var http = new HttpClient { BaseAddress = scene.Collector.Endpoint };
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/other")).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await http.PostAsync("/metrics", null)).StatusCode);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", (await http.GetAsync("/metrics")).Content.Headers.ContentType!.ToString());
        await scene.Agent.DisposeAsync();
        await UntilAsync(async () => (await http.GetAsync("/readyz")).StatusCode == HttpStatusCode.ServiceUnavailable, "unreadiness");
    }

    [Fact]
    public async Task A_scrape_is_in_the_format_and_encoding_that_it_asks_for()
    {
        await using var scene = await StartAsync();
        scene.Agent.Join("p", Counter("jobs_total")).Set(0, 5);
        await scene.ShowsAsync("jobs_total{pod=\"p\"}");
        using var http = new HttpClient { BaseAddress = scene.Collector.Endpoint };
        http.DefaultRequestHeaders.TryAddWithoutValidation("Accept", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1");
        http.DefaultRequestHeaders.TryAddWithoutValidation("Accept-Encoding", "gzip");
        using var response = await http.GetAsync("/metrics");
        Assert.Equal("application/openmetrics-text; version=1.0.0; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(["gzip"], response.Content.Headers.ContentEncoding);
        Assert.Equal(["Accept", "Accept-Encoding"], response.Headers.Vary);
        await using var body = new System.IO.Compression.GZipStream(await response.Content.ReadAsStreamAsync(), System.IO.Compression.CompressionMode.Decompress);
        var text = await new StreamReader(body).ReadToEndAsync();
        Assert.Contains("# TYPE jobs counter\n", text, StringComparison.Ordinal);
        Assert.Contains("jobs_total{pod=\"p\"} 5\n", text, StringComparison.Ordinal);
        Assert.Contains("microview_alarms_created ", text, StringComparison.Ordinal);
        Assert.EndsWith("# EOF\n", text, StringComparison.Ordinal);

        using var head = await http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/metrics"));
        Assert.True(head.Content.Headers.ContentLength > 100);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task An_occupied_port_is_told_in_one_line_that_names_its_holder()
    {
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var port = ((IPEndPoint)holder.LocalEndpoint).Port;
        var error = await Assert.ThrowsAsync<CollectorStartException>(() => MetricsEndpoint.StartAsync(new ExpositionDocument(), "127.0.0.1", port));
        Assert.Contains($"port {port} is in use by", error.Message, StringComparison.Ordinal);
        Assert.Contains($"(pid {Environment.ProcessId})", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public async Task Debug_prints_the_values_that_the_endpoint_says()
    {
        await using var scene = await StartAsync(Quick with { Debug = true });
        var pod = scene.Agent.Join("p", Counter("http_requests_total_0"), Gauge("http_request_latency_0"));
        pod.Set(0, 123);
        pod.Set(1, 0.25);
        const string line = "pod p: http_requests_total_0=123 http_request_latency_0=0.25";
        await UntilAsync(() => scene.Log.Contains(line), "the line");
        Assert.Equal(123, await scene.ValueAsync("http_requests_total_0{pod=\"p\"}"));
        Assert.Equal(0.25, await scene.ValueAsync("http_request_latency_0{pod=\"p\"}"));
    }

    [Fact]
    public async Task Statistics_are_written_at_the_end_as_the_artifact_does()
    {
        var folder = Directory.CreateTempSubdirectory("mv-stats").FullName;
        var scene = await StartAsync(Quick with { StatisticsFolder = folder });
        await UntilAsync(() => scene.Collector.Statistics.All(lmap => lmap.Scrapes > 3), "a few scrapes");
        await scene.DisposeAsync();
        for (var i = 0; i < 2; i++)
        {
            var lines = await File.ReadAllLinesAsync(Path.Combine(folder, $"stats_LMAP_{i}.csv"));
            Assert.Equal($"num_scrapes,time_total,scrape_rate_{i}", lines[0]);
            var fields = lines[1].Split(',').Select(double.Parse).ToArray();
            Assert.True(fields[0] > 3);
            Assert.Equal(fields[0] / fields[1], fields[2], fields[2] * 1e-3);
        }
        Assert.Contains(scene.Log, line => line.StartsWith("LMAP 1: ", StringComparison.Ordinal));
        Directory.Delete(folder, recursive: true);
    }
}
