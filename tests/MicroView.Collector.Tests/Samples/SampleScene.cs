using Microsoft.Extensions.Logging.Abstractions;
using MicroView.Analysis;
using MicroView.Export;
using MicroView.Export.Tests;
using MicroView.Protocol;
using Snappier;

namespace MicroView.Collector.Tests;

/// <summary>A clock that a test moves.</summary>
internal sealed class TestClock : CollectorClock
{
    public const long StartNs = 1_000_000_000_000;
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private long _now = StartNs;

    public override long NowNs => _now;

    /// <summary>By how much the wall clock was put forward, or back.</summary>
    public TimeSpan Step { get; set; }

    public override DateTimeOffset Now => s_start + Step + TimeSpan.FromTicks((_now - StartNs) / 100);

    protected override long UnixOffsetNs => s_start.ToUnixTimeMilliseconds() * 1_000_000 - StartNs;

    public void Advance(double milliseconds) => _now += (long)(milliseconds * 1e6);
}

/// <summary>Pods, an LMAP and the sender of samples, moved by the test's thread and clock; what would be delivered is decoded.</summary>
internal sealed class SampleScene : IDisposable
{
    public static readonly SampleOptions Standard = new() { RemoteWrite = new("http://localhost/"), Baseline = TimeSpan.FromSeconds(1), Recorder = TimeSpan.FromSeconds(2), Hold = TimeSpan.FromSeconds(0.5) };

    private readonly List<(PageObject Page, MonitoredPod Pod, int Metrics)> _pods = [];
    private readonly Dictionary<string, PodSeries> _series = [];
    private readonly Dictionary<string, PageObject> _left = [];
    private readonly SampleCollector _collector;
    private readonly SampleQueue _queue;
    private readonly RemoteWriteRequest _request = new([]);
    private readonly PodSeriesFactory _factory;
    private readonly double _intervalMs;
    private double _sincePass;
    private bool _isFinished;

    public SampleScene(SampleOptions? options = null, double intervalMs = 100)
    {
        options ??= Standard;
        _intervalMs = intervalMs;
        _factory = new(Document);
        _queue = new(options.QueueBytes, Statistics);
        Memory = new(options.RecorderBytes, TimeSpan.FromMilliseconds(intervalMs), Log);
        _collector = new(options, Document, _factory.FollowAlarms, _queue, Statistics, Memory, Clock, Log);
        Lmap = new(0, new LmapOptions(0), new SharedMemoryTransport(), NullLogger.Instance) { Clock = Clock };
    }

    public TestClock Clock { get; } = new();

    public LogList Log { get; } = new();

    public ExpositionDocument Document { get; } = new();

    public SampleStatistics Statistics { get; } = new();

    public FlightMemory Memory { get; }

    public Lmap Lmap { get; }

    public SampleQueue Queue => _queue;

    public SampleCollector Collector => _collector;

    /// <summary>What was delivered, by series, oldest first: value, and ms since the clock's start.</summary>
    public Dictionary<string, List<(double Value, long Ms)>> Received { get; } = [];

    public MonitoredPod Join(string name, int metrics = 2)
    {
        var (page, pod) = DirectPods.Create(name, metrics, new AnalyzerOptions { Detector = new() { Model = "none" } });
        _pods.Add((page, pod, metrics));
        Lmap.SetPods([.. _pods.Select(one => one.Pod)]);
        Show(pod);
        return pod;
    }

    public void Leave(string name)
    {
        _series.Remove(name, out var series);
        series!.Dispose();
        _left[name] = _pods.Single(one => one.Pod.Pod == name).Page;
        _pods.RemoveAll(one => one.Pod.Pod == name);
        Lmap.SetPods([.. _pods.Select(one => one.Pod)]);
    }

    /// <summary>The same pod again, as after a restart of its agent.</summary>
    public void Return(MonitoredPod pod)
    {
        pod.Status = RowStatus.Stale;
        _pods.Add((_left[pod.Pod], pod, pod.Schema.Slots));
        Lmap.SetPods([.. _pods.Select(one => one.Pod)]);
        Show(pod);
    }

