using System.Globalization;
using System.Text.Json;

namespace MicroView.EndToEnd.Tests;

/// <summary>`microview nic` and `up` send to Debian's real Prometheus, which scrapes nothing and takes nothing out of order.</summary>
[Trait("group", "slow")]
public sealed class RemoteWriteTests
{
    private const double BaselineMs = 2000, RecorderMs = 3000, HoldMs = 1000, ScrapeMs = 50;
    private static readonly HttpClient s_http = new() { Timeout = Microview.Deadline };

    [Theory]
    [InlineData("jit")]
    [InlineData("native")]
    public async Task The_seconds_before_an_alarm_reach_prometheus_at_full_resolution_and_quiet_times_at_the_baseline(string program)
    {
        Promtool.Require("prometheus");
        if (program == "native" && Microview.NativePath is null)
            Assert.Skip("no NativeAOT binary: ./test.sh publishes one");
        using var host = new HostProcess();
        using var pod = await OddPod.StartAsync(host.Socket, "p");
        using var prometheus = new Receiver(host.Folder);
        using var nic = Microview.StartProgram(program == "native" ? Microview.NativePath! : Microview.Path,
            $"nic --transport shm --socket {host.Socket} --prometheus-port 0 --model TH --learn 3 -s 0.05 --tick 0.05 --remote-write {prometheus.Address} "
            + "--baseline-interval 2 --flight-recorder 3 --sample-hold 1 --remote-write-label instance=here --sample-rule *:recorder=3s");
        await Soon.UntilAsync(async () => (await prometheus.SamplesAsync("microview_anomaly_threshold{pod=\"p\"}")).Length > 0, "a pod that is watched");
        await Task.Delay(8000, TestContext.Current.CancellationToken);
        pod.IsOdd = true;
        await Soon.UntilAsync(async () => (await prometheus.SamplesAsync("microview_alarm{pod=\"p\"}")).Any(sample => sample.Value == 1), "the alarm in Prometheus");
        pod.IsOdd = false;
        await Soon.UntilAsync(async () => (await prometheus.SamplesAsync("microview_alarm{pod=\"p\"}"))[^1].Value == 0, "its end");
        await Task.Delay((int)(3 * BaselineMs + RecorderMs), TestContext.Current.CancellationToken);
        Assert.Equal(0, nic.Stop()); // delivers what waits

        var alarm = (await prometheus.SamplesAsync("microview_alarm{pod=\"p\",instance=\"here\"}")).Where(sample => sample.Value == 1).Select(sample => sample.Ms).ToArray();
        var samples = (await prometheus.SamplesAsync("odd{pod=\"p\",instance=\"here\"}")).Select(sample => sample.Ms).ToArray();
        var window = samples.Where(ms => ms >= alarm[0] - RecorderMs - 1 && ms <= alarm[^1]).ToArray();
        var before = samples.Where(ms => ms < alarm[0] - RecorderMs - 1).ToArray();
        var after = samples.Where(ms => ms > alarm[^1] + HoldMs + ScrapeMs).ToArray();
        var story = $"{before.Length} before, {window.Length} in {alarm[^1] - alarm[0] + RecorderMs} ms, {after.Length} after\n{nic}";
        Soon.Report(story);
        // A machine that is busy scrapes less often than it should; a tenth of it is still far more than the baseline's.
        Assert.True(window.Length > (alarm[^1] - alarm[0] + RecorderMs) / ScrapeMs / 3, story);
        Assert.True(window.Count(ms => ms < alarm[0]) > RecorderMs / ScrapeMs / 3, story);
        foreach (var quiet in (double[][])[before, after])
        {
            Assert.True(quiet.Length > 1, story);
            Assert.All(quiet.Zip(quiet.Skip(1)), pair => Assert.True(pair.Second - pair.First > BaselineMs * 0.8, story));
        }
        Assert.InRange((await prometheus.SamplesAsync("microview_samples_sent_ratio"))[^1].Value, 0.01, 0.9);
        Assert.DoesNotContain("dropped", nic.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("out of order", prometheus.Said, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Up_sends_its_pods_and_goes_on_while_there_is_no_receiver()
    {
        Promtool.Require("prometheus");
        using var folder = new TemporaryFolder();
        var (port, receiver) = (Microview.FreePort(), Microview.FreePort());
        using var up = Microview.Start($"up --plain --sources processes --port 0 --prometheus-port {port} --socket {folder.File("up.sock")} -s 0.5 "
            + $"--remote-write http://127.0.0.1:{receiver}/api/v1/write --baseline-interval 1 --flight-recorder 1");
        up.WaitFor(lines => lines.Contains("it is tried again", StringComparison.Ordinal), "word of the missing receiver");
        Assert.Contains("microview_remote_write_retries_total", await GettingStartedTests.EndpointAsync(port, "process_cpu_seconds_total{"), StringComparison.Ordinal);
        using var prometheus = new Receiver(folder, receiver);
        await Soon.UntilAsync(async () => (await prometheus.SamplesAsync("process_cpu_seconds_total")).Length > 3, "the pods' samples");
        await Soon.UntilAsync(async () => (await prometheus.SamplesAsync("microview_samples_sent_total")).Length > 1, "what it says of itself");
        Assert.Equal(0, up.Stop());
    }

    /// <summary>A Prometheus that takes remote write.</summary>
    private sealed class Receiver : IDisposable
    {
        private readonly Microview _process;
        private readonly int _port;

        public Receiver(TemporaryFolder folder, int? port = null)
        {
            _port = port ?? Microview.FreePort();
            File.WriteAllText(folder.File("receiver.yml"), "global: { scrape_interval: 1h }\n");
            _process = Microview.StartProgram("prometheus", $"--web.enable-remote-write-receiver --config.file={folder.File("receiver.yml")} --storage.tsdb.path={folder.File("received")} --web.listen-address=127.0.0.1:{_port}");
        }

        public Uri Address => new($"http://127.0.0.1:{_port}/api/v1/write");

        public string Said => _process.Errors;

        /// <summary>All samples of the series that a selector names, of the first one where there are several.</summary>
        public async Task<(double Value, double Ms)[]> SamplesAsync(string selector)
        {
            try
            {
                using var answer = JsonDocument.Parse(await s_http.GetStringAsync(new Uri($"http://127.0.0.1:{_port}/api/v1/query?query={Uri.EscapeDataString(selector + "[1h]")}"), TestContext.Current.CancellationToken));
                var found = answer.RootElement.GetProperty("data").GetProperty("result");
                return found.GetArrayLength() == 0 ? [] : [.. found[0].GetProperty("values").EnumerateArray().Select(pair => (double.Parse(pair[1].GetString()!, CultureInfo.InvariantCulture), pair[0].GetDouble() * 1000))];
            }
            catch (HttpRequestException)
            {
                return []; // it still starts
            }
        }

        public void Dispose() => _process.Dispose();
    }

    /// <summary>A pod of live gauges that behaves until it is told not to.</summary>
    private sealed class OddPod : IDisposable
    {
        private readonly RawPod _pod;
        private readonly Thread _thread;
        private volatile bool _stop;

        private OddPod(RawPod pod)
        {
            _pod = pod;
            _thread = new Thread(Write) { IsBackground = true };
            _thread.Start();
        }

        public volatile bool IsOdd;

        public static async Task<OddPod> StartAsync(string socket, string pod) => new(await RawPod.AttachAsync(socket, pod, "odd", "even"));

        public void Dispose()
        {
            _stop = true;
            _thread.Join();
            _pod.Dispose();
        }

        private void Write()
        {
            var random = new Random(7);
            while (!_stop)
            {
                _pod.Store(0, random.NextDouble() + (IsOdd ? 1000 : 0));
                _pod.Store(1, random.NextDouble());
                Thread.Sleep(5);
            }
        }
    }
}
