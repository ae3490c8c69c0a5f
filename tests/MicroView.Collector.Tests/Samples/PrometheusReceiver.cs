using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace MicroView.Collector.Tests;

/// <summary>Debian's real Prometheus, which takes remote write and scrapes nothing. It refuses a request with one sample out of order.</summary>
internal sealed class PrometheusReceiver : IAsyncDisposable
{
    private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromSeconds(30) };
    private readonly string _folder = Directory.CreateTempSubdirectory("mv-prom").FullName;
    private readonly int _port;
    private Process? _process;
    private Task<string> _said = Task.FromResult("");

    private PrometheusReceiver(int port) => _port = port;

    public Uri Address => new($"http://127.0.0.1:{_port}/api/v1/write");

    public static async Task<PrometheusReceiver> StartAsync()
    {
        if (!Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, "prometheus"))))
            Assert.Skip("prometheus is not on PATH (Debian: apt-get install prometheus)");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var receiver = new PrometheusReceiver(((IPEndPoint)listener.LocalEndpoint).Port);
        listener.Stop();
        await File.WriteAllTextAsync(Path.Combine(receiver._folder, "prometheus.yml"), "global: { scrape_interval: 1h }\n");
        await receiver.RestartAsync();
        return receiver;
    }

    public async Task RestartAsync()
    {
        _process = Process.Start(new ProcessStartInfo("prometheus",
            $"--web.enable-remote-write-receiver --config.file={_folder}/prometheus.yml --storage.tsdb.path={_folder}/data --web.listen-address=127.0.0.1:{_port} --query.lookback-delta=1h")
        { RedirectStandardError = true })!;
        _said = _process.StandardError.ReadToEndAsync();
        await CollectorScene.UntilAsync(IsReadyAsync, "a Prometheus that is ready", 90);
    }

    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>What it wrote on standard error; ends it.</summary>
    public async Task<string> EndAsync()
    {
        await KillAsync();
        return await _said;
    }

    /// <summary>Every sample that it has of what a selector names, by series: value, and Unix ms.</summary>
    public async Task<Dictionary<string, (double Value, long Ms)[]>> SamplesAsync(string selector)
    {
        var text = await s_http.GetStringAsync(new Uri($"http://127.0.0.1:{_port}/api/v1/query?query={Uri.EscapeDataString(selector + "[1h]")}"));
        using var answer = JsonDocument.Parse(text);
        return answer.RootElement.GetProperty("data").GetProperty("result").EnumerateArray().ToDictionary(
            series => string.Join(',', series.GetProperty("metric").EnumerateObject().Select(label => label.Name == "__name__" ? label.Value.GetString() : $"{label.Name}={label.Value.GetString()}")),
            series => series.GetProperty("values").EnumerateArray().Select(pair =>
                (double.Parse(pair[1].GetString()!, CultureInfo.InvariantCulture), (long)Math.Round(pair[0].GetDouble() * 1000))).ToArray());
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
            await KillAsync();
        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            return (await s_http.GetAsync(new Uri($"http://127.0.0.1:{_port}/-/ready"))).IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
