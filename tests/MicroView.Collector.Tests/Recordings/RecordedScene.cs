using Microsoft.Extensions.Logging.Abstractions;
using MicroView.Analysis;
using MicroView.Export;
using MicroView.Protocol;

namespace MicroView.Collector.Tests;

/// <summary>
/// A run that is recorded, in a time that the test makes: real pages, follower, LMAPs and recorder, without threads. What it decides is written down beside it.
/// </summary>
internal sealed class RecordedScene : IDisposable
{
    public const long Millisecond = 1_000_000;
    private const long StartNs = 5_000_000_000_000, UnixNs = 1_795_500_000_000_000_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("mv-recording").FullName;
    private readonly CollectorClock.Replayed _clock = new(new RecordingHeader(1, StartNs, UnixNs, 0, 0));
    private readonly AlarmFeed _alarms = new(NullLogger.Instance, isReplay: true);
    private readonly LayoutFollower _follower;
    private readonly ReplayedLmap[] _lmaps;
    private readonly DecisionLog _decisions;
    private readonly List<TestPod> _pods = [];
    private ulong _generation;
    private bool _finished;

    public RecordedScene(int lmaps = 2, int ringBytes = 1 << 20, AnalyzerOptions? analysis = null, long tickMs = 10)
    {
        Analysis = analysis ?? CollectorScene.Quick.Analysis;
        var options = new LmapOptions(tickMs * Millisecond, 10 * Millisecond);
        Recorder = new Recorder(Path, lmaps, options, _clock, NullLogger.Instance, ringBytes, () => new(long.MaxValue, long.MaxValue));
        _decisions = new DecisionLog(System.IO.Path.Combine(_folder, "live.csv"), lmaps, _clock, isReplay: true, NullLogger.Instance);
        _decisions.Start();
        _alarms.Changed += Alarms.Add;
        _alarms.Start();
        var transport = new SharedMemoryTransport { Copies = true };
        _lmaps = [.. Enumerable.Range(0, lmaps).Select(i => new ReplayedLmap(
            new Lmap(i, options, transport, NullLogger.Instance) { Clock = _clock, Recorder = Recorder.Of(i), Decisions = _decisions.Of(i), AlarmChanged = _alarms.Post }, options.IntervalNs))];
        _follower = new LayoutFollower(_lmaps, transport, Analysis, new PodStarts(Analysis, null, false, NullLogger.Instance), new PodSeriesFactory(new ExpositionDocument()), _alarms, _clock, Recorder, NullLogger.Instance);
    }

    public AnalyzerOptions Analysis { get; }

    public string Path => System.IO.Path.Combine(_folder, "run.mvrec");

    public Recorder Recorder { get; }

    public List<AlarmEvent> Alarms { get; } = [];

    public IReadOnlyList<Lmap> Lmaps => [.. _lmaps.Select(one => one.Lmap)];

    public long NowNs => _clock.NowNs;

    /// <summary>Writes the recorder's file after each pass, as its thread would.</summary>
    public bool Drains { get; set; } = true;

    public TestPod Join(string name, params SlotDescriptor[] descriptors)
    {
        var pod = new TestPod(name, 1, 8192);
        pod.Descriptors.AddRange(descriptors);
        _pods.Add(pod);
        Tell(pod, pod.Objects.Count);
        return pod;
    }

    /// <summary>A pod of a batch writer, whose rows are as long as its descriptors.</summary>
    public TestPod JoinBatch(string name, params SlotDescriptor[] descriptors)
    {
        var pod = new TestPod(name, 1, 8192) { Kind = PodKind.Node };
        pod.Object.RowSlots = descriptors.Length;
        pod.Descriptors.AddRange(descriptors);
        _pods.Add(pod);
        Tell(pod, pod.Objects.Count);
        return pod;
    }

    public void Describe(TestPod pod, params SlotDescriptor[] descriptors)
    {
        pod.Descriptors.AddRange(descriptors);
        Tell(pod, 0);
    }

    public void Leave(TestPod pod)
    {
        _pods.Remove(pod);
        Apply(new LayoutUpdate { Generation = ++_generation, Removed = [pod.Pod] }, 0, isNewSession: false);
    }

