using MicroView.Protocol;

namespace MicroView.Client.Tests;

public sealed class MetricRowTests : IDisposable
{
    private readonly MicroViewClient _client = new(new() { Pod = "rows", Attach = false, Stripes = 1 });

    public void Dispose() => _client.Dispose();

    [Fact]
    public void Values_go_by_their_index_and_stand_in_the_pods_slots()
    {
        using var row = _client.Row([RowMetric.Counter("c"), RowMetric.Gauge("g"), RowMetric.Gauge("g", null, ("a", "b"))]);
        Assert.Equal(3, row.Count);
        row.Add(0, 2);
        row.Add(0, 0.5);
        row.Set(1, -7);
        row.Add(2, -1);
        Assert.Equal([2.5, -7, -1], [row[0], row[1], row[2]]);
        Assert.Equal(["c", "g", "g"], row.Metrics.Select(metric => metric.Name));
        Assert.All(row.Metrics, metric => Assert.False(metric.IsInert));
        Assert.Equal([2.5, -7, -1], row.Metrics.Select(metric => _client.Slots.First.Cell(metric.FirstSlot).Value));
        Assert.Equal([MetricType.Counter, MetricType.Gauge, MetricType.Gauge], row.Metrics.SelectMany(metric => metric.Describe()).Select(slot => slot.Type));
    }

    [Fact]
    public void What_is_no_amount_and_what_is_no_metric_is_ignored()
    {
        using var row = _client.Row([RowMetric.Counter("c")]);
        row.Add(0, 1);
        foreach (var amount in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity })
            row.Add(0, amount);
        foreach (var index in new[] { -1, 1, int.MaxValue, int.MinValue })
        {
            row.Add(index, 1);
            row.Set(index, 1);
            Assert.Equal(double.NaN, row[index]);
        }
        Assert.Equal(1, row[0]);
        Assert.Equal(0, _client.Row([]).Count);
    }

    [Fact]
    public void A_name_that_another_kind_of_metric_has_is_inert_in_the_row_and_the_others_are_not()
    {
        var counter = _client.Counter("taken");
        using var row = _client.Row([RowMetric.Counter("taken"), RowMetric.Gauge("free"), RowMetric.Gauge(""), null!]);
        Assert.Equal([true, false, true, true], row.Metrics.Select(metric => metric.IsInert));
        for (var i = 0; i < row.Count; i++)
            row.Set(i, 9);
        Assert.Equal((0, 9), (counter.Value, row[1]));
        Assert.True(_client.Gauge("free").IsInert); // it is a row's, written by plain adds
        Assert.Equal(4, _client.InertMetrics);
    }

    [Fact]
    public void Rows_share_a_metric_of_the_same_name()
    {
        using var first = _client.Row([RowMetric.Gauge("a"), RowMetric.Gauge("b")]);
        using var second = _client.Row([RowMetric.Gauge("b"), RowMetric.Gauge("b")]);
        first.Set(1, 4);
        Assert.Equal((4, 4), (second[0], second[1]));
        Assert.Same(first.Metrics[1], second.Metrics[0]);
    }

    [Fact]
    public void A_removed_metric_holds_no_value_for_good_whichever_row_goes_on_writing_it()
    {
        var (first, second) = (_client.Row([RowMetric.Gauge("a"), RowMetric.Gauge("b")]), _client.Row([RowMetric.Gauge("b")]));
        var slot = _client.Slots.First.Cell(first.Metrics[1].FirstSlot);
        first.Set(1, 4);
        first.Metrics[1].Dispose();
        first.Set(1, 5);
        second.Set(0, 6);
        first.Set(0, 7);
        Assert.Equal(double.NaN, slot.Value);
        Assert.Equal((7, true, false), (first[0], first.Metrics[1].IsInert, first.Metrics[0].IsInert));
        using var again = _client.Row([RowMetric.Gauge("b")]);
        again.Set(0, 8);
        Assert.Equal((double.NaN, 8), (slot.Value, again[0]));
        first.Dispose();
        Assert.All(first.Metrics, metric => Assert.True(metric.IsInert));
    }

    [Fact]
    public void Writing_allocates_nothing()
    {
        using var row = _client.Row([RowMetric.Counter("c"), RowMetric.Gauge("g")]);
        row.Add(0, 1);
        row.Set(1, 1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            row.Add(0, 1);
            row.Set(1, i);
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal((1001, 999), (row[0], row[1]));
    }
}
