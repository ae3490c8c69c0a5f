using MicroView.Protocol;

namespace MicroView.Client;

/// <summary>
/// This process as a pod: its metrics' memory, and the session that keeps it attached to the machine's agent. Metrics are written to
/// memory from the first update, whether or not an agent exists, and are never reset by an agent's restart. Thread-safe; no member
/// throws into the caller but where said.
/// </summary>
public sealed class MicroViewClient : IDisposable
{
    /// <summary>The variable that makes <see cref="Default"/> tell its problems on standard error.</summary>
    private const string LogVariable = "MICROVIEW_LOG";

    private static readonly Lazy<MicroViewClient> Shared = new(() =>
        new(new() { Log = PodIdentity.Variable(LogVariable) is null ? null : Console.Error.WriteLine }));

    private readonly SlotSpace _slots;
    private readonly ControlCell _control; // at hand: a sampler reads it at each root span
    private readonly MetricRegistry _registry;
    private readonly ProblemLog _problems;
    private readonly AgentSession? _session;

    /// <summary>Creates the memory and starts to look for an agent.</summary>
    public MicroViewClient(MicroViewClientOptions? options = null)
    {
        options ??= new();
        _problems = new(options.Log);
        Pod = PodIdentity.Pod(options.Pod);
        Service = PodIdentity.Service(options.Service);
        _slots = new($"microview:{Pod}", options.ValidCapacity(), options.ValidStripes());
        _control = _slots.First.ControlCell;
        _registry = new(_slots, () => _session?.Wake(), _problems);
        var labels = options.ValidLabels(out var problem);
        if (problem is not null)
            _problems.TellOnce($"the pod's labels are left out: {problem}");
        if (_slots.Problem is not null)
            _problems.TellOnce($"metrics stay in this process, where no agent can read them: {_slots.Problem}");
        else if (options.Attach)
            _session = StartSession(options, labels);
    }

    /// <summary>The process's own client, created at its first use, with everything from the environment. MICROVIEW_LOG=1: problems go to standard error.</summary>
    public static MicroViewClient Default => Shared.Value;

    /// <summary>The pod id that is asked for; the agent may grant another (<see cref="AttachedPod"/>).</summary>
    public string Pod { get; }

    /// <summary>The service that the pod is an instance of.</summary>
    public string? Service { get; }

    /// <summary>The pod's id at the agent, such as "pod#2" when another instance holds "pod"; null while no agent has it.</summary>
    public string? AttachedPod => _session?.GrantedPod;

    /// <summary>True while an agent has the pod.</summary>
    public bool IsAttached => AttachedPod is not null;

    /// <summary>Trace sampling probability, 0 to 1, as the agent or a collector set it; 0 before. One load.</summary>
    public double SamplingRate => _control.Value.Rate;

    /// <summary>
    /// <see cref="SamplingRate"/> where it is in force: false while no agent has the pod, since what stood in the word before says nothing any more. Loads alone: no
    /// lock, no allocation, no call into the system.
    /// </summary>
    /// <param name="rate">Probability, 0 to 1.</param>
    public bool TryGetSamplingRate(out double rate)
    {
        rate = _control.Value.Rate;
        return _session?.GrantedPod is not null;
    }

    /// <summary>How often a metric was asked for that is shown to nobody, because it broke a rule or found no room.</summary>
    public long InertMetrics => _problems.InertMetrics;

    /// <summary>Slots that an agent rejected.</summary>
    public long RejectedSlots => _problems.RejectedSlots;

    /// <summary>Starts <see cref="Default"/> and bridges every System.Diagnostics.Metrics instrument of the process into it: the one line.</summary>
    public static MicroViewClient Start()
    {
        _ = MeterBridge.Start();
        return Default;
    }

    /// <summary>The counter of this name and these labels, for any number of threads.</summary>
    public Counter Counter(string name, params ReadOnlySpan<(string Name, string Value)> labels) => Counter(name, null, labels);

    /// <summary>The counter of this name and these labels, for any number of threads.</summary>
    public Counter Counter(string name, MetricInfo? info, params ReadOnlySpan<(string Name, string Value)> labels) =>
        _registry.GetOrAdd(MetricIdentity.Create(name, MetricType.Counter, info, labels), static identity => new Counter(identity));

