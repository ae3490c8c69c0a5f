using System.CommandLine;

namespace MicroView.Lab.Tests;

[Trait("group", "slow")]
public sealed class DownloadTests : IDisposable
{
    private const long Start = 1_714_557_600;

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    private static async Task<(int Status, string Output)> Run(params string[] arguments)
    {
        var output = new StringWriter();
        var result = LabCommandLine.BuildRootCommand().Parse(arguments);
        Assert.Empty(result.Errors);
        var status = await result.InvokeAsync(new InvocationConfiguration { Output = output, Error = TextWriter.Null, EnableDefaultExceptionHandler = false });
        return (status, output.ToString());
    }

    private static string Jaeger() => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Downloads", "jaeger-traces.json"));

    /// <summary>Two services: a counter that grows by 3 a second, a gauge that stands at its service's number, a bucket and a metric of another family.</summary>
    private static void WriteHistory(TextWriter text)
    {
        void Family(string name, string type, string series, Func<int, long, double> value)
        {
            text.Write($"# TYPE {name} {type}\n");
            foreach (var service in (int[])[1, 2])
                for (var time = Start; time <= Start + 3600; time += 15)
                    PrometheusServer.WriteSample(text, series.Replace("SERVICE", $"s{service}", StringComparison.Ordinal), value(service, time), time);
        }
        Family("calls", "counter", "calls_total{job=\"SERVICE\",instance=\"a:1\"}", (service, time) => 3.0 * service * (time - Start));
        Family("depth", "gauge", "depth{job=\"SERVICE\",instance=\"a:1\"}", (service, _) => service);
        Family("envoy_heat", "gauge", "envoy_heat{job=\"SERVICE\",instance=\"a:1\"}", (_, time) => time % 7);
    }

    [Fact]
    public async Task Metrics_are_downloaded_into_the_artifacts_layout()
    {
        await using var server = await PrometheusServer.StartAsync(_scratch, WriteHistory);
        var (config, folder) = (_scratch.Write("metric_config.yaml", "metrics:", "  envoy: false"), _scratch.Path("experiment"));
        var (status, output) = await Run("dataset", "download", "--prometheus", server.Url, "--since", "2h", "--until", CsvTime.Format((Start + 3600) * 1_000_000_000), "--config", config, "--train-share", "0.25", "--out", folder, "--pause", "0");
        Assert.Equal(0, status);
        Assert.Contains("s1: 241 rows of 2 metrics", output);
        var data = DataSetReader.Read(folder);
        Assert.Equal(["s1", "s2"], data.Services);
        foreach (var (index, pod) in data.Pods.Index())
        {
            Assert.Equal(["calls_total", "depth"], pod.Rows.Metrics);
            Assert.Equal(241, pod.Training!.Count + pod.Rows.Count);
            Assert.Equal(60, pod.Training.Count);
            Assert.True(double.IsNaN(pod.Training[0][0])); // no rate from one sample
            Assert.Equal(3.0 * (index + 1), pod.Rows[10][0], 6);
            Assert.Equal(index + 1, pod.Rows[10][1]);
            Assert.Equal(15_000_000_000, SeriesFile.UsualStep(pod.Rows.Times));
        }
    }

    [Fact]
    public async Task The_pipeline_collects_what_its_next_step_divides()
    {
        await using var server = await PrometheusServer.StartAsync(_scratch, WriteHistory);
        using var jaeger = new JaegerServer(Jaeger());
        var folder = _scratch.Path("new experiment");
        string[] range = ["--since", "2h", "--until", CsvTime.Format((Start + 3600) * 1_000_000_000), "--pause", "0"];
        Assert.Equal(0, (await Run(["pipeline", "collect", folder, "--prometheus", server.Url, "--jaeger", jaeger.Url, .. range])).Status);
        Assert.True(File.Exists(Path.Combine(folder, "metrics/s2/data.csv")));
        Assert.True(File.Exists(Path.Combine(folder, "traces.csv")));
        var (status, output) = await Run("pipeline", "split", folder);
        Assert.Equal(0, status);
        Assert.Contains("split: s1: 120 rows to learn from, 121 to judge", output);
    }

    [Fact]
    public async Task Traces_are_downloaded_by_their_root_span()
    {
        using var server = new JaegerServer(Jaeger());
        var folder = _scratch.Path("t");
        // One trace per answer at most: where there are more, shorter times are asked for.
        var (status, output) = await Run("dataset", "download", "--jaeger", server.Url, "--since", "60", "--until", CsvTime.Format((Start + 30) * 1_000_000_000), "--out", folder, "--pause", "0", "--trace-limit", "2");
        Assert.Equal(0, status);
        Assert.Contains("3 traces of 4 services", output);
        Assert.Equal(
        [
            "traceID,duration-ms,startTime,endTime,rpcErrors,operation,processes",
            "3b1e0c6f2a7d4e58,712,1714557600000000,1714557600712000,1,HTTP GET /dispatch,driver;frontend;redis",
            "77ab,1,1714557600900000,1714557600901000,1,HTTP GET /dispatch,frontend",
            "77aa,4.5,1714557603000000,1714557603004500,0,HTTP GET /customer,customer",
        ], File.ReadAllLines(Path.Combine(folder, "traces.csv")));
        Assert.Equal(3, TraceFile.Read(Path.Combine(folder, "traces.csv")).Count);
        Assert.All(server.Asked, asked => Assert.StartsWith("microview-lab/", asked.Agent));
        Assert.True(server.Asked.Count(asked => asked.Path.Contains("service=frontend", StringComparison.Ordinal)) > 2);
    }

    [Fact]
    public async Task A_download_needs_a_source_that_answers()
    {
        Assert.Equal(2, (await Assert.ThrowsAsync<LabException>(() => Run("dataset", "download", "--out", _scratch.Path("x")))).ExitCode);
        Assert.Contains("cannot be reached", (await Assert.ThrowsAsync<LabException>(() => Run("dataset", "download", "--jaeger", $"http://127.0.0.1:{PrometheusServer.FreePort()}", "--out", _scratch.Path("x")))).Message);
        using var jaeger = new JaegerServer(Jaeger());
        var wrong = await Assert.ThrowsAsync<LabException>(() => Run("dataset", "download", "--jaeger", jaeger.Url, "--since", "1h", "--until", "2020-01-01T00:00:00Z", "--out", _scratch.Path("x")));
        Assert.Contains("has no trace", wrong.Message);
        Assert.Equal("_", MetricDownload.FolderName(".."));
        Assert.Equal("a_.._b", MetricDownload.FolderName("a/../b"));
    }
}