    /// <summary>Gives the pod more metrics, as a new layout does.</summary>
    public void Grow(MonitoredPod pod, int metrics)
    {
        var at = _pods.FindIndex(one => one.Pod == pod);
        var schema = PodSchema.Compile([.. Enumerable.Range(0, metrics).Select(i => new SlotDescriptor { Name = $"m{i}", Type = Protocol.MetricType.Gauge })], []);
        _pods[at] = (_pods[at].Page, pod, metrics);
        Lmap.Post(new LmapChange([.. _pods.Select(one => one.Pod)], [new PodAdoption(pod, pod.Layout, schema, DirectPods.Open(_pods[at].Page, metrics))]));
        Lmap.ApplyPost();
        _series[pod.Pod].Dispose();
        Show(pod);
    }

    public static void Alarm(MonitoredPod pod, bool open) => pod.PublishAlarm(open, [], 0);

    /// <summary>
    /// Scrapes and passes for a while. Each metric of a row is its time, ms since the clock's start, plus its number in thousandths; so every sample says which row it is of.
    /// </summary>
    public void Run(double milliseconds, bool beats = true)
    {
        for (var end = milliseconds; end > 1e-9; end -= _intervalMs)
        {
            Clock.Advance(_intervalMs);
            foreach (var (page, _, metrics) in _pods)
            {
                if (beats)
                    page.Heartbeat++;
                for (var slot = 0; slot < metrics; slot++)
                    page.Cell(slot).Store(NowMs + slot / 1000.0);
            }
            Lmap.ScrapeOnce(Clock.NowNs);
            if ((_sincePass += _intervalMs) >= 100)
            {
                _sincePass = 0;
                Pass();
            }
        }
    }

    public double NowMs => (Clock.NowNs - TestClock.StartNs) / 1_000_000;

    public void Pass()
    {
        _collector.Pass();
        Deliver();
    }

    public void Finish()
    {
        if (_isFinished)
            return;
        _isFinished = true;
        _collector.Dispose();
        Deliver();
    }

    public void Dispose()
    {
        Finish();
        _queue.Dispose();
    }

    /// <summary>Times of a series, ms since the clock's start, stale markers left out. Each value is that of the row of its time.</summary>
    public long[] Times(string series, int slot = 0)
    {
        var samples = Received.GetValueOrDefault(series) ?? [];
        foreach (var (value, ms) in samples.Where(sample => !double.IsNaN(sample.Value)))
            Assert.Equal(ms + slot / 1000.0, value, 1e-6);
        return [.. samples.Where(sample => !double.IsNaN(sample.Value)).Select(sample => sample.Ms)];
    }

    private void Show(MonitoredPod pod) =>
        _series[pod.Pod] = _factory.Create(new PodFreshness(pod, Lmap.Statistics, 2_000_000_000, Clock), pod.Layout, pod.Schema);

    private void Deliver()
    {
        while (_queue.Take() is { } batch)
        {
            _request.Clear();
            var samples = 0;
            for (var line = 0; line < batch.Series.Count; line++)
                samples += _request.Add(batch.Series, line, batch.TimesMs, batch.Bits);
            Statistics.Send(samples, batch.IsOfRows ? samples : 0);
            foreach (var (labels, values) in WriteRequestReader.Read(Snappy.DecompressToArray(_request.Compress().Span)))
                Keep(string.Join(',', labels.Select(label => label.Name == "__name__" ? label.Value : $"{label.Name}={label.Value}")), values);
            batch.Dispose();
        }
    }

    private void Keep(string series, List<(double Value, long Ms)> values)
    {
        if (!Received.TryGetValue(series, out var all))
            Received.Add(series, all = []);
        foreach (var (value, unixMs) in values)
        {
            var ms = unixMs - new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
            Assert.True(all.Count == 0 || all[^1].Ms < ms, $"{series}: {ms} after {(all.Count > 0 ? all[^1].Ms : 0)}");
            all.Add((value, ms));
        }
    }
}
