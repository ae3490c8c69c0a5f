using System.Text;
using MicroView.Protocol;

namespace MicroView.Host.Tests;

/// <summary>Scrape-in inside a real agent: what readers of its pods see.</summary>
public sealed class ScrapeInAgentTests
{
    [Fact]
    public async Task A_target_becomes_a_pod_that_is_read_through_its_pages_and_grows_while_it_is_read()
    {
        var body = "# TYPE jobs_total counter\njobs_total 5\n";
        await using var target = new StubEndpoint(() => Volatile.Read(ref body));
        await using var agent = await TestAgent.StartAsync();
        using var scrapes = agent.Agent.Scrape(Options($"carts={target.Url}"), new KeptLog());
        var id = $"127.0.0.1:{target.Port}/metrics";
        await TestAgent.Eventually(() => ValueOf(agent, id, "jobs_total") == 5, "its value in the page");
        var pod = agent.Agent.Layout.Since(0).Pods.Single();
        Assert.Equal((PodKind.Node, "carts", "scrape"), (pod.Kind, pod.Service, pod.Labels!["source"]));
        Volatile.Write(ref body, "# TYPE jobs_total counter\nqueue 3\njobs_total 6\n");
        await TestAgent.Eventually(() => ValueOf(agent, id, "queue") == 3 && ValueOf(agent, id, "jobs_total") == 6, "the new series");
        Assert.Equal(pod.Objects[0].Epoch, agent.Agent.Layout.Since(0).Pods.Single().Objects[0].Epoch);
        scrapes.Dispose();
        await TestAgent.Eventually(() => agent.Agent.Stats is { NodePods: 0, PoolBytes: 0 }, "the pod is gone");
    }

    [Fact]
    public async Task A_growing_pods_rows_are_whole_for_a_reader_that_copies_them_once()
    {
        var series = 0;
        await using var target = new StubEndpoint(() => string.Concat(Enumerable.Range(0, Math.Min(Interlocked.Increment(ref series), 60)).Select(i => $"s{{i=\"{i}\"}} 7\n")));
        await using var agent = await TestAgent.StartAsync();
        using var scrapes = agent.Agent.Scrape(Options(target.Url), new KeptLog());
        await TestAgent.Eventually(() => agent.Agent.Stats.NodePods == 1, "the pod");
        var served = agent.Agent.State.Book.Snapshot().Single();
        var (_, layout) = agent.Agent.State.Book.ObjectsOf(served).Single();
        Assert.Equal(64, layout.RowSlots);
        using var pages = ObjectReader.Map(served.Memory.OpenReadOnly(0)!, new(layout.Capacity, 1), layout.Epoch);
        var values = new double[64];
        var fresh = 0;
        await TestAgent.Eventually(() =>
        {
            // The layout first: a reader that knows a slot must find it written.
            var slots = agent.Agent.State.Book.SlotsOf(served);
            pages.Slots = slots;
            if (pages.Read(values, Clocks.MonotonicNs) == RowStatus.Fresh)
            {
                fresh++;
                Assert.All(values[..slots], value => Assert.Equal(7, value));
            }
            return slots >= 12;
        }, "twelve slots");
        Assert.True(fresh > 3);
    }

