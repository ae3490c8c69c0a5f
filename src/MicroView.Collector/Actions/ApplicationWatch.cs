using System.Threading;
using Microsoft.Extensions.Logging;
using MicroView.Analysis;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>
/// Looks at the pods by application, at least each second and whenever an alarm changes, decides the rates of trace sampling, and tells whoever acts. It goes by what is
/// open now and not by events, so that none is missed. Thread-safe.
/// </summary>
internal sealed class ApplicationWatch : IAsyncDisposable
{
    /// <summary>How long an alarm counts whose pod can no longer be read: an agent is back sooner, or it is not known any more.</summary>
    private static readonly long BlindNs = TimeSpan.FromSeconds(30).Ticks * 100;

    private const long RecentNs = 100_000_000;

    private readonly IReadOnlyList<LmapRunner> _runners;
    private readonly CollectorClock _clock;
    private readonly ILogger _logger;
    private readonly TimeSpan _period;
    private readonly ApplicationMap _map;
    private readonly Lock _gate = new();
    private readonly TraceSamplingPolicy _policy;
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private Dictionary<MonitoredPod, Known> _known = [];
    private volatile ApplicationsView _view;
    private long _lookedNs = long.MinValue / 2; // long ago, and still subtractable
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _loop = Task.CompletedTask;

    public ApplicationWatch(IReadOnlyList<LmapRunner> runners, ActionOptions options, CollectorClock clock, ILogger logger)
    {
        (_runners, _clock, _logger) = (runners, clock, logger);
        // A pod that joins during an alarm is to have its rate at once; whoever else acts is woken by alarms.
        _period = TimeSpan.FromMilliseconds(options.WritesTraceRates ? 100 : 1000);
        _map = new(options.Applications);
        _policy = new(options.TraceRates);
        _view = new([], new Dictionary<string, PodSetState>(), _policy.Rates);
    }

    /// <summary>Each look, on the watch's own task; a subscriber must not take long.</summary>
    public event Action<ApplicationsView>? Looked;

    /// <summary>As it was a moment ago at most: who asks in a loop costs no more than ten looks a second.</summary>
    public ApplicationsView View => _clock.NowNs - Volatile.Read(ref _lookedNs) < RecentNs ? _view : Look();

    /// <summary>Completes after the next look of the watch's own.</summary>
    public Task NextLook => Volatile.Read(ref _next).Task;

    /// <summary>Begins to look by itself.</summary>
    public void Start() => _loop = Task.Run(RunAsync);

    /// <summary>An alarm has changed. Never waits.</summary>
    public void Wake()
    {
        try
        {
            if (_wake.CurrentCount == 0)
                _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // Another one was quicker.
        }
    }

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

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _stop.Dispose();
    }

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

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                TellAll(Look());
                Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
                await _wake.WaitAsync(_period, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The collector stops.
        }
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
