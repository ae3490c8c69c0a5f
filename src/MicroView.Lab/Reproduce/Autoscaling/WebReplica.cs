using System.Globalization;

namespace MicroView.Lab;

/// <summary>
/// A replica: one process of PHP's own web server, which works on one request at a time, in a cgroup that holds its CPU. A replica that its node refused has no process. Used by the cluster's thread; what
/// <see cref="ReplicaState"/> says of it is for the controller.
/// </summary>
internal sealed class WebReplica
{
    private CpuReading? _lastCpu;

    public required string Name { get; init; }

    public required double Request { get; init; }

    /// <summary>When its node took it, or refused it.</summary>
    public required TimeSpan Started { get; init; }

    public GroupProcess? Process { get; init; }

    public ReplicaCgroup? Cgroup { get; init; }

    /// <summary>Where it answers; null without a process.</summary>
    public Uri? Address { get; init; }

    public PodPhase Phase { get; set; } = PodPhase.Pending;

    public bool IsReady { get; private set; }

    public TimeSpan ReadyChanged { get; private set; }

    /// <summary>When it was told to go.</summary>
    public TimeSpan? Leaving { get; set; }

    /// <summary>What its metrics server knows.</summary>
    public CpuSample? Cpu { get; private set; }

    /// <summary>What its counters last said; of one that is gone the last words.</summary>
    public ReplicaCounters Counters { get; private set; }

    /// <summary>Whether it is one of those that the workload is to have: not failed, not told to go.</summary>
    public bool IsActive => Phase is PodPhase.Pending or PodPhase.Running && Leaving is null;

    /// <summary>Whether it takes requests.</summary>
    public bool Serves => Phase == PodPhase.Running && IsReady && Leaving is null;

    /// <summary>As the controller sees it.</summary>
    public ReplicaState State => new()
    {
        Name = Name, Phase = Phase, IsLeaving = Leaving is not null, IsReady = IsReady, Started = Started, ReadyChanged = ReadyChanged, Request = Request, Cpu = Cpu,
    };

    /// <summary>Its readiness probe had an answer, or none.</summary>
    public void Probe(bool answered, TimeSpan now)
    {
        if (answered)
            Phase = PodPhase.Running;
        if (answered == IsReady)
            return;
        (IsReady, ReadyChanged) = (answered, now);
    }

    /// <summary>The metrics server comes by: CPU since it last came, in cores as the cluster has them.</summary>
    public void MeasureCpu(TimeSpan now, ClusterClock clock, double coreScale)
    {
        if (Process is null || Phase != PodPhase.Running)
            return;
        var reading = new CpuReading(now, Counters.CpuSeconds);
        if (_lastCpu is { } last && now > last.At)
            Cpu = new CpuSample((reading.Seconds - last.Seconds) / (clock.Real(now - last.At).TotalSeconds * coreScale), now, now - last.At);
        _lastCpu = reading;
    }

    /// <summary>Reads its counters anew; they stay where they are once it is gone.</summary>
    public void Look()
    {
        if (Process is { HasExited: false } process)
            Counters = ReplicaCounters.Read(process.Id, Cgroup) ?? Counters;
    }

    private readonly record struct CpuReading(TimeSpan At, double Seconds);
}

/// <summary>What the kernel counts of a replica's process and cgroup.</summary>
internal readonly record struct ReplicaCounters
{
    public double CpuSeconds { get; init; }

    public double UserSeconds { get; init; }

    public double Periods { get; init; }

    public double ThrottledPeriods { get; init; }

    public double ThrottledSeconds { get; init; }

    public double MinorFaults { get; init; }

    public double MajorFaults { get; init; }

    public double VoluntarySwitches { get; init; }

    public double InvoluntarySwitches { get; init; }

    public double ReadBytes { get; init; }

    public double WrittenBytes { get; init; }

    public double Reads { get; init; }

    public double Writes { get; init; }

    /// <summary>Gauge, bytes.</summary>
    public double Resident { get; init; }

    /// <summary>Gauge, bytes.</summary>
    public double Virtual { get; init; }

    /// <summary>Gauge.</summary>
    public double Threads { get; init; }

    /// <summary>Gauge.</summary>
    public double Descriptors { get; init; }

    /// <summary>Reads them; null when the process is gone.</summary>
    public static ReplicaCounters? Read(int process, ReplicaCgroup? cgroup)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{process}/stat");
            var stat = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            var status = Table($"/proc/{process}/status");
            var io = File.Exists($"/proc/{process}/io") ? Table($"/proc/{process}/io") : [];
            var cpu = CpuTime.Of(process) ?? default;
            var periods = cgroup?.Periods ?? default;
            return new ReplicaCounters
            {
                CpuSeconds = cgroup?.CpuSeconds ?? cpu.Total, UserSeconds = cgroup?.UserSeconds ?? cpu.User,
                Periods = periods.All, ThrottledPeriods = periods.Throttled, ThrottledSeconds = cgroup?.ThrottledSeconds ?? 0,
                MinorFaults = Number(stat[7]), MajorFaults = Number(stat[9]),
                VoluntarySwitches = status.GetValueOrDefault("voluntary_ctxt_switches"), InvoluntarySwitches = status.GetValueOrDefault("nonvoluntary_ctxt_switches"),
                ReadBytes = io.GetValueOrDefault("rchar"), WrittenBytes = io.GetValueOrDefault("wchar"), Reads = io.GetValueOrDefault("syscr"), Writes = io.GetValueOrDefault("syscw"),
                Resident = 1024 * status.GetValueOrDefault("VmRSS"), Virtual = 1024 * status.GetValueOrDefault("VmSize"), Threads = status.GetValueOrDefault("Threads"),
                Descriptors = Directory.EnumerateFileSystemEntries($"/proc/{process}/fd").Count(),
            };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Lines "name: number …".</summary>
    private static Dictionary<string, double> Table(string file)
    {
        var table = new Dictionary<string, double>();
        foreach (var line in File.ReadLines(file))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && double.TryParse(line.AsSpan(colon + 1).Trim().ToString().Split(' ')[0], NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
                table[line[..colon]] = number;
        }
        return table;
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
