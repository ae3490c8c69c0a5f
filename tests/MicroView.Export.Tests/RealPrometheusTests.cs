using System.Diagnostics;
using System.Net;
using System.Text.Json;

namespace MicroView.Export.Tests;

/// <summary>Debian's real Prometheus scrapes a document of odd names, and asks for what it asks for by itself.</summary>
[Trait("group", "slow")]
public sealed class RealPrometheusTests : IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(90);
    private readonly string _folder = Directory.CreateTempSubdirectory("mv-prom").FullName;
    private readonly HttpListener _server = new();
    private readonly List<(string Accept, string Encoding)> _asked = [];

    [Fact]
    public async Task The_real_prometheus_takes_every_family_in_the_format_that_it_prefers()
    {
        var document = new ExpositionDocument();
        string[] names = ["jobs_total", "jobs", "a.b", "a b", "9\"x\n\0", "ünï", "x_total_total", "x_total", "h_created", "_total", "total"];
        var metrics = names.SelectMany((name, slot) => Enum.GetValues<MetricType>().Select(type => new Metric
        {
            Name = name, Type = type, Slot = slot, Help = "Odd \"help\" \\ \n \0 é\ud800.", Unit = "seconds", Created = type == MetricType.Counter ? DateTimeOffset.UnixEpoch : null,
            Labels = [("label \"x\"", "a\"b\\c\nd\0e\ud800f é 🙂")], Buckets = [new(1e-9, slot), new(2.5, slot), new(1e300, slot)],
        })).ToArray();
        document.Add([("pod", "p")], metrics, names.Length, new Row([0, 0.1, double.NaN, double.PositiveInfinity, double.NegativeInfinity, 1e300, -0.0, 5e-324, 1, 2, 3]));
        var samples = Exposed.Samples(Exposed.OpenMetrics(document)).Length;
        var port = Serve(new ScrapeRenderer(document));

        await using var prometheus = StartPrometheus(port, out var api);
        var scraped = await QueryAsync(api, "max_over_time(scrape_samples_scraped[1m])", prometheus);
        Assert.Equal(samples, scraped);
        Assert.Equal(1, await QueryAsync(api, "up", prometheus));
        Assert.Equal(0.1, await QueryAsync(api, "jobs{job=\"odd\"}", prometheus));
        Assert.All(_asked, one => Assert.StartsWith("application/openmetrics-text", one.Accept, StringComparison.Ordinal));
        Assert.All(_asked, one => Assert.Equal("gzip", one.Encoding));
    }

    public void Dispose()
    {
        _server.Close();
        Directory.Delete(_folder, recursive: true);
    }

    private int Serve(ScrapeRenderer renderer)
    {
        var port = FreePort();
        _server.Prefixes.Add($"http://127.0.0.1:{port}/");
        _server.Start();
        _ = Task.Run(async () =>
        {
            while (_server.IsListening)
            {
                var context = await _server.GetContextAsync();
                _asked.Add((context.Request.Headers["Accept"]!, context.Request.Headers["Accept-Encoding"]!));
                using var scrape = renderer.Render(context.Request.Headers["Accept"], context.Request.Headers["Accept-Encoding"]);
                context.Response.ContentType = scrape.ContentType;
                if (scrape.ContentEncoding is { } encoding)
                    context.Response.AddHeader("Content-Encoding", encoding);
                await context.Response.OutputStream.WriteAsync(scrape.Body);
                context.Response.Close();
            }
        });
        return port;
    }

    private RunningProgram StartPrometheus(int target, out int port)
    {
        if (!Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, "prometheus"))))
            Assert.Skip("prometheus is not on PATH (Debian: apt-get install prometheus)");
        port = FreePort();
        var configuration = Path.Combine(_folder, "prometheus.yml");
        File.WriteAllText(configuration, $$"""
            global: { scrape_interval: 500ms, scrape_timeout: 500ms }
            scrape_configs: [ { job_name: odd, static_configs: [ { targets: ["127.0.0.1:{{target}}"] } ] } ]
            """);
        return new("prometheus", $"--config.file={configuration} --storage.tsdb.path={Path.Combine(_folder, "data")} --web.listen-address=127.0.0.1:{port}");
    }

    private static async Task<double> QueryAsync(int port, string query, RunningProgram prometheus)
    {
        using var http = new HttpClient();
        var last = "";
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < s_deadline; await Task.Delay(200))
        {
            try
            {
                last = await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/api/v1/query?query={Uri.EscapeDataString(query)}"));
                var found = JsonDocument.Parse(last).RootElement.GetProperty("data").GetProperty("result");
                if (found.GetArrayLength() > 0)
                    return double.Parse(found[0].GetProperty("value")[1].GetString()!, System.Globalization.CultureInfo.InvariantCulture);
            }
            catch (HttpRequestException)
            {
                // it still starts
            }
        }
        Assert.Fail($"{query}: {last}\n{prometheus.Said}");
        return double.NaN;
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private sealed class RunningProgram : IAsyncDisposable
    {
        private readonly Process _process;
        private readonly Task<string> _errors;

        public RunningProgram(string program, string arguments)
        {
            _process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            _errors = _process.StandardError.ReadToEndAsync();
        }

        public string Said
        {
            get
            {
                _process.Kill();
                return _errors.Result;
            }
        }

        public async ValueTask DisposeAsync()
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
    }
}