    /// <summary>A session that begins anew: every pod is told and handed out again.</summary>
    public void Reconnect() =>
        Apply(new LayoutUpdate { Generation = ++_generation, Full = true, Pods = [.. _pods.Select(Compose)] }, int.MaxValue, isNewSession: true);

    /// <summary>Time goes on, heartbeats as well, and every LMAP scrapes.</summary>
    public void Pass(long milliseconds = 10, bool beats = true, bool looks = false)
    {
        _clock.MoveTo(_clock.NowNs + milliseconds * Millisecond);
        foreach (var page in _pods.Where(_ => beats).SelectMany(pod => pod.Objects))
            page.Heartbeat++;
        _follower.ForgetAbsent(_clock.NowNs);
        foreach (var lmap in _lmaps)
            lmap.Pass(_clock.NowNs, looks);
        if (Drains)
            Recorder.Drain();
    }

    /// <summary>Ends the recording; the decisions of the run.</summary>
    public string Finish()
    {
        if (!_finished)
        {
            _finished = true;
            Recorder.Dispose();
            _decisions.Dispose();
            _alarms.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
        return File.ReadAllText(System.IO.Path.Combine(_folder, "live.csv"));
    }

    public string FileIn(string name) => System.IO.Path.Combine(_folder, name);

    public void Dispose()
    {
        Finish();
        _follower.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Tell(TestPod pod, int files) => Apply(new LayoutUpdate { Generation = ++_generation, Pods = [Compose(pod)] }, files, isNewSession: _generation == 1);

    private void Apply(LayoutUpdate update, int files, bool isNewSession)
    {
        using var handed = new HandedFiles();
        foreach (var pod in files == 0 ? [] : update.Pods.Select(told => _pods.Find(one => one.Pod == told.Pod)!))
            handed.Keep(
                new FilesMessage([.. pod.Objects.Select((page, index) => new FileOwner(pod.Pod, index, page.Epoch))]),
                new ReceivedMessage(new OkReply(), [.. pod.Objects.Select(page => MemoryFile.ReopenReadOnly(page.File))]));
        _follower.ApplyAsync(update, handed, isNewSession).GetAwaiter().GetResult();
        if (Drains)
            Recorder.Drain();
    }

    private PodLayout Compose(TestPod pod) => new()
    {
        Pod = pod.Pod, Service = pod.Service, Kind = pod.Kind, Generation = _generation, Slots = pod.Descriptors.Count, Descriptors = [.. pod.Descriptors],
        Objects = [.. pod.Objects.Select((page, index) => new ObjectLayout(index, page.Geometry.Capacity, page.Geometry.Stripes, page.Epoch) { RowSlots = page.RowSlots })],
        Regions = [new ObjectRegion(0, new RemoteRegion(4096, 0xC0FFEE, 4096))],
    };
}

/// <summary>What a replay of a file was.</summary>
internal sealed record Replayed(ReplaySummary? Summary, RecordingException? Damage, string Decisions, IReadOnlyList<AlarmEvent> Alarms)
{
    /// <summary>Replays a file to its end.</summary>
    public static async Task<Replayed> RunAsync(string path, AnalyzerOptions? analysis = null, double speed = 0, TimeSpan? tick = null)
    {
        var decisions = $"{path}.{Guid.NewGuid():N}.csv";
        var options = new CollectorOptions
        {
            Recording = path, DecisionsFile = decisions, PrometheusPort = null, Analysis = analysis ?? CollectorScene.Quick.Analysis, ReplaySpeed = speed, Tick = tick,
        };
        var alarms = new List<AlarmEvent>();
        ReplaySummary? summary = null;
        RecordingException? damage = null;
        await using (var collector = await CollectorService.StartAsync(options, NullLoggerFactory.Instance))
        {
            collector.AlarmChanged += alarms.Add;
            collector.BeginReplay();
            try
            {
                summary = await collector.Replay!.WaitAsync(TimeSpan.FromMinutes(2));
            }
            catch (RecordingException error)
            {
                damage = error;
            }
        }
        var text = await File.ReadAllTextAsync(decisions);
        File.Delete(decisions);
        return new(summary, damage, text, alarms);
    }
}
