using System.Globalization;
using System.Text.Json;
using MicroView.EndToEnd.Tests;

namespace MicroView.Tour.Tests;

/// <summary>Debian's real Prometheus, which scrapes nothing and is written to.</summary>
internal sealed class StoringPrometheus : IDisposable
{
    private static readonly HttpClient s_http = new() { Timeout = Microview.Deadline };
    private readonly TemporaryFolder _folder;
    private readonly int _port = Microview.FreePort();
    private Microview _process;

    public StoringPrometheus(TemporaryFolder folder)
    {
        Promtool.Require("prometheus");
        _folder = folder;
        File.WriteAllText(folder.File("prometheus.yml"), "global: { scrape_interval: 1h }\n");
        _process = Start();
    }

    public Uri Address => new($"http://127.0.0.1:{_port}/api/v1/write");

    public void KillHard() => _process.KillHard();

    /// <summary>Again, with what it had stored.</summary>
    public void StartAgain()
    {
        _process.Dispose();
        _process = Start();
    }

    /// <summary>Times of all samples of the first series that a selector names, Unix ms.</summary>
    public async Task<double[]> TimesAsync(string selector)
    {
        try
        {
            using var answer = JsonDocument.Parse(await s_http.GetStringAsync(
                new Uri($"http://127.0.0.1:{_port}/api/v1/query?query={Uri.EscapeDataString(selector + "[1h]")}"), TestContext.Current.CancellationToken));
            var found = answer.RootElement.GetProperty("data").GetProperty("result");
            return found.GetArrayLength() == 0 ? [] : [.. found[0].GetProperty("values").EnumerateArray().Select(pair => Math.Round(pair[0].GetDouble() * 1000))];
        }
        catch (HttpRequestException)
        {
            return []; // it does not answer now
        }
    }

    public void Dispose() => _process.Dispose();

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{_process}");

    private Microview Start() => Microview.StartProgram("prometheus",
        $"--web.enable-remote-write-receiver --config.file={_folder.File("prometheus.yml")} --storage.tsdb.path={_folder.File("tsdb")} --web.listen-address=127.0.0.1:{_port}");
}
