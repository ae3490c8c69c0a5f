namespace MicroView.Lab.Tests;

public sealed class TestbedFileTests : IDisposable
{
    private readonly Scratch _scratch = new();

    [Fact]
    public void The_output_of_wrk_is_read_with_latencies_in_any_unit()
    {
        var run = WrkOutput.Parse("""
            Running 3s test @ http://127.0.0.1:35319/metrics
              1 threads and 1 connections
              Thread Stats   Avg      Stdev     Max   +/- Stdev
                Latency     1.04ms    2.11ms  20.32ms   91.80%
                Req/Sec     1.34k   361.27     1.94k    65.00%
              Latency Distribution
                 50%  561.00us
                 75%    0.88ms
                 90%    2.40ms
                 99%    1.50s 
              2641 requests in 2.00s, 18.45MB read
              Socket errors: connect 0, read 2, write 0, timeout 1
              Non-2xx or 3xx responses: 4
            Requests/sec:   1317.53
            Transfer/sec:      9.20MB
            """);
        Assert.Equal(1317.53, run.RequestsPerSecond);
        Assert.Equal([0.561, 0.88, 2.4, 1500], run.Percentiles.OrderBy(entry => entry.Key).Select(entry => entry.Value));
        Assert.Equal(7, run.Errors);
    }

    [Fact]
    public void What_is_not_of_wrk_is_one_line()
    {
        var refusal = Assert.Throws<LabException>(() => WrkOutput.Parse("unable to connect to 127.0.0.1:1 Connection refused\n"));
        Assert.Contains("Connection refused", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rates_leave_out_the_warm_up_and_a_stub_at_the_end()
    {
        var file = _scratch.Write("stats_LMAP_0.csv", "num_scrapes,time_total,scrape_rate_0", "10,1.05,9.5", "100,0.97,103", "200,1.0,200", "210,1.0,210", "5,0.1,50");
        Assert.Equal([200.0, 210.0], StatisticsFile.Rates(file, 2));
        Assert.Equal([100 / 0.97, 200.0, 210.0], StatisticsFile.Rates(file, 1));
        Assert.Empty(StatisticsFile.Rates(file, 10));
        Assert.Equal([200.0, 210.0], StatisticsFile.LastRates(file, 2));
        Assert.Equal(4, StatisticsFile.LastRates(file, 9).Length);
    }

    [Theory]
    [InlineData(new[] { 4.0 }, 4, double.NaN)]
    [InlineData(new[] { 1.0, 3.0 }, 2, 1)]
    [InlineData(new double[0], double.NaN, double.NaN)]
    public void Mean_and_standard_error(double[] samples, double mean, double error) =>
        Assert.Equal((mean, error, samples.Length), (Sampled.Of(samples).Mean, Sampled.Of(samples).Error, Sampled.Of(samples).Count));

    public void Dispose() => _scratch.Dispose();
}
