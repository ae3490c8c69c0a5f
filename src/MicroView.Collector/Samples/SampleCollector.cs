using System.Threading;
using Microsoft.Extensions.Logging;
using MicroView.Export;

namespace MicroView.Collector;

/// <summary>
/// The thread that chooses samples: looks through the flight recorders ten times a second, reads what has none, and hands what is to be sent to the queue. It waits for nobody, and
/// nobody for it; what it knows of pods and series is what the document of the endpoint shows.
/// </summary>
internal sealed class SampleCollector : IDisposable
{
    private const long SecondMs = 1000;
    private const long AbsenceMs = 1000; // a pod whose series are being exchanged is not gone
    private readonly SampleOptions _options;
    private readonly ExpositionDocument _document;
    private readonly Action _followAlarms;
    private readonly SampleQueue _queue;
    private readonly SampleStatistics _statistics;
    private readonly FlightMemory _memory;
    private readonly WallClock _clock;
    private readonly ILogger _logger;
    private readonly Dictionary<string, PodSamples> _pods = new(StringComparer.Ordinal);
    private readonly Dictionary<SeriesGroup, GroupSamples> _groups = [];
    private readonly ManualResetEventSlim _closing = new(false, spinCount: 0);
    private readonly Thread _thread;
    private long _version = -1, _secondMs = long.MinValue / 2;
    private bool _hasFailed;

    /// <param name="options">What is sent.</param>
    /// <param name="document">What there is.</param>
    /// <param name="followAlarms">Brings the series of alarms up to date.</param>
    /// <param name="queue">Where samples go.</param>
    /// <param name="statistics">Counts.</param>
    /// <param name="memory">Recorders.</param>
    /// <param name="clock">What time it is.</param>
    /// <param name="logger">For faults.</param>
    public SampleCollector(SampleOptions options, ExpositionDocument document, Action followAlarms, SampleQueue queue, SampleStatistics statistics, FlightMemory memory, CollectorClock clock, ILogger logger)
    {
        (_options, _document, _followAlarms, _queue, _statistics, _memory, _logger) = (options, document, followAlarms, queue, statistics, memory, logger);
        _clock = new WallClock(clock);
        _thread = new Thread(Run) { Name = "samples", IsBackground = true };
    }

    public void Start() => _thread.Start();

    /// <summary>Decides on all that the recorders still hold; the LMAPs must have stopped.</summary>
    public void Dispose()
    {
        _closing.Set();
        if (_thread.IsAlive)
            _thread.Join();
        foreach (var pod in _pods.Values)
            pod.Finish();
        _closing.Dispose();
    }

    /// <summary>One look at everything. For the thread, or a test that has none.</summary>
    internal void Pass()
    {
        _clock.Follow();
        var now = _clock.NowMs;
        var isNewSecond = now - _secondMs >= SecondMs;
        if (isNewSecond)
        {
            _secondMs = now;
            _followAlarms();
        }
        if (_document.Version is var version && version != _version)
        {
            Discover(now);
            _version = version;
            _memory.Fit(_pods.Values);
        }
        else if (isNewSecond)
        {
            _memory.Fit(_pods.Values);
        }
        foreach (var pod in _pods.Values)
            pod.Scan();
        foreach (var group in _groups.Values)
            group.Look(now);
        if (isNewSecond)
            Forget(now);
    }

    private void Run()
    {
        while (!_closing.Wait(_options.Period))
        {
            try
            {
                Pass();
                _hasFailed = false;
            }
#pragma warning disable CA1031 // A fault in choosing samples costs samples and nothing else.
            catch (Exception error)
#pragma warning restore CA1031
            {
                if (!_hasFailed)
                    _logger.LogError("Samples could not be chosen: {Error}; it is tried again", error.Message);
                _hasFailed = true;
            }
        }
    }

    private void Discover(long now)
    {
        var groups = _document.Groups;
        var present = groups.ToHashSet();
        foreach (var (group, samples) in _groups.Where(entry => !present.Contains(entry.Key)).ToArray())
        {
            _groups.Remove(group);
            // Where a pod's groups are only exchanged, what they have in common goes on.
            if (Array.Find(groups, other => !_groups.ContainsKey(other) && StandsInFor(other.Source, group.Source)) is { } successor)
                _groups.Add(successor, samples);
            else
                samples.Leave();
        }
        var scores = new Dictionary<MonitoredPod, SeriesGroup>();
        foreach (var group in groups)
            if (group.Source is PodScoreRow score)
                scores[score.Freshness.Pod] = group;
        foreach (var group in groups)
        {
            if (group.Source is PodMetricsRow metrics)
                Show(metrics.Freshness, group, scores.GetValueOrDefault(metrics.Freshness.Pod), now);
            else if (group.Source is not PodScoreRow)
                Show(group);
        }
    }

    private void Show(PodFreshness freshness, SeriesGroup metrics, SeriesGroup? score, long now)
    {
        var pod = PodOf(freshness.Pod.Pod);
        pod.Show(freshness, metrics, score);
        pod.SeenMs = now;
    }

    private void Show(SeriesGroup group)
    {
        if (!_groups.TryGetValue(group, out var samples))
        {
            var pod = group.Source is IPodRow row ? PodOf(row.Freshness.Pod.Pod) : null;
            _groups.Add(group, samples = new(pod, (long)_options.Baseline.TotalMilliseconds, _clock, _queue, _statistics));
        }
        samples.Show(group);
    }

    private static bool StandsInFor(IRowSource source, IRowSource former) =>
        source.GetType() == former.GetType() && source is IPodRow row && former is IPodRow before && row.Freshness.Pod.Pod == before.Freshness.Pod.Pod;

    private PodSamples PodOf(string pod)
    {
        if (!_pods.TryGetValue(pod, out var samples))
            _pods.Add(pod, samples = new(pod, _options, _clock, _queue, _statistics) { SeenMs = _clock.NowMs });
        return samples;
    }

    /// <summary>Pods whose series have been gone for a while have left.</summary>
    private void Forget(long now)
    {
        var present = _document.Groups.Select(group => group.Source).OfType<PodMetricsRow>().Select(row => row.Freshness.Pod.Pod).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, pod) in _pods.ToArray())
        {
            if (present.Contains(name))
                pod.SeenMs = now;
            if (now - pod.SeenMs < AbsenceMs)
                continue;
            pod.Leave();
            _pods.Remove(name);
        }
    }
}
