using MicroView.Analysis;

namespace MicroView.Collector;

/// <summary>How pages are read.</summary>
public enum TransportKind
{
    /// <summary>A recording when one is named; else shared memory when the agent is on this machine, else verbs.</summary>
    Auto,

    /// <summary>Shared memory of this machine.</summary>
    SharedMemory,

    /// <summary>One-sided RDMA READs.</summary>
    Verbs,

    /// <summary>A recorded run.</summary>
    Recording,
}

/// <summary>Settings of a collector.</summary>
public sealed record CollectorOptions
{
    /// <summary>Path of the agent's socket; null: that of <see cref="ControlPlane"/>, else the usual places. Not for verbs.</summary>
    public string? SocketPath { get; init; }

    /// <summary>HOST:PORT of the agent's control plane, or a socket's path; null: this machine's agent.</summary>
    public string? ControlPlane { get; init; }

    /// <summary>PEM file of the authorities that the agent's certificate is judged by, for https://HOST:PORT; null: the machine's.</summary>
    public string? ControlPlaneAuthorities { get; init; }

    /// <summary>How pages are read.</summary>
    public TransportKind Transport { get; init; }

    /// <summary>An RDMA device; naming one chooses verbs under <see cref="TransportKind.Auto"/>.</summary>
    public string? Device { get; init; }

    /// <summary>Index in the port's GID table; null: that of the address which leads to the agent.</summary>
    public int? GidIndex { get; init; }

    /// <summary>Port of the RDMA device, from 1.</summary>
    public int DevicePort { get; init; } = 1;

    /// <summary>From one scrape to the next; zero: back to back.</summary>
    public TimeSpan ScrapeInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How often a pod's row is classified, at most; zero: every fresh row; null: 100 ms, or in a replay as it was recorded.</summary>
    public TimeSpan? Tick { get; init; }

    /// <summary>LMAPs, each one thread.</summary>
    public int Lmaps { get; init; } = 1;

    /// <summary>Model, normalisation, learning time and alarms.</summary>
    public AnalyzerOptions Analysis { get; init; } = new();

    /// <summary>The trained networks of model VAE, which judges no pod without one.</summary>
    public VaeModels? Models { get; init; }

    /// <summary>Whether a new pod starts from what the pods of its service have learnt.</summary>
    public bool WarmStart { get; init; } = true;

    /// <summary>Cores that LMAPs are bound to, in turn; none: not bound.</summary>
    public IReadOnlyList<int> Cores { get; init; } = [];

    /// <summary>Spins up to a scrape's deadline instead of sleeping; null: when bound to cores.</summary>
    public bool? Spin { get; init; }

    /// <summary>Where the endpoint listens, and who is let in.</summary>
    public AccessOptions Access { get; init; } = new();

    /// <summary>Its port; 0: any free one; null: no endpoint.</summary>
    public int? PrometheusPort { get; init; } = 8000;

    /// <summary>Folder that statistics are written into at the end; null: none.</summary>
    public string? StatisticsFolder { get; init; }

