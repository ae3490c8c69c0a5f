using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MicroView.EndToEnd.Tests;

/// <summary>A real `microview host` with a socket, REST port, segment names and state folder of its own.</summary>
internal sealed partial class HostProcess : IDisposable
{
    private static readonly HttpClient s_http = new() { Timeout = Microview.Deadline };
    private readonly TemporaryFolder _folder = new();
    private readonly string _arguments;

    public HostProcess(string more = "", string address = "127.0.0.1")
    {
        File.SetUnixFileMode(_folder.Path, (UnixFileMode)0b111_101_101); // clients of other users reach the socket
        PoolName = "mve" + Guid.NewGuid().ToString("n")[..8];
        _arguments = $"host --pool-name {PoolName} --socket {Socket} {more}";
        (Port, Process) = (Microview.FreePort(), null!);
        Address = address;
        Start();
    }

    public string Address { get; }

    public string Socket => _folder.File("agent.sock");

    public TemporaryFolder Folder => _folder;

    public string PoolName { get; }

    public int Port { get; }

    public Microview Process { get; private set; }

    /// <summary>Starts it anew, at the same place.</summary>
    public void Start()
    {
        Process = Microview.Start($"{_arguments} --port {Port}");
        Process.WaitFor(lines => Listening().IsMatch(lines), "listening agent");
    }

    public void KillHard()
    {
        Process.KillHard();
        Process.Dispose();
    }

    public Uri Rest(string path) => new($"http://{Address}:{Port}{path}");

    /// <summary>A collector on this agent, with its endpoint.</summary>
    public NicProcess StartNic(string more = "--model none -s 0.05", int port = 0) => new(Socket, more, port);

    /// <summary>The segments of its REST pods.</summary>
    public string[] Segments => [.. Directory.EnumerateFiles("/dev/shm", PoolName + "*")];

    public async Task<(int Status, JsonElement Body)> SendAsync(HttpMethod method, string path, string? body = null, string? token = null)
    {
        using var request = new HttpRequestMessage(method, Rest(path));
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (token is not null)
            request.Headers.Authorization = new("Bearer", token);
        using var response = await s_http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, text.Length == 0 ? default : JsonDocument.Parse(text).RootElement);
    }

    /// <summary>Its self-metrics.</summary>
    public async Task<Exposition> MetricsAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Rest("/metrics"));
        request.Headers.Accept.ParseAdd("text/plain");
        using var response = await s_http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return new(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public async Task<double> RefusedAsync(string reason) => (await MetricsAsync())[$"microview_host_refused_total{{reason=\"{reason}\"}}"];

    /// <summary>A graceful stop that must leave nothing behind.</summary>
    public void StopCleanly()
    {
        Assert.Equal(0, Process.Stop());
        Assert.Empty(Segments);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    public void Dispose()
    {
        Process.Dispose();
        foreach (var left in Segments)
            File.Delete(left);
        _folder.Dispose();
    }

    [GeneratedRegex(@"listening on \S+ and https?://")]
    private static partial Regex Listening();
}

/// <summary>A real `microview nic` with an endpoint on a port of its own.</summary>
internal sealed partial class NicProcess : IDisposable
{
    private static readonly HttpClient s_http = new() { Timeout = Microview.Deadline };

    public NicProcess(string socket, string more, int port = 0)
    {
        Process = Microview.Start($"nic --transport shm --socket {socket} --prometheus-port {port} {more}");
        Process.WaitFor(lines => Endpoint().IsMatch(lines), "endpoint");
        Address = new(Endpoint().Match(Process.Errors).Value);
    }

    public Microview Process { get; }

    public Uri Address { get; }

    public async Task<Exposition> ScrapeAsync() => new(await s_http.GetStringAsync(Address, TestContext.Current.CancellationToken));

    /// <summary>Scrapes until a condition holds, and answers that scrape.</summary>
    public async Task<Exposition> UntilAsync(Func<Exposition, bool> condition, string what)
    {
        for (var limit = DateTime.UtcNow + Microview.Deadline; ; await Task.Delay(20, TestContext.Current.CancellationToken))
        {
            var scrape = await ScrapeAsync();
            if (condition(scrape))
                return scrape;
            Assert.True(DateTime.UtcNow < limit, string.Create(CultureInfo.InvariantCulture, $"no {what}; {Process}\n{string.Join(Environment.NewLine, scrape.Text.Split((char)10).Where(line => line.Length > 0 && line[0] != (char)35).Take(60))}"));
        }
    }

    public void Dispose() => Process.Dispose();

    [GeneratedRegex(@"https?://[0-9.:]+/metrics")]
    private static partial Regex Endpoint();
}
