using System.CommandLine;
using System.Text.Json;

namespace MicroView.Lab.Tests;

[Trait("group", "slow")]
public sealed class BacktestTests : IDisposable
{
    private const long Start = 1_714_521_600; // 2024-05-01
    private const int Hours = 12;

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    private static GeneratedHistory History(int services, int series) => new(services, series, Start, Hours * 3600)
    {
        Faults = [(1, Start + 6 * 3600), (2, Start + 8 * 3600), (1, Start + 10 * 3600)],
    };

    private static string Until(GeneratedHistory history) => CsvTime.Format(history.End * 1_000_000_000);

    private static async Task<(int Status, string Output)> Run(params string[] arguments)
    {
        var output = new StringWriter();
        var result = LabCommandLine.BuildRootCommand().Parse(arguments);
        Assert.Empty(result.Errors);
        var status = await result.InvokeAsync(new InvocationConfiguration { Output = output, Error = TextWriter.Null, EnableDefaultExceptionHandler = false });
        return (status, output.ToString());
    }

    [Fact]
    public async Task A_backtest_finds_the_faults_before_the_alerts_did()
    {
        var history = History(4, 12);
        await using var server = await PrometheusServer.StartAsync(_scratch, history.Write);
        var page = _scratch.Path("out/report.html");
        var (status, output) = await Run("backtest", "--prometheus", server.Url, "--since", "13h", "--until", Until(history), "--alerts", "--out", page, "--json", "--pause", "0");
        Assert.Equal(0, status);
        using var report = JsonDocument.Parse(output);
        var root = report.RootElement;
        Assert.Equal(15, root.GetProperty("step_seconds").GetDouble());
        Assert.Equal(["service-00", "service-01", "service-02", "service-03"], root.GetProperty("services").EnumerateArray().Select(service => service.GetProperty("service").GetString()));
        // Two pods are merged: 12 series are six metrics.
        Assert.All(root.GetProperty("services").EnumerateArray(), service => Assert.Equal(6, service.GetProperty("metrics").GetInt32()));
        AssertFaults(history, root);
        var saved = root.GetProperty("samples_saved").GetDouble();
        Assert.InRange(saved, 0.4, 0.5); // at 15 s, every second row outside alarms
        AssertPage(await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken), root);
    }

    private static void AssertFaults(GeneratedHistory history, JsonElement root)
    {
        var alarms = root.GetProperty("alarms").EnumerateArray().ToArray();
        foreach (var (service, start) in history.Faults)
        {
            var own = alarms.Where(alarm => alarm.GetProperty("service").GetString() == GeneratedHistory.Name(service) && Seconds(alarm, "start") is var opened && opened >= start && opened <= start + 300).ToArray();
            var alarm = Assert.Single(own);
            var top = alarm.GetProperty("metrics")[0].GetProperty("metric").GetString();
            Assert.True(top == GeneratedHistory.Counter(0) || top == GeneratedHistory.Gauge(1), top);
            Assert.Equal(["SlowService"], alarm.GetProperty("alerts").EnumerateArray().Select(name => name.GetString()));
        }
        var alerts = root.GetProperty("alerts").EnumerateArray().ToArray();
        Assert.Equal(history.Faults.Count, alerts.Length);
        // The alert fires 300 s into the fault; three rows of 15 s open an alarm.
        Assert.All(alerts, alert => Assert.InRange(alert.GetProperty("lead_seconds").GetDouble(), 120, 300));
        // Budget: one a day and service; half a day of four services is judged less than that.
        Assert.InRange(alarms.Count(alarm => alarm.GetProperty("alerts").GetArrayLength() == 0), 0, 4);
    }

    private static long Seconds(JsonElement alarm, string name) => CsvTime.TryParse(alarm.GetProperty(name).GetString(), out var ns) ? ns / 1_000_000_000 : throw new FormatException();

    private static void AssertPage(string page, JsonElement root)
    {
        foreach (var outside in (string[])["http-equiv", "src=", "href=", "@import", "url(", "<script"])
            Assert.DoesNotContain(outside, page);
        Assert.Equal(4, page.Split("<svg").Length - 1);
        foreach (var alarm in root.GetProperty("alarms").EnumerateArray())
            Assert.Contains(alarm.GetProperty("start").GetString()!, page);
        Assert.Contains("SlowService", page);
        Assert.Contains("service-03", page);
    }

    [Fact]
    public async Task What_cannot_be_replayed_is_one_clear_line()
    {
        var history = new GeneratedHistory(1, 4, Start, 3600);
        await using var server = await PrometheusServer.StartAsync(_scratch, history.Write);
        string[] common = ["backtest", "--prometheus", server.Url, "--until", Until(history), "--out", _scratch.Path("report.html"), "--pause", "0"];
        var none = await Assert.ThrowsAsync<LabException>(() => Run([.. common, "--match", "no_such_metric"]));
        Assert.Contains("no series with a label", none.Message);
        var tooShort = await Assert.ThrowsAsync<LabException>(() => Run([.. common, "--since", "2h", "--train-share", "0.1"]));
        Assert.Contains("too short", tooShort.Message);
        Assert.Contains("service-00", tooShort.Message);
        var unreachable = await Assert.ThrowsAsync<LabException>(() => Run("backtest", "--prometheus", $"http://127.0.0.1:{PrometheusServer.FreePort()}"));
        Assert.Contains("cannot be reached", unreachable.Message);
        Assert.Equal(2, (await Assert.ThrowsAsync<LabException>(() => Run("backtest", "--prometheus", "ftp://nowhere"))).ExitCode);
        Assert.False(File.Exists(_scratch.Path("report.html")));
        // By another label the two pods are two services.
        var (status, output) = await Run([.. common, "--since", "2h", "--service-label", "instance", "--step", "30s", "--train-share", "0.6"]);
        Assert.Equal(0, status);
        Assert.Equal(2, output.Split('\n').Count(line => line.StartsWith("10.0.0.", StringComparison.Ordinal)));
    }
}
