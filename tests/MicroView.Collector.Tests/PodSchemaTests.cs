using MicroView.Protocol;

namespace MicroView.Collector.Tests;

public sealed class PodSchemaTests
{
    [Fact]
    public void What_the_garbage_collector_found_is_exposed_and_is_no_feature()
    {
        var schema = PodSchema.Compile(
        [
            new() { Name = "dotnet.gc.last_collection.heap.size", Type = MetricType.Gauge },
            new() { Name = "dotnet.gc.heap.total_allocated", Type = MetricType.Counter },
            new() { Name = "queue_depth", Type = MetricType.Gauge },
        ], []);
        Assert.Equal(["dotnet.gc.heap.total_allocated", "queue_depth"], schema.FeatureNames);
        Assert.Equal(3, schema.Metrics.Count);
        Assert.Equal(2, schema.Map!.Count);
    }
}
