namespace MicroView.Lab.Tests;

public sealed class MetricConfigTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void The_artifacts_file_is_understood()
    {
        var config = MetricConfig.Read(_scratch.Write("metric_config.yaml",
            "namespace: shop",
            "metrics:",
            "  istio: true",
            "  envoy: false",
            "  cAdvisor:",
            "    enable: true",
            "    containerLabel: .*",
            "    aggFunction: max",
            "  kube: False",
            "  histograms: false",
            "  scrapingIntervalSeconds: 5",
            "blacklist:",
            "  services: [loadgenerator, otelcollector]",
            "  cAdvisor:",
            "    - container_last_seen"));
        Assert.Equal(("shop", 5), (config.Namespace, config.ScrapeSeconds));
        Assert.Contains("loadgenerator", config.ExcludedServices);
        Assert.True(config.IsWanted("istio_requests_total"));
        Assert.True(config.IsWanted("container_cpu_usage_seconds_total"));
        Assert.False(config.IsWanted("container_last_seen"));
        Assert.False(config.IsWanted("envoy_server_uptime"));
        Assert.False(config.IsWanted("kube_pod_info"));
    }

    [Fact]
    public void Lists_of_patterns_match_whole_names()
    {
        var config = MetricConfig.Read(_scratch.Write("c.yaml", "metrics:", "  include: [http_.*, up]", "exclude: ['.*_size_bytes']"));
        Assert.True(config.IsWanted("http_requests_total"));
        Assert.True(config.IsWanted("up"));
        Assert.False(config.IsWanted("uptime"));
        Assert.False(config.IsWanted("http_request_size_bytes"));
        Assert.True(MetricConfig.Read(_scratch.Write("empty.yaml", "")).IsWanted("anything"));
    }

    [Theory]
    [InlineData("metrics: {include: ['(']}", "no regular expression", 1)]
    [InlineData("metrics:\n  envoy: perhaps", "not true or false", 2)]
    [InlineData("metrics: [", "is not YAML", 1)]
    [InlineData("- a list", "no keys and values", 1)]
    public void What_is_wrong_has_a_line(string text, string said, int line)
    {
        var error = Assert.Throws<DataException>(() => MetricConfig.Read(_scratch.Write("c.yaml", text)));
        Assert.Contains(said, error.Message);
        Assert.InRange(error.Line, line, line + 1);
    }
}