    [Fact]
    public async Task A_target_that_dies_has_no_values_and_one_that_comes_back_has_its_own_again()
    {
        await using var agent = await TestAgent.StartAsync();
        var log = new KeptLog();
        var target = new StubEndpoint(() => "a 1\n");
        var port = target.Port;
        using var scrapes = agent.Agent.Scrape(Options(target.Url), log);
        var id = $"127.0.0.1:{port}/metrics";
        await TestAgent.Eventually(() => ValueOf(agent, id, "a") == 1 && Metric(agent, $"microview_scrape_in_up{{target=\"{id}\"") == 1, "up");
        var epoch = agent.Agent.Layout.Since(0).Pods.Single().Objects[0].Epoch;
        await target.DisposeAsync();
        await TestAgent.Eventually(() => double.IsNaN(ValueOf(agent, id, "a")) && Metric(agent, $"microview_scrape_in_up{{target=\"{id}\"") == 0, "down");
        Assert.True(Metric(agent, "microview_scrape_in_failures_total{reason=\"connect\"}") > 0);
        target = new StubEndpoint(() => "a 2\n", port: port);
        await TestAgent.Eventually(() => ValueOf(agent, id, "a") == 2, "back");
        Assert.Equal(epoch, agent.Agent.Layout.Since(0).Pods.Single().Objects[0].Epoch); // what was learnt of it holds
        await target.DisposeAsync();
        Assert.Single(log.Lines, line => line.Contains("is down", StringComparison.Ordinal) && line.Contains(id, StringComparison.Ordinal));
        Assert.Equal(2, log.Lines.Count(line => line.Contains("is up", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Targets_come_and_go_with_their_file_and_one_that_is_broken_changes_nothing()
    {
        await using var one = new StubEndpoint(() => "a 1\n");
        await using var two = new StubEndpoint(() => "a 2\n");
        await using var agent = await TestAgent.StartAsync();
        var file = Path.Combine(agent.Folder, "targets.json");
        File.WriteAllText(file, $"[{Group(one, "one", "job", "carts")}]");
        var log = new KeptLog();
        using var scrapes = agent.Agent.Scrape(Options(file), log);
        await TestAgent.Eventually(() => ValueOf(agent, "one", "a") == 1, "the first");
        Assert.Equal("carts", agent.Agent.Layout.Since(0).Pods.Single().Service);
        File.WriteAllText(file, $"[{Group(one, "one", "job", "carts")},{Group(two, "two", "x", "")}]");
        await TestAgent.Eventually(() => ValueOf(agent, "two", "a") == 2, "the second");
        Assert.Equal(2, Metric(agent, "microview_scrape_in_targets"));
        File.WriteAllText(file, "[{");
        await TestAgent.Eventually(() => log.Lines.Any(line => line.Contains("targets.json: line 1", StringComparison.Ordinal)), "the complaint");
        Assert.Equal((2, 1), (agent.Agent.Stats.NodePods, Metric(agent, "microview_scrape_in_broken_files")));
        File.WriteAllText(file, $"[{Group(two, "two", "rack", "7")}]");
        await TestAgent.Eventually(() => agent.Agent.Layout.Since(0).Pods is [{ Pod: "two", Labels: { } labels }] && labels.ContainsKey("rack") && ValueOf(agent, "two", "a") == 2, "other labels, the same id");
    }

    [Fact]
    public async Task More_series_than_are_taken_are_counted_and_the_rest_is_there()
    {
        await using var target = new StubEndpoint(() => string.Concat(Enumerable.Range(0, 100).Select(i => $"s{{i=\"{i}\"}} {i}\n")));
        await using var agent = await TestAgent.StartAsync();
        var log = new KeptLog();
        using var scrapes = agent.Agent.Scrape(Options(target.Url) with { MaxSeries = 40 }, log);
        await TestAgent.Eventually(() => Metric(agent, "microview_scrape_in_dropped_samples_total{reason=\"limit\"}") >= 120, "two scrapes' drops");
        Assert.Equal(40, agent.Agent.Stats.Slots);
        Assert.Single(log.Lines, line => line.Contains("--scrape-in-max-series", StringComparison.Ordinal));
    }

    private static string Group(StubEndpoint target, string pod, string label, string value) =>
        "{\"targets\": [\"127.0.0.1:" + target.Port + "\"], \"labels\": {\"__pod__\": \"" + pod + "\", \"" + label + "\": \"" + value + "\"}}";

    private static ScrapeInOptions Options(string target) => new() { Targets = [target], Interval = TimeSpan.FromMilliseconds(100) };

    private static double ValueOf(TestAgent agent, string pod, string metric)
    {
        if (!PodViews.TryRead(agent.Agent.State, pod, out var layout, out var values))
            return double.NegativeInfinity;
        var slot = layout.Descriptors.ToList().FindIndex(descriptor => descriptor.Name == metric);
        return slot < 0 || slot >= values.Length ? double.NegativeInfinity : values[slot];
    }

    private static double Metric(TestAgent agent, string start)
    {
        using var scrape = agent.Metrics.Render("text/plain", null);
        var line = Encoding.UTF8.GetString(scrape.Body.Span).Split('\n').FirstOrDefault(line => line.StartsWith(start, StringComparison.Ordinal));
        return line is null ? double.NaN : double.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }
}
