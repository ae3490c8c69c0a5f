using System.Buffers.Binary;
using System.Threading;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>
/// Records a run into a file (docs/recording.md). LMAPs and the layout follower hand over what there is, without waiting; a thread of its own puts it in order and writes it.
/// Whatever happens to the file is told, and costs the recording alone.
/// </summary>
internal sealed class Recorder : IDisposable
{
    private const int RingBytes = 16 << 20;
    private const int PeriodMs = 10;
    private const int LookAtSpaceMs = 1000, TellLossMs = 10_000;

    private readonly FileStream _file;
    private readonly Func<DiskSpace> _space;
    private readonly CollectorClock _clock;
    private readonly ILogger _logger;
    private readonly LmapRecorder[] _lmaps;
    private readonly long[] _limits;
    private readonly Queue<RecordedStep> _steps = new();
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _closing = new(false, spinCount: 0);
    private uint _ids;
    private long _layouts;
    private long _bytes, _whole, _lookedAtSpace, _toldLossAt, _lostTold;
    private bool _ended;

    /// <summary>Creates the file, for its owner alone.</summary>
    /// <exception cref="CollectorStartException">It exists already, or cannot be made, or there is no room for it.</exception>
    public Recorder(string path, int lmaps, LmapOptions options, CollectorClock clock, ILogger logger, int ringBytes = RingBytes, Func<DiskSpace>? space = null)
    {
        (_clock, _logger) = (clock, logger);
        Path = System.IO.Path.GetFullPath(path);
        _space = space ?? (() => DiskSpace.Of(Path));
        if (_space() is { IsShort: true } left)
            throw new CollectorStartException($"--record: only {left} are free where {Path} is");
        _file = Create(Path);
        _lmaps = [.. Enumerable.Range(0, lmaps).Select(i => new LmapRecorder(i, new RecordingRing(ringBytes)))];
        _limits = new long[lmaps];
        var now = clock.NowNs;
        Write(RecordingFormat.Write(new(lmaps, now, clock.UnixNs(now), options.IntervalNs, options.TickNs)));
        _thread = new Thread(Run) { Name = "recorder", IsBackground = true };
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Bytes written so far.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Images left out so far.</summary>
    public long Lost => _lmaps.Sum(lmap => lmap.Lost);

    /// <summary>True until the file is closed, by the end or by an error.</summary>
    public bool IsRecording => !Volatile.Read(ref _ended);

    public LmapRecorder Of(int lmap) => _lmaps[lmap];

    public void Start() => _thread.Start();

    /// <summary>A layout is about to be applied; for the layout follower.</summary>
    public RecordedStep Begin(LayoutUpdate update, bool isNewSession) => new(update, isNewSession, _clock.NowNs, _lmaps.Length);

    /// <summary>A source was opened under a step: its images are recorded from its first read on.</summary>
    public void Attach(RecordedStep step, string pod, PageSource source, int lmap)
    {
        if (source is not ImageSource images)
            throw new InvalidOperationException($"a {source.GetType().Name} cannot be recorded");
        var id = ++_ids;
        images.RecordInto(new ImageTap(_lmaps[lmap], id, images.ObjectCount));
        step.Sources.Add(new(pod, id, images.Slots, images.ObjectCount, images.SharesClock));
    }

    /// <summary>The step goes to these LMAPs next: it is written where each of them begins to work by it.</summary>
    public void Post(RecordedStep step, IEnumerable<int> lmaps)
    {
        foreach (var lmap in lmaps)
            step.WaitFor(lmap);
        lock (_steps)
            if (IsRecording) // or nobody would take it
                _steps.Enqueue(step);
    }

    /// <summary>Writes what there is and closes the file; the LMAPs must have stopped. A run that never had a layout leaves no file.</summary>
    public void Dispose()
    {
        _closing.Set();
        if (_thread.IsAlive)
            _thread.Join();
        Finish();
        _file.Dispose();
        _closing.Dispose();
        if (_layouts == 0)
            File.Delete(Path);
    }

    private void Run()
    {
        try
        {
            while (!_closing.Wait(PeriodMs) && IsRecording)
            {
                Drain();
                LookAround();
            }
        }
#pragma warning disable CA1031 // A recording that cannot be written costs nothing else.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Stop($"it cannot be written: {error.Message}");
        }
    }

