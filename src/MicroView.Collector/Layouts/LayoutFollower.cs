using Microsoft.Extensions.Logging;
using MicroView.Analysis;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>
/// Turns layout updates into changes of the LMAPs' pods, and completes when every LMAP works by them. Keeps what was learned about a pod
/// that left for
/// a short while: after a restart of the agent its clients come back with the same memory. For one caller at a time.
/// </summary>
internal sealed class LayoutFollower : IDisposable
{
    private const int MaxAbsent = 4096;
    private static readonly long AbsenceNs = TimeSpan.FromSeconds(10).Ticks * 100;

    private readonly IReadOnlyList<LmapRunner> _lmaps;
    private readonly PageTransport _transport;
    private readonly AnalyzerOptions _analysis;
    private readonly PodStarts _starts;
    private readonly PodSeriesFactory _series;
    private readonly AlarmFeed _alarms;
    private readonly CollectorClock _clock;
    private readonly Recorder? _recorder;
    private readonly ILogger _logger;
    private readonly Dictionary<string, KnownPod> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KnownPod> _absent = new(StringComparer.Ordinal);
    private readonly HashSet<string> _refused = new(StringComparer.Ordinal); // could not be taken in this session
    private long _rejected, _joined;

    public LayoutFollower(
        IReadOnlyList<LmapRunner> lmaps, PageTransport transport, AnalyzerOptions analysis, PodStarts starts, PodSeriesFactory series, AlarmFeed alarms,
        CollectorClock clock, Recorder? recorder, ILogger logger) =>
        (_lmaps, _transport, _analysis, _starts, _series, _alarms, _clock, _recorder, _logger) = (lmaps, transport, analysis, starts, series, alarms, clock, recorder, logger);

    /// <summary>Pods of a layout that could not be taken, since the start.</summary>
    public long RejectedPods => Interlocked.Read(ref _rejected);

    /// <summary>Pods that came and could be read, those that came back included, since the start.</summary>
    public long JoinedPods => Interlocked.Read(ref _joined);

    /// <summary>The generation that was last applied.</summary>
    public ulong Generation { get; private set; }

    /// <summary>Applies an update; when it completes, no LMAP reads anything of an older layout.</summary>
    /// <param name="update">What changed.</param>
    /// <param name="files">Files handed out since the last update; those that are not taken are closed.</param>
    /// <param name="isNewSession">True for the first update of a session: every object comes with its file again.</param>
    /// <exception cref="ControlProtocolException">The update does not fit what was told before.</exception>
    public async Task ApplyAsync(LayoutUpdate update, HandedFiles files, bool isNewSession)
    {
        var step = new LayoutStep(_lmaps.Count, _recorder?.Begin(update, isNewSession));
        if (isNewSession)
            _refused.Clear();
        try
        {
            var listed = update.Pods.Select(pod => pod.Pod).ToHashSet(StringComparer.Ordinal);
            IEnumerable<string> gone = update.Full ? _known.Keys.Where(pod => !listed.Contains(pod)) : update.Removed;
            foreach (var pod in gone.ToArray())
                Remove(pod, step, keep: true);
            foreach (var pod in update.Pods)
                Take(pod, files, isNewSession, step);
        }
        finally
        {
            files.Dispose();
            await InstallAsync(step).ConfigureAwait(false); // what was taken before an exception stands
        }
        Generation = update.Generation;
        ForgetAbsent(_clock.NowNs);
    }

    /// <summary>The session is over: pods that are read through its connection are stale until the next one.</summary>
    public void EndSession() => _transport.EndSession();

    /// <summary>Whether pods are away that <see cref="ForgetAbsent"/> may forget by and by.</summary>
    public bool HasAbsent => _absent.Count > 0;

    /// <summary>Forgets pods that have stayed away; their alarms are over.</summary>
    public void ForgetAbsent(long nowNs)
    {
        if (_absent.Count == 0)
            return;
        foreach (var (name, pod) in _absent.Where(entry => nowNs - entry.Value.LeftNs > AbsenceNs || _absent.Count > MaxAbsent).ToArray())
        {
            _absent.Remove(name);
            EndAlarm(pod);
        }
    }

