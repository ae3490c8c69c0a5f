using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MicroView.Lab.Tests;

/// <summary>A Prometheus of Debian's on a port of its own, with a generated history and nothing to scrape.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _log;

    private PrometheusServer(Process process, string url)
    {
        (_process, Url) = (process, url);
        _log = process.StandardError.ReadToEndAsync();
    }

    public string Url { get; }

    /// <summary>Skips the test where the programs are not installed.</summary>
    public static void Require()
    {
        foreach (var program in (string[])["prometheus", "promtool"])
            if (!Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, program))))
                Assert.Skip($"{program} is not on PATH (Debian: apt-get install prometheus)");
    }

    /// <summary>Makes blocks of an OpenMetrics text and serves them.</summary>
    public static async Task<PrometheusServer> StartAsync(Scratch scratch, Action<TextWriter> writeOpenMetrics)
    {
        Require();
        var (text, data, config) = (scratch.Path("history.om"), scratch.Path("tsdb"), scratch.Write("prometheus.yml", "global: {scrape_interval: 15s}"));
        await using (var writer = new StreamWriter(text, false, new UTF8Encoding(false), 1 << 20) { NewLine = "\n" })
        {
            writeOpenMetrics(writer);
            writer.Write("# EOF\n");
        }
        Directory.CreateDirectory(data);
        using (var promtool = Process.Start(new ProcessStartInfo("promtool", ["tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=24h", text, data]) { RedirectStandardOutput = true, RedirectStandardError = true })!)
        {
            var (output, errors) = (promtool.StandardOutput.ReadToEndAsync(), promtool.StandardError.ReadToEndAsync());
            await promtool.WaitForExitAsync();
            Assert.True(promtool.ExitCode == 0, await output + await errors);
        }
        File.Delete(text);
        var port = FreePort();
        var process = Process.Start(new ProcessStartInfo("prometheus",
            [$"--config.file={config}", $"--storage.tsdb.path={data}", "--storage.tsdb.retention.time=100y", $"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"]) { RedirectStandardError = true })!;
        var server = new PrometheusServer(process, $"http://127.0.0.1:{port}");
        await server.ReadyAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task ReadyAsync()
    {
        using var http = new HttpClient();
        for (var deadline = DateTime.UtcNow.AddMinutes(2); DateTime.UtcNow < deadline; await Task.Delay(200))
        {
            Assert.False(_process.HasExited, _process.HasExited ? await _log : "");
            try
            {
                if ((await http.GetAsync(Url + "/-/ready")).IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
        }
        Assert.Fail("prometheus is not ready after 2 minutes");
    }

    /// <summary>A line of OpenMetrics.</summary>
    public static void WriteSample(TextWriter text, string series, double value, long seconds) =>
        text.Write(string.Create(CultureInfo.InvariantCulture, $"{series} {value:0.######} {seconds}\n"));
}
