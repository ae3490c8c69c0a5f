using Microsoft.Extensions.Logging;
using MicroView.Analysis;

namespace MicroView.Collector.Tests;

/// <summary>An agent and a collector that reads it, quick enough for tests.</summary>
public sealed class CollectorScene : IAsyncDisposable, ILoggerFactory, ILogger
{
    private static readonly HttpClient Http = new();
    private readonly List<string> _log = [];
    private TestAgent? _agent;

    private CollectorScene(TestAgent? agent) => _agent = agent;

    public TestAgent Agent => _agent!;
    public CollectorService Collector { get; private set; } = null!;

    public static CollectorOptions Quick { get; } = new()
    {
        ScrapeInterval = TimeSpan.FromMilliseconds(5),
        Tick = TimeSpan.FromMilliseconds(5),
        PrometheusPort = 0,
        Lmaps = 2,
        Analysis = new AnalyzerOptions
        {
            MinRows = 40,
            MinSeconds = 0.2,
            Detector = new DetectorOptions { Normalization = Normalization.None },
            Alarm = new AlarmOptions { HoldSeconds = 0.2, StepSeconds = 0.01 },
        },
    };

    public IReadOnlyList<string> Log
    {
        get { lock (_log) return [.. _log]; }
    }

    public static async Task<CollectorScene> StartAsync(CollectorOptions? options = null, Action<TestAgent>? prepare = null)
    {
        var scene = new CollectorScene(new TestAgent());
        prepare?.Invoke(scene.Agent);
        try
        {
            scene.Collector = await CollectorService.StartAsync((options ?? Quick) with { SocketPath = scene.Agent.Path }, scene);
            return scene;
        }
        catch
        {
            await scene.Agent.DisposeAsync();
            throw;
        }
    }

    /// <summary>A collector that replays a recording, and no agent.</summary>
    public static async Task<CollectorScene> ReplayAsync(string recording, double speed = 0)
    {
        var scene = new CollectorScene(null);
        scene.Collector = await CollectorService.StartAsync(Quick with { Recording = recording, ReplaySpeed = speed }, scene);
        scene.Collector.BeginReplay();
        return scene;
    }

    /// <summary>Kills the agent; a new one comes up at the same place with <paramref name="pods"/>.</summary>
    public async Task RestartAgentAsync(TimeSpan away, params TestPod[] pods)
    {
        var path = Agent.Path;
        await Agent.DisposeAsync();
        await Task.Delay(away);
        _agent = new TestAgent(path, pods);
    }

    public PodSnapshot? Pod(string pod) => Collector.Snapshot().Pods.FirstOrDefault(entry => entry.Pod == pod);

    /// <summary>The pod's object, which has what was learnt about it.</summary>
    public MonitoredPod? Monitored(string pod) => Collector.Pods.FirstOrDefault(entry => entry.Pod == pod);

    public Task<string> ScrapeAsync(string path = "metrics") => Http.GetStringAsync(new Uri(Collector.Endpoint!, path));

    /// <summary>The value of a series, by its whole name with labels; null when it is absent.</summary>
    public async Task<double?> ValueAsync(string series)
    {
        var line = (await ScrapeAsync()).Split('\n').FirstOrDefault(text => text.StartsWith(series + " ", StringComparison.Ordinal));
        return line is null ? null : double.Parse(line[(series.Length + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Waits for a series: its LMAP may not have come to it yet.</summary>
    public Task ShowsAsync(string series) => UntilAsync(async () => await ValueAsync(series) is not null, series);

    public static async Task UntilAsync(Func<bool> holds, string what, double seconds = 20)
    {
        for (var end = DateTime.UtcNow.AddSeconds(seconds); !holds(); await Task.Delay(5))
            Assert.True(DateTime.UtcNow < end, "never happened: " + what);
    }

    public static async Task UntilAsync(Func<Task<bool>> holds, string what, double seconds = 20)
    {
        for (var end = DateTime.UtcNow.AddSeconds(seconds); !await holds(); await Task.Delay(5))
            Assert.True(DateTime.UtcNow < end, "never happened: " + what);
    }

    public async ValueTask DisposeAsync()
    {
        await Collector.DisposeAsync();
        if (_agent is not null)
            await _agent.DisposeAsync();
    }

    void IDisposable.Dispose()
    {
    }

    ILogger ILoggerFactory.CreateLogger(string categoryName) => this;

    void ILoggerFactory.AddProvider(ILoggerProvider provider)
    {
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_log)
            _log.Add(formatter(state, exception));
    }
}