    /// <summary>Closes everything; the LMAPs must have stopped.</summary>
    public void Dispose()
    {
        foreach (var pod in _known.Values)
        {
            pod.Series?.Dispose();
            pod.Source.Dispose();
        }
        _known.Clear();
        _absent.Clear();
    }

    private void Take(PodLayout told, HandedFiles files, bool isNewSession, LayoutStep step)
    {
        // What changed of a pod that was not taken means nothing by itself; the next session tells of it from the start.
        if (told.FirstSlot > 0 && _refused.Contains(told.Pod))
            return;
        try
        {
            if (_known.TryGetValue(told.Pod, out var known) && !known.IsSameInstance(told))
            {
                Remove(told.Pod, step, keep: false);
                known = null;
            }
            if (told.Objects.Count == 0)
                return;
            if (known is null)
                Add(told, files, step);
            else
                Change(known, told, files, isNewSession, step);
        }
        catch (Exception error) when (error is (IOException or InvalidDataException or ArgumentException) and not ControlProtocolException)
        {
            _refused.Add(told.Pod);
            Interlocked.Increment(ref _rejected);
            _logger.LogWarning("Pod {Pod} cannot be read as it is now, until this collector connects again: {Error}", told.Pod, error.Message);
        }
    }

    private void Add(PodLayout told, HandedFiles files, LayoutStep step)
    {
        var absent = _absent.GetValueOrDefault(told.Pod);
        var back = absent?.IsSameInstance(told) == true ? absent : null;
        var schema = Merge(back?.Schema, told);
        var source = _transport.Open(told, schema.Slots, null, _transport.TakesFiles ? files.Take(told, 0) : []);
        _absent.Remove(told.Pod); // only now: a pod that cannot be opened stays absent, and its alarm ends with that
        if (absent is not null && back is null)
            EndAlarm(absent);
        var monitored = back?.Monitored ?? new MonitoredPod(told, schema, source, _analysis, _starts);
        if (back is not null)
            monitored.Status = RowStatus.Stale; // what it held when it left is not fresh
        var known = new KnownPod(monitored, told, schema, source, LmapOf(told.Pod));
        Record(step, known);
        _known.Add(told.Pod, known);
        Interlocked.Increment(ref _joined);
        step.Touch(known.Lmap);
        step.Adoptions[known.Lmap].Add(new(monitored, told, schema, source));
        step.Installed.Add(known);
    }

    private void Change(KnownPod known, PodLayout told, HandedFiles files, bool isNewSession, LayoutStep step)
    {
        var schema = Merge(known.Schema, told);
        var former = isNewSession ? null : known.Source;
        var held = isNewSession ? 0 : known.Layout.Objects.Count;
        var source = _transport.Open(told, schema.Slots, former, _transport.TakesFiles ? files.Take(told, held) : []);
        if (former is null || !_transport.TakesFiles)
            step.Released.Add(known.Source);
        (known.Layout, known.Schema, known.Source) = (told, schema, source);
        Record(step, known);
        step.Touch(known.Lmap);
        step.Adoptions[known.Lmap].Add(new(known.Monitored, told, schema, source));
        step.Installed.Add(known);
    }

    private void Record(LayoutStep step, KnownPod pod)
    {
        if (step.Recorded is { } recorded)
            _recorder!.Attach(recorded, pod.Layout.Pod, pod.Source, pod.Lmap);
    }

    private void Remove(string pod, LayoutStep step, bool keep)
    {
        _refused.Remove(pod);
        if (!_known.Remove(pod, out var known))
            return;
        known.Series?.Dispose();
        known.Series = null;
        step.Touch(known.Lmap);
        step.Released.Add(known.Source);
        if (keep)
        {
            known.LeftNs = _clock.NowNs;
            _absent[pod] = known;
        }
        else
        {
            step.Ended.Add(known);
        }
    }

