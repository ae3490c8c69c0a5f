namespace MicroView.Lab.Tests;

public sealed class TracingTests : IDisposable
{
    private const long Second = 1_000_000_000, Start = 1_714_557_600 * Second;

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    /// <summary>Two services, a row each second; in two stretches one of them works hard, and traces are slow then.</summary>
    private string WriteExperiment()
    {
        var random = new Random(5);
        bool Faulty(int second) => second is (>= 150 and < 160) or (>= 220 and < 230);
        foreach (var service in new[] { "front", "geo" })
            _scratch.Write($"e/metrics/{service}/data.csv", ["timestamp,value_0,value_1,value_2", .. Enumerable.Range(0, 300).Select(i =>
                FormattableString.Invariant($"{CsvTime.Format(Start + i * Second)},{10 + random.NextDouble() + (service == "geo" && Faulty(i) ? 30 : 0):R},{5 + random.NextDouble():R},{1 + random.NextDouble():R}"))]);
        _scratch.Write("e/faults.csv", "start,end,service,type,pod", $"{CsvTime.Format(Start + 150 * Second)},{CsvTime.Format(Start + 160 * Second)},geo,cpu,", $"{CsvTime.Format(Start + 220 * Second)},{CsvTime.Format(Start + 230 * Second)},geo,io,");
        _scratch.Write("e/traces.csv", ["traceID,duration-ms,startTime,endTime,rpcErrors,operation,processes,control_word", .. Enumerable.Range(0, 3000).Select(i =>
        {
            var (second, milliseconds) = (i / 10, Faulty(i / 10) ? 100.0 : 10 + random.NextDouble());
            var start = Start / 1000 + i * 100_000L;
            return FormattableString.Invariant($"t{i},{milliseconds:R},{start},{start + (long)(milliseconds * 1000)},0,GET /hotels,front;geo,{(Faulty(second - 1) && Faulty(second) ? 1 : 0)}");
        })]);
        new ExperimentTimes("dsbhotel-test", 1, CsvTime.Format(Start), CsvTime.Format(Start + 99 * Second), CsvTime.Format(Start + 300 * Second), 1).WriteTo(_scratch.Path("e"));
        return _scratch.Path("e");
    }

    [Fact]
    public void Every_way_to_sample_is_measured_on_an_experiment()
    {
        var points = TracingAnalysis.Of(WriteExperiment(), ["RFD", "TH"], 1, TestContext.Current.CancellationToken);
        TracingPoint Point(string method, string setting = TracingPoint.Own, string chosen = TracingPoint.LabelFree) => Assert.Single(points, point => point.Method == method && point.Setting == setting && point.Chosen == chosen);

        // 200 of 2,000 judged traces are slow, all of them in faults.
        Assert.Equal((0.1, 1), (Point(TracingPoint.WorthKeeping, "5 s", TracingPoint.Fact).Share, Point(TracingPoint.WorthKeeping, "5 s", TracingPoint.Fact).Coverage));
        Assert.Equal((0.1, 1), (Point("oracle of traces", chosen: TracingPoint.Reference).Share, Point("oracle of faults", chosen: TracingPoint.Reference).Coverage));
        // The word rises a second late: 18 of 20 seconds.
        Assert.Equal((0.09, 0.9), (Point("control word, as deployed").Share, Point("control word, as deployed").Coverage));
        Assert.Equal(0.9, Point("latency trigger").Coverage, 2);
        // A shift of thirty deviations is seen at its row.
        Assert.True(Point("RFD").Coverage >= 0.9 && Point("RFD").Share < 0.3, Point("RFD").ToString());
        Assert.True(Point("RFD, held 2 s").Share >= Point("RFD").Share);
        Assert.True(Point($"RFD, {TracingPoint.Waiting}") is var waiting && waiting.Coverage == 1 && waiting.Share >= Point("RFD, held 2 s").Share, Point($"RFD, {TracingPoint.Waiting}").ToString());
        Assert.True(Point("TH, grid", chosen: TracingPoint.ByLabels).Coverage >= 0.9);
        foreach (var rate in new[] { ("1 %", 0.01), ("5 %", 0.05), ("20 %", 0.2) })
            Assert.InRange(Point("head sampling", rate.Item1, TracingPoint.Reference).Share, rate.Item2 - 0.03, rate.Item2 + 0.03);
    }