    /// <summary>Stretch of one row of statistics, and of one log line; whole seconds.</summary>
    public TimeSpan StatisticsPeriod { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The session's name: a collector that comes back under the same one replaces its earlier session.</summary>
    public string Name { get; init; } = $"collector-{Environment.MachineName}-{Environment.ProcessId}";

    /// <summary>A token, where the agent asks for one.</summary>
    public string? Token { get; init; }

    /// <summary>Trace sampling rate that every pod's control word is to hold, 0…1; null: none is written.</summary>
    public double? TraceRate { get; init; }

    /// <summary>What is done with alarms.</summary>
    public ActionOptions Actions { get; init; } = new();

    /// <summary>Logs the values read, throttled.</summary>
    public bool Debug { get; init; }

    /// <summary>How long the start waits for an agent; infinite: it does not, and the collector goes on trying.</summary>
    public TimeSpan AgentWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>File that the run is recorded into; null: it is not. It must not exist yet.</summary>
    public string? RecordInto { get; init; }

    /// <summary>A recording that is replayed instead of asking an agent: it decides how often pages are read, and by how many LMAPs.</summary>
    public string? Recording { get; init; }

    /// <summary>Pace of a replay: 1 as recorded, 0 as fast as possible.</summary>
    public double ReplaySpeed { get; init; }

    /// <summary>File that each decision is written into, as CSV; null: none.</summary>
    public string? DecisionsFile { get; init; }

    /// <summary>Folder that a replay writes the rows into that detectors are given, a CSV file per pod; null: none.</summary>
    public string? RowsFolder { get; init; }

    /// <summary>Remote write, and which samples it sends; null: none.</summary>
    public SampleOptions? Samples { get; init; }

    /// <summary>True when a recording is replayed.</summary>
    public bool IsReplay => Transport == TransportKind.Recording || (Transport == TransportKind.Auto && Recording is not null);

    /// <summary>True when pages are read by RDMA, and the control plane is asked over HTTP.</summary>
    public bool IsVerbs => Transport == TransportKind.Verbs
        || (Transport == TransportKind.Auto && !IsReplay && (Device is not null || AgentPlaces.IsElsewhere(ControlPlane)));

    /// <summary>Checks ranges, and what goes together.</summary>
    /// <exception cref="ArgumentException">There are <see cref="Problems"/>; one line has all of them.</exception>
    public void Validate() => Check().ThrowIfAny();

    /// <summary>Everything that is wrong with the settings, a line each; files that they name are looked at, ports are not.</summary>
    public IReadOnlyList<string> Problems() => Check().Lines;

    private OptionProblems Check()
    {
        var problems = new OptionProblems();
        CheckReading(problems);
        CheckPlaces(problems);
        CheckReplay(problems);
        Actions.Check(problems);
        Samples?.Check(problems);
        problems.Add(Access.Problems(PrometheusPort, ("--jaeger-listen", Actions.Jaeger), ("--keda-listen", Actions.Keda)));
        problems.Add(AccessGate.FileProblems(Access));
        return problems;
    }

    private void CheckReading(OptionProblems problems)
    {
        problems.Try(Analysis.Validate);
        var isVae = Analysis.Detector.Model.Equals("VAE", StringComparison.OrdinalIgnoreCase);
        problems.Require(!isVae || Models is not null || Analysis.Detector.Vae is not null, "model VAE needs a trained network, and was given none");
        problems.Require(isVae || Models is null, $"a trained network is for model VAE, not for {Analysis.Detector.Model}");
        problems.Require(
            ScrapeInterval >= TimeSpan.Zero && ScrapeInterval <= TimeSpan.FromDays(1),
            $"the scrape interval must be 0 to 86400 s, not {ScrapeInterval.TotalSeconds} s");
        problems.Require(Tick is null || (Tick >= TimeSpan.Zero && Tick <= TimeSpan.FromDays(1)), $"the tick must be 0 to 86400 s, not {Tick?.TotalSeconds} s");
        problems.Require(Lmaps is >= 1 and <= 256, $"there must be 1 to 256 LMAPs, not {Lmaps}");
        problems.Require(Cores.All(core => core is >= 0 and < 1024), $"cores are numbered 0 to 1023, not {string.Join(",", Cores)}");
        problems.Require(PrometheusPort is null or (>= 0 and <= 65535), $"the Prometheus port must be 0 to 65535, not {PrometheusPort}");
        problems.Require(!string.IsNullOrWhiteSpace(Name), "the collector's name is empty");
        problems.Require(DevicePort is >= 1 and <= 255, $"the ports of an RDMA device are 1 to 255, not {DevicePort}");
        problems.Require(GidIndex is null or (>= 0 and <= 255), $"the GID index must be 0 to 255, not {GidIndex}");
        problems.Require(TraceRate is null or (>= 0 and <= 1), $"the trace rate must be 0 to 1, not {TraceRate}");
        problems.Require(TraceRate is null || !Actions.WritesTraceRates, "--trace-rate writes one rate into every pod, and --trace-sampling one per application: give one of the two");
        problems.Require(ReplaySpeed is >= 0 and <= 1e6, $"the replay speed must be 0 to 1e6, not {ReplaySpeed}");
    }

    private void CheckPlaces(OptionProblems problems)
    {
        if (ControlPlaneAuthorities is { } authorities)
        {
            problems.Require(ControlPlane?.StartsWith("https://", StringComparison.OrdinalIgnoreCase) == true, "--control-plane-ca is for --control-plane https://HOST:PORT");
            problems.Try(() => _ = Protocol.ServerCertificate.ReadAuthorities(authorities));
        }
        problems.Require(AgentPlaces.IsPath(ControlPlane) || AgentPlaces.TryParse(ControlPlane, out _), $"the control plane must be HOST:PORT, such as 10.9.0.1:5000, not '{ControlPlane}'");
        problems.Require(!IsVerbs || !AgentPlaces.IsPath(ControlPlane), $"verbs needs the control plane's HOST:PORT, and {ControlPlane} is a socket; pages of an agent on this machine are read with --transport shm");
        problems.Require(IsVerbs || IsReplay || !AgentPlaces.IsElsewhere(ControlPlane), $"the control plane {ControlPlane} is on another machine, whose memory --transport shm cannot read");
    }

    private void CheckReplay(OptionProblems problems)
    {
        if (!IsReplay)
        {
            problems.Require(Recording is null, "a recording is replayed by --transport recording, or by auto, and by no other");
            problems.Require(RowsFolder is null, "--rows takes the rows of a recording: record the run with --record, then replay it with --recording");
            return;
        }
        problems.Require(!string.IsNullOrEmpty(Recording), "--transport recording needs the recording: --recording FILE");
        problems.Require(RecordInto is null, "a replay is not recorded: leave out --record or --recording");
        problems.Require(ControlPlane is null && SocketPath is null && Device is null && GidIndex is null, "a replay asks no agent and no device: leave out --control-plane, --socket, --dev and --gid");
        problems.Require(Actions.LiveOnly is null, $"{Actions.LiveOnly} acts on live pods, and a replay has none: leave it out");
        problems.Require(Samples is null, "a replay is of another time, and its samples go nowhere: leave out --remote-write");
        problems.Require(TraceRate is null, "a replay writes no control words: leave out --trace-rate");
    }
}