    /// <summary>
    /// What is known and what is told. A client that has just come back describes its slots again, in batches: until it has, what is
    /// known of the same memory still holds, since slots are append-only and never change their meaning.
    /// </summary>
    private static PodSchema Merge(PodSchema? known, PodLayout told)
    {
        var before = known?.Descriptors ?? [];
        if (told.FirstSlot > before.Count)
            throw new ControlProtocolException(
                $"the layout of pod '{told.Pod}' begins at slot {told.FirstSlot}, but {before.Count} are known");
        IReadOnlyList<SlotDescriptor> descriptors = [.. before.Take(told.FirstSlot), .. told.Descriptors];
        if (known?.StartsWith(descriptors) != true)
            return PodSchema.Compile(descriptors, told.Retired);
        return known.Retired.IsSupersetOf(told.Retired) ? known : PodSchema.Compile(before, known.Retired.Union(told.Retired));
    }

    private async Task InstallAsync(LayoutStep step)
    {
        if (step.Recorded is { } recorded)
            _recorder!.Post(recorded, Enumerable.Range(0, _lmaps.Count).Where(lmap => step.Touched[lmap]));
        var waits = new List<Task>();
        for (var i = 0; i < _lmaps.Count; i++)
        {
            if (!step.Touched[i])
                continue;
            MonitoredPod[] pods = [.. _known.Values.Where(pod => pod.Lmap == i).Select(pod => pod.Monitored)];
            waits.Add(_lmaps[i].PostAsync(new LmapChange(pods, step.Adoptions[i]) { Recorded = step.Recorded }));
        }
        await Task.WhenAll(waits).ConfigureAwait(false);
        foreach (var pod in step.Installed)
        {
            if (!_known.TryGetValue(pod.Layout.Pod, out var current) || !ReferenceEquals(current, pod))
                continue;
            if (pod.Series is { } series && series.Shows(pod.Layout, pod.Schema))
                continue;
            pod.Series?.Dispose();
            pod.Series = _series.Create(FreshnessOf(pod), pod.Layout, pod.Schema);
            if (pod.Series.Rejected is { Count: > 0 } rejected)
                _logger.LogWarning(
                    "{Count} metrics of pod {Pod} are not exposed, such as {First}", rejected.Count, pod.Layout.Pod, rejected[0]);
        }
        foreach (var source in step.Released)
            source.Dispose();
        foreach (var pod in step.Ended)
            EndAlarm(pod);
    }

    private PodFreshness FreshnessOf(KnownPod pod) => new(pod.Monitored, _lmaps[pod.Lmap].Lmap.Statistics, _lmaps[pod.Lmap].SilenceLimitNs, _clock);

    private void EndAlarm(KnownPod pod)
    {
        if (pod.Monitored.AlarmOpen)
            _alarms.Post(AlarmEvent.ForLostPod(pod.Monitored, _clock.NowNs, _clock.Now));
    }

    /// <summary>FNV-1a: a pod comes to the same LMAP in every run.</summary>
    private int LmapOf(string pod)
    {
        var hash = 2166136261u;
        foreach (var c in pod)
            hash = unchecked((hash ^ c) * 16777619u);
        return (int)(hash % (uint)_lmaps.Count);
    }
}

/// <summary>What one update does, until every LMAP has taken it.</summary>
/// <param name="lmaps">How many there are.</param>
/// <param name="recorded">What a recording keeps of it; null: nothing is recorded.</param>
internal sealed class LayoutStep(int lmaps, RecordedStep? recorded)
{
    public RecordedStep? Recorded => recorded;

    public bool[] Touched { get; } = new bool[lmaps];

    public List<PodAdoption>[] Adoptions { get; } = [.. Enumerable.Range(0, lmaps).Select(_ => new List<PodAdoption>())];

    /// <summary>Pods whose series are to be shown once the LMAPs read them.</summary>
    public List<KnownPod> Installed { get; } = [];

    /// <summary>Sources that no LMAP reads afterwards.</summary>
    public List<PageSource> Released { get; } = [];

    /// <summary>Pods that are gone for good.</summary>
    public List<KnownPod> Ended { get; } = [];

    public void Touch(int lmap) => Touched[lmap] = true;
}