    /// <summary>Moves everything that is committed into the file. A step stands behind the passes that its LMAPs made before they applied it.</summary>
    internal void Drain()
    {
        while (true)
        {
            // First how far the LMAPs are, then the steps: a pass made by a step is never seen before the step.
            for (var i = 0; i < _limits.Length; i++)
                _limits[i] = _lmaps[i].Ring.Head;
            RecordedStep? step;
            lock (_steps)
            {
                _ = _steps.TryPeek(out step);
                foreach (var pending in _steps) // a later one may be an LMAP's first
                    for (var i = 0; i < _limits.Length; i++)
                        _limits[i] = Math.Min(_limits[i], pending.PositionOf(i) ?? long.MaxValue);
            }
            for (var i = 0; i < _limits.Length; i++)
                Drain(_lmaps[i].Ring, _limits[i]);
            if (step is null || !step.IsReached(_lmaps))
                return;
            WriteStep(step);
            lock (_steps)
                _ = _steps.Dequeue();
        }
    }

    private void Drain(RecordingRing ring, long limit)
    {
        while (ring.Tail < limit && ring.Peek(limit) is { IsEmpty: false } events)
        {
            for (var at = 0; at < events.Length;)
            {
                RecordingFormat.Seal(events[at..]);
                at += RecordingFormat.SizeOf(BinaryPrimitives.ReadInt32LittleEndian(events[at..]));
            }
            Write(events);
            ring.Release(events.Length);
        }
    }

    private void WriteStep(RecordedStep step)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(step.ToLayout(), RecordingJson.Default.RecordedLayout);
        var payload = RecordingFormat.LayoutPrefix + json.Length;
        if (payload > RecordingFormat.MaxLayout)
            throw new IOException($"a layout of {json.Length} bytes does not fit it");
        var written = new byte[RecordingFormat.SizeOf(payload)];
        RecordingFormat.WriteEvent(written, RecordedKind.Layout, 0, 0, payload);
        BinaryPrimitives.WriteInt64LittleEndian(written.AsSpan(RecordingFormat.EventSize), step.TimeNs);
        json.CopyTo(written, RecordingFormat.EventSize + RecordingFormat.LayoutPrefix);
        RecordingFormat.Seal(written);
        Write(written);
        _layouts++;
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        _file.Write(bytes);
        Volatile.Write(ref _bytes, _bytes + bytes.Length);
        _whole = _bytes;
    }

    private void LookAround()
    {
        var now = Environment.TickCount64;
        if (now - _toldLossAt > TellLossMs && Lost is var lost && lost > _lostTold)
        {
            _logger.LogWarning("The recording lacks {Images} more images: they came faster than {Path} takes them", lost - _lostTold, Path);
            (_toldLossAt, _lostTold) = (now, lost);
        }
        if (now - _lookedAtSpace < LookAtSpaceMs)
            return;
        _lookedAtSpace = now;
        if (_space() is { IsShort: true } left)
            Stop($"only {left} are free where it is");
    }

    private void Stop(string why)
    {
        _logger.LogError("The recording into {Path} ends: {Reason}; the collector goes on", Path, why);
        foreach (var lmap in _lmaps)
            lmap.Stop();
        Finish(drains: false);
    }

    private void Finish(bool drains = true)
    {
        if (!IsRecording)
            return;
        try
        {
            if (drains)
                Drain();
            var end = new byte[RecordingFormat.SizeOf(RecordingFormat.EndPayload)];
            RecordingFormat.WriteEvent(end, RecordedKind.End, 0, 0, RecordingFormat.EndPayload);
            BinaryPrimitives.WriteInt64LittleEndian(end.AsSpan(RecordingFormat.EventSize), _clock.NowNs);
            BinaryPrimitives.WriteInt64LittleEndian(end.AsSpan(RecordingFormat.EventSize + 8), Lost);
            RecordingFormat.Seal(end);
            if (_file.Length != _whole)
                _file.SetLength(_whole); // half of an event, where the last write failed
            _file.Position = _whole;
            Write(end);
            if (_layouts > 0)
                _logger.LogInformation("Recorded {Bytes} bytes into {Path}{Lost}", _bytes, Path, Lost > 0 ? $"; {Lost} images were left out" : "");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _logger.LogError("The recording in {Path} has no end: {Error}; it can be replayed as far as it goes", Path, error.Message);
        }
        lock (_steps)
        {
            Volatile.Write(ref _ended, true);
            _steps.Clear();
        }
    }

    private static FileStream Create(string path)
    {
        try
        {
            return new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.Read, BufferSize = 0, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CollectorStartException(File.Exists(path) ? $"--record: {path} exists already; name another file, or remove it" : $"--record: {error.Message.TrimEnd('.')}", error);
        }
    }
}