    /// <summary>The counter of this name and these labels, for one thread at a time.</summary>
    public SingleWriterCounter SingleWriterCounter(string name, params ReadOnlySpan<(string Name, string Value)> labels) =>
        SingleWriterCounter(name, null, labels);

    /// <summary>The counter of this name and these labels, for one thread at a time.</summary>
    public SingleWriterCounter SingleWriterCounter(string name, MetricInfo? info, params ReadOnlySpan<(string Name, string Value)> labels) =>
        _registry.GetOrAdd(MetricIdentity.Create(name, MetricType.Counter, info, labels), static identity => new SingleWriterCounter(identity));

    /// <summary>The gauge of this name and these labels.</summary>
    public Gauge Gauge(string name, params ReadOnlySpan<(string Name, string Value)> labels) => Gauge(name, null, labels);

    /// <summary>The gauge of this name and these labels.</summary>
    public Gauge Gauge(string name, MetricInfo? info, params ReadOnlySpan<(string Name, string Value)> labels) =>
        _registry.GetOrAdd(MetricIdentity.Create(name, MetricType.Gauge, info, labels), static identity => new Gauge(identity));

    /// <summary>The histogram of this name and these labels, with the default bounds.</summary>
    public Histogram Histogram(string name, params ReadOnlySpan<(string Name, string Value)> labels) => Histogram(name, null, labels);

    /// <summary>The histogram of this name and these labels; <see cref="MetricInfo.Bounds"/> are those of the first call.</summary>
    public Histogram Histogram(string name, MetricInfo? info, params ReadOnlySpan<(string Name, string Value)> labels) =>
        _registry.GetOrAdd(MetricIdentity.Create(name, MetricType.Histogram, info, labels), static identity => new Histogram(identity));

    /// <summary>Counters and gauges that one thread writes together, by their index. A name that other rows have is the same metric there.</summary>
    public MetricRow Row(params ReadOnlySpan<RowMetric> metrics)
    {
        var cells = new RowCell[metrics.Length];
        for (var i = 0; i < cells.Length; i++)
            cells[i] = _registry.GetOrAdd(metrics[i]?.Identity ?? MetricIdentity.Create(null, MetricType.Gauge, null, []), static identity => new RowCell(identity));
        return new(cells);
    }

    /// <summary>Counters of one name, by the values of these labels.</summary>
    public MetricFamily<Counter> Counters(string name, MetricInfo? info = null, params string[] labels) =>
        new(labels, values => Counter(name, info, values));

    /// <summary>Gauges of one name, by the values of these labels.</summary>
    public MetricFamily<Gauge> Gauges(string name, MetricInfo? info = null, params string[] labels) =>
        new(labels, values => Gauge(name, info, values));

    /// <summary>Histograms of one name, by the values of these labels.</summary>
    public MetricFamily<Histogram> Histograms(string name, MetricInfo? info = null, params string[] labels) =>
        new(labels, values => Histogram(name, info, values));

    /// <summary>Detaches, waiting at most a second. Metrics may be used from then on; their values go nowhere.</summary>
    public void Dispose()
    {
        _session?.Dispose();
        _slots.Close();
    }

    /// <summary>A counter whose value is set as a whole: what an observable counter of System.Diagnostics.Metrics reports.</summary>
    internal Gauge Total(string name, MetricInfo? info, ReadOnlySpan<(string Name, string Value)> labels) =>
        _registry.GetOrAdd(MetricIdentity.Create(name, MetricType.Counter, info, labels), static identity => new Gauge(identity));

    internal void Tell(string problem) => _problems.TellOnce(problem);

    internal SlotSpace Slots => _slots;

    private AgentSession? StartSession(MicroViewClientOptions options, SortedDictionary<string, string>? labels)
    {
        try
        {
            var identity = new SessionIdentity(Pod, Service, PodIdentity.Container(options.Container), labels, options.Token ?? PodIdentity.Variable("MICROVIEW_TOKEN"));
            var places = options.SocketPath is { Length: > 0 } path ? [path] : AgentAddress.Candidates();
            return new(_slots, identity, places, options.RetryMs, _problems);
        }
        catch (SystemCallException error)
        {
            _problems.TellOnce($"no agent is looked for: {error.Message}");
            return null;
        }
    }
}
