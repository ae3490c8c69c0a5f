using Microsoft.Extensions.Logging.Abstractions;
using MicroView.Conformance;
using MicroView.Protocol;

namespace MicroView.Collector.Tests;

/// <summary>
/// Page sources out of a recording: each pass is read from shared memory and recorded into a file, and the case is given what the file says of it.
/// </summary>
internal sealed class RecordingScene : SourceScene
{
    private readonly SharedMemoryScene _memory = new(SharedMemoryKind.Copied);
    private readonly string _folder = Directory.CreateTempSubdirectory("mv-conformance").FullName;
    private readonly Recorder _recorder;
    private readonly RecordingTransport _transport = new();
    private readonly RecordingReader _reader;
    private readonly RecordingPlayer _player;
    private readonly Dictionary<PageSource, PageSource> _recorded = [];
    private readonly double[] _read = new double[65_536];

    public RecordingScene()
    {
        var path = Path.Combine(_folder, "run");
        _recorder = new Recorder(path, 1, new LmapOptions(), CollectorClock.Live, NullLogger.Instance, space: () => new(long.MaxValue, long.MaxValue));
        _reader = RecordingReader.Open(path);
        _player = new RecordingPlayer(_reader, _transport);
    }

    private LmapRecorder Lmap => _recorder.Of(0);

    public override ScenePod Create(SlotGeometry? geometry = null, int rowSlots = 0, bool mayVanish = false) => _memory.Create(geometry, rowSlots, mayVanish);

    public override PageSource Open(ScenePod pod, int slots, PageSource? former = null)
    {
        var read = _memory.Open(pod, slots, former is null ? null : _recorded[former]);
        var layout = pod.Layout(slots);
        var step = _recorder.Begin(new LayoutUpdate { Generation = 1, Pods = [layout] }, isNewSession: false);
        _recorder.Attach(step, pod.Name, read, 0);
        _recorder.Post(step, [0]);
        step.Applied(Lmap, 0);
        Follow(RecordedKind.Layout);
        var source = _transport.Open(_player.Layout!.Update.Pods[0], slots, former, []);
        source.Activate();
        former?.Dispose();
        _recorded[source] = read;
        return source;
    }

    public override RowStatus Read(PageSource source, Span<double> row, long nowNs)
    {
        Lmap.Begin(nowNs, looks: false);
        var status = _recorded[source].Read(_read, nowNs);
        Lmap.End();
        Follow(RecordedKind.Pass);
        Expect.Equal(nowNs, _player.TimeNs, "the pass's time");
        var replayed = source.Read(row, nowNs);
        Expect.Equal(status, replayed, "what the replay says of a read");
        if (status == RowStatus.Fresh)
            Expect.Bits(_read.AsSpan(0, source.Slots), row[..source.Slots], "the row as it was read and as it is replayed");
        return replayed;
    }

    public override RowStatus Look(PageSource source, long nowNs)
    {
        Lmap.Begin(nowNs, looks: true);
        _ = _recorded[source].Look(nowNs);
        Lmap.End();
        Follow(RecordedKind.Pass);
        Expect.True(_player.Looks, "the pass only looks");
        return source.Look(nowNs);
    }

    public override void Vanish(ScenePod pod) => _memory.Vanish(pod);

    public override void Dispose()
    {
        foreach (var source in _recorded.Keys)
            source.Dispose();
        _recorder.Dispose();
        _reader.Dispose();
        _memory.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Follow(RecordedKind kind)
    {
        _recorder.Drain();
        Expect.True(_player.Next() && _player.Kind == kind, "the recording goes on with what was recorded");
    }
}
