using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using MicroView.Protocol;
using static MicroView.Collector.Tests.DirectPods;

namespace MicroView.Collector.Tests;

public sealed class PodValuesTests : IDisposable
{
    private static readonly SlotDescriptor[] Descriptors =
    [
        new() { Name = "jobs_total", Type = MetricType.Counter, Labels = new() { ["kind"] = "a\"b" }, Help = "Jobs." },
        new() { Name = "depth", Type = MetricType.Gauge, Unit = "jobs" },
        new() { Name = "wait_seconds", Type = MetricType.Histogram, Role = SlotRole.Bucket, Bound = 1 },
        new() { Name = "wait_seconds", Type = MetricType.Histogram, Role = SlotRole.Bucket },
        new() { Name = "wait_seconds", Type = MetricType.Histogram, Role = SlotRole.Sum },
        new() { Name = "secret", Type = MetricType.Gauge, Role = SlotRole.Hidden },
    ];

    private readonly Lmap _lmap = CreateLmap();
    private readonly PageObject _page = PageObject.Create("p", new SlotGeometry(8192, 1));
    private readonly LiveSource _source;
    private long _now = 1000 * Millisecond;

    public PodValuesTests()
    {
        var layout = new PodLayout { Pod = "p", Slots = Descriptors.Length, Descriptors = Descriptors };
        _lmap.SetPods([new MonitoredPod(layout, PodSchema.Compile(Descriptors, []), Open(_page, Descriptors.Length), new() { Detector = new() { Model = "none" } })]);
        _source = new LiveSource([new ReplayedLmap(_lmap, 0)], CollectorClock.Live, () => new(true, null, null), () => 1, () => (0, 0), TimeSpan.FromMilliseconds(10));
    }

    [Fact]
    public void Every_row_comes_with_what_changed_in_it()
    {
        using var values = new PodValues("p", _source);
        var (name, told) = Look(values);
        Assert.Equal("pod", name);
        var metrics = told.GetProperty("metrics").EnumerateArray().ToArray();
        Assert.Equal(["jobs_total{kind=\"a\"b\"}", "depth", "wait_seconds"], metrics.Select(metric => metric.GetProperty("name").GetString()));
        Assert.Equal(["counter", "gauge", "histogram"], metrics.Select(metric => metric.GetProperty("kind").GetString()));
        Assert.Equal("jobs", metrics[1].GetProperty("unit").GetString());
        Assert.Equal("Jobs.", metrics[0].GetProperty("help").GetString());

        Store(7, 2.5, 3, 1, 4.5, 99);
        Assert.Equal([[0, 0, 7, 1, 2.5, 2, 4, 3, 4.5]], Rows(values)); // 99 is hidden
        Store(8, 2.5, 3, 1, 4.5, 98);
        Assert.Equal([[0, 0, 8]], Rows(values));
        Store(8, 2.5, 3, 1, 4.5, 97);
        Assert.Equal([[0]], Rows(values)); // nothing changed, and still a row
        Assert.Empty(Rows(values));
        Store(9, -1, 3, 1, 4.5, 0);
        Store(10, -2, 4, 1, 5, 0);
        Store(11, -3, 4, 2, 9, 0);
        Assert.Equal([[2, 0, 11, 1, -3, 2, 6, 3, 9]], Rows(values)); // two rows were missed, and that is told
    }

    [Fact]
    public void Rows_of_a_moment_go_out_together()
    {
        using var values = new PodValues("p", _source);
        _ = Look(values);
        Store(1, 1, 0, 0, 0, 0);
        _ = Rows(values);
        var sent = new List<double[]>();
        for (var i = 2; i < 12; i++)
        {
            Store(i, 1, 0, 0, 0, 0);
            values.Look(_now);
            if (!values.Frame.IsEmpty)
                sent.AddRange(RowsOf(values));
        }
        Assert.Empty(sent);
        _now += 60 * Millisecond;
        values.Look(_now);
        if (!values.Frame.IsEmpty)
            sent.AddRange(RowsOf(values));
        Assert.Equal(Enumerable.Range(2, 10).Select(i => (double)i), sent.Select(row => row[2]));
        Assert.All(sent, row => Assert.Equal(0, row[0]));
    }

    [Fact]
    public void A_pod_that_grows_is_described_anew_and_one_that_leaves_is_told_once()
    {
        using var values = new PodValues("p", _source);
        _ = Look(values);
        Store(1, 2, 0, 0, 0, 0);
        _ = Rows(values);
        SlotDescriptor[] grown = [.. Descriptors, .. Enumerable.Range(0, 20).Select(i => new SlotDescriptor { Name = $"new{i}", Type = MetricType.Gauge })];
        var pod = _lmap.Pods[0];
        _lmap.Post(new LmapChange([pod], [new PodAdoption(pod, pod.Layout, PodSchema.Compile(grown, []), Open(_page, grown.Length))]));
        _lmap.ApplyPost();
        _page.Cell(grown.Length - 1).Store(5);
        Store(1, 3, 0, 0, 0, 0);
        var (name, told) = Look(values);
        Assert.Equal("pod", name);
        Assert.Equal(23, told.GetProperty("metrics").GetArrayLength());
        Assert.Equal(5, Assert.Single(Rows(values))[^1]);

        _lmap.SetPods([]);
        _now += 600 * Millisecond;
        Assert.Equal("gone", Look(values).Name);
        _now += 600 * Millisecond;
        values.Look(_now);
        Assert.True(values.Frame.IsEmpty);
        _lmap.SetPods([pod]);
        _now += 600 * Millisecond;
        Assert.Equal("pod", Look(values).Name);
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(10, 5)]
    [InlineData(100, 25)]
    [InlineData(1000, 100)]
    [InlineData(60000, 100)]
    public void It_looks_often_enough_to_miss_no_row(double interval, double expected) =>
        Assert.Equal(expected, PodValues.PeriodOf(TimeSpan.FromMilliseconds(interval)).TotalMilliseconds);

    public void Dispose() => _page.Dispose();

    private void Store(params double[] row)
    {
        for (var slot = 0; slot < row.Length; slot++)
            _page.Cell(slot).Store(row[slot]);
        _page.Heartbeat++;
        _now += Millisecond;
        _lmap.ScrapeOnce(_now);
    }

    /// <summary>Looks, and reads the event that came of it.</summary>
    private (string Name, JsonElement Data) Look(PodValues values)
    {
        values.Look(_now);
        var lines = Encoding.UTF8.GetString(values.Frame.Span).Split('\n');
        Assert.StartsWith("event: ", lines[0], StringComparison.Ordinal);
        return (lines[0][7..], JsonDocument.Parse(lines[1]["data: ".Length..]).RootElement);
    }

    /// <summary>The rows that have come since, without their times, once enough has gathered.</summary>
    private double[][] Rows(PodValues values)
    {
        _now += 60 * Millisecond;
        values.Look(_now);
        return values.Frame.IsEmpty ? [] : RowsOf(values);
    }

    private static double[][] RowsOf(PodValues values)
    {
        var data = Encoding.UTF8.GetString(values.Frame.Span).Split('\n')[1]["data: ".Length..];
        var rows = JsonDocument.Parse(data).RootElement.GetProperty("rows").EnumerateArray().ToArray();
        Assert.All(rows, row => Assert.True(row[0].GetDouble() > 0));
        return [.. rows.Select(row => row.EnumerateArray().Skip(1).Select(value => value.GetDouble()).ToArray())];
    }
}