    [Theory]
    [InlineData("container_memory_usage_bytes", true)]
    [InlineData("kestrel.active_connections{network.transport=\"tcp\"}", true)]
    [InlineData("dotnet.thread_pool.queue.length", true)]
    [InlineData("container_cpu_cfs_throttled_seconds_total", false)]
    [InlineData("http.server.request.duration{db=\"connection pool\"} mean", false)]
    [InlineData("value_0", false)]
    public void Levels_are_told_by_their_names(string metric, bool level) => Assert.Equal(level, WorkMetrics.IsLevel(metric));

    [Fact]
    public void Points_are_written_and_read_again()
    {
        TracingPoint[] points = [new("RFD, held 2 s", TracingPoint.LabelFree, "p99.9", 0.125, double.NaN), new("FD, grid", TracingPoint.ByLabels, TracingPoint.Own, 0, 1)];
        using (var text = new StreamWriter(_scratch.Path("points.csv")))
            TracingPoint.Write(text, points);
        using var table = CsvTable.Open(_scratch.Path("points.csv"));
        Assert.Equal(points, TracingPoint.Read(table));
    }

    [Fact]
    public void An_interval_is_Students_over_the_runs()
    {
        var (mean, half) = TracingMean.Interval([0.90, 0.94, 0.95]);
        Assert.Equal(0.93, mean, 6);
        // s = 0.0264575, times 4.303 over the root of 3.
        Assert.Equal(0.06573, half, 4);
        Assert.True(double.IsNaN(TracingMean.Interval([1]).HalfWidth));
    }

    [Fact]
    public void An_experiment_is_packed_and_unpacked()
    {
        var experiment = WriteExperiment();
        TracingRecording.Pack(experiment, _scratch.Path("packed.tar.br"));
        using (var tar = new System.IO.Compression.BrotliStream(File.OpenRead(_scratch.Path("packed.tar.br")), System.IO.Compression.CompressionMode.Decompress))
        {
            Directory.CreateDirectory(_scratch.Path("again"));
            System.Formats.Tar.TarFile.ExtractToDirectory(tar, _scratch.Path("again"), overwriteFiles: false);
        }
        foreach (var file in (string[])["traces.csv", "faults.csv", "experiment.json", "metrics/geo/data.csv"])
            Assert.Equal(File.ReadAllText(Path.Combine(experiment, file)), File.ReadAllText(Path.Combine(_scratch.Path("again"), file)));
        Assert.Throws<DataException>(() => TracingRecording.Pack(_scratch.Path("again/metrics"), _scratch.Path("none.tar.br")));
    }

    [Fact]
    [Trait("group", "slow")]
    public async Task The_figure_is_drawn_from_a_recorded_run()
    {
        var figure = new TracingFigure();
        Assert.NotEmpty(TracingRecording.Names);
        Assert.Equal(ExitCode.Success, await ReproduceRun.ExecuteAsync(new([figure], new(FigureScale.Smoke, 1), _scratch.Path("out"), false), TextWriter.Null, TestContext.Current.CancellationToken));
        Assert.All(["coverage.png", "coverage.svg", "chosen.png", "chosen.svg", "report.html"], name => Assert.True(new FileInfo(_scratch.Path($"out/tracing/{name}")).Length > 0, name));
        var page = File.ReadAllText(_scratch.Path("out/tracing/report.md"));
        Assert.Contains("control word, as deployed, without labels", page, StringComparison.Ordinal);
        using var table = CsvTable.Open(_scratch.Path($"out/tracing/raw/{TracingRecording.Names[0]}.csv"));
        var points = TracingPoint.Read(table).ToArray();
        Assert.All(points.Where(point => point.Chosen != TracingPoint.Fact), point => Assert.InRange(point.Share, 0, 1));
        Assert.True(points.First(point => point.Method == TracingPoint.Counts).Coverage > 0);
    }
}
