using System.Threading;
using Microsoft.Extensions.Logging;
using MicroView.Analysis;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>
/// Looks at the pods by application, whenever an alarm changes and each second while somebody is told or a rate is raised, decides the rates of trace sampling, and tells whoever acts. It goes by what is
/// open now and not by events, so that none is missed. Thread-safe.
/// </summary>
internal sealed class ApplicationWatch : IDisposable
{
    /// <summary>How long an alarm counts whose pod can no longer be read: an agent is back sooner, or it is not known any more.</summary>
    private static readonly long BlindNs = TimeSpan.FromSeconds(30).Ticks * 100;

    private const long RecentNs = 100_000_000;
    private const long QuietNs = 1_000_000_000;
    private const long UnheardNs = 30_000_000_000; // who asks has it looked anew

    private readonly IReadOnlyList<LmapRunner> _runners;
    private readonly CollectorClock _clock;
    private readonly ILogger _logger;
    private readonly long _busyNs;
    private readonly ApplicationMap _map;
    private readonly Lock _gate = new();
    private readonly TraceSamplingPolicy _policy;
    private readonly WakingThread _thread;
    private Dictionary<MonitoredPod, Known> _known = [];
    private volatile ApplicationsView _view;
    private long _lookedNs = long.MinValue / 2; // long ago, and still subtractable
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ApplicationWatch(IReadOnlyList<LmapRunner> runners, ActionOptions options, CollectorClock clock, ILogger logger)
    {
        (_runners, _clock, _logger) = (runners, clock, logger);
        // A pod that joins during an alarm is to have its rate at once; whoever else acts is woken by alarms.
        _busyNs = options.WritesTraceRates ? 100_000_000 : QuietNs;
        _thread = new WakingThread("applications", Turn, error => _logger.LogError("A look at the applications failed: {Error}", error.Message));
        _map = new(options.Applications);
        _policy = new(options.TraceRates);
        _view = new([], new Dictionary<string, PodSetState>(), _policy.Rates);
    }

    /// <summary>Each look, on the watch's own thread; a subscriber must not take long.</summary>
    public event Action<ApplicationsView>? Looked;

    /// <summary>As it was a moment ago at most: who asks in a loop costs no more than ten looks a second.</summary>
    public ApplicationsView View => _clock.NowNs - Volatile.Read(ref _lookedNs) < RecentNs ? _view : Look();

    /// <summary>Completes after the next look of the watch's own.</summary>
    public Task NextLook => Volatile.Read(ref _next).Task;

    /// <summary>Begins to look by itself.</summary>
    public void Start() => _thread.Start();

    /// <summary>An alarm has changed. Never waits.</summary>
    public void Wake() => _thread.Wake();

    /// <summary>Looks now.</summary>
    public ApplicationsView Look()
    {
        lock (_gate)
        {
            var pods = new List<WatchedPod>();
            var applications = new Dictionary<string, PodSetState>(StringComparer.Ordinal);
            var known = new Dictionary<MonitoredPod, Known>(_known.Count);
            foreach (var runner in _runners)
            {
                foreach (var pod in runner.Lmap.Pods)
                {
                    if (!_known.TryGetValue(pod, out var about) || !ReferenceEquals(about.Layout, pod.Layout))
                        about = Describe(pod, runner);
                    known[pod] = about;
                    var seen = Judge(pod, about);
                    pods.Add(seen);
                    foreach (var application in seen.Applications)
                        applications[application] = applications.GetValueOrDefault(application, PodSetState.Empty).With(seen);
                }
            }
            _known = known;
            _policy.Observe(applications.Where(entry => entry.Value.Alarms > 0).Select(entry => entry.Key), _clock.NowNs);
            _view = new(pods, applications, _policy.Rates);
            Volatile.Write(ref _lookedNs, _clock.NowNs);
            return _view;
        }
    }

    public void Dispose() => _thread.Dispose();

    private Known Describe(MonitoredPod pod, LmapRunner runner)
    {
        var layout = pod.Layout;
        var names = new PodNames(layout.Pod, ReplicaNames.ServiceOf(layout), layout.Labels);
        return new(layout, new PodFreshness(pod, runner.Lmap.Statistics, runner.SilenceLimitNs, _clock), names, _map.Of(names));
    }

    private WatchedPod Judge(MonitoredPod pod, Known about)
    {
        var fresh = about.Freshness.IsFresh;
        var alarm = pod.AlarmOpen && (fresh || _clock.NowNs - pod.FreshTimeNs <= BlindNs);
        var ratio = fresh && pod.State == PodState.Watching ? pod.Score / pod.Threshold : double.NaN;
        return new(pod, about.Names, about.Applications, alarm, double.IsFinite(ratio) ? ratio : double.NaN);
    }

    private long Turn(long nowNs)
    {
        var view = Look();
        TellAll(view);
        Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        return nowNs + (view.Rates.IsRaised ? _busyNs : Looked is null ? UnheardNs : QuietNs);
    }

    private void TellAll(ApplicationsView view)
    {
        foreach (var subscriber in Looked?.GetInvocationList() ?? [])
        {
            try
            {
                ((Action<ApplicationsView>)subscriber)(view);
            }
#pragma warning disable CA1031 // One action's fault is not the others'.
            catch (Exception error)
#pragma warning restore CA1031
            {
                _logger.LogError("An action failed: {Error}", error.Message);
            }
        }
    }

    /// <summary>What holds of a pod as long as its layout does.</summary>
    private sealed record Known(PodLayout Layout, PodFreshness Freshness, PodNames Names, string[] Applications);
}
