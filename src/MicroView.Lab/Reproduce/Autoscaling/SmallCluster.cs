using System.Net.Sockets;

namespace MicroView.Lab;

/// <summary>What the one node and the one workload of a <see cref="SmallCluster"/> are.</summary>
internal sealed record ClusterOptions
{
    /// <summary>CPU that a replica requests, in cores as the cluster has them.</summary>
    public double RequestCores { get; init; } = 2;

    /// <summary>A core of the cluster in ours: what a replica gets is held to RequestCores × this.</summary>
    public double CoreScale { get; init; } = 0.1;

    /// <summary>Pods that the node takes.</summary>
    public int NodePods { get; init; } = 6;

    /// <summary>Pods on the node that are not the workload's.</summary>
    public int OtherPods { get; init; } = 2;

    /// <summary>After a replica that its node refused the next one is tried so much later.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>From one readiness probe of a replica to the next.</summary>
    public TimeSpan ProbePeriod { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>
/// A node and a workload on it: starts and ends processes until there are as many replicas as it is told, refuses those for which the node has no place, as a kubelet does (phase Failed, reason OutOfpods), and
/// tries others in their stead, as a replica set does. Driven by one thread; <see cref="Ready"/> is for all.
/// </summary>
internal sealed class SmallCluster(ClusterOptions options, ClusterClock clock, StepContext context, string page)
{
    private readonly List<WebReplica> _replicas = [];
    private readonly Dictionary<string, TimeSpan> _probed = [];
    private readonly string _group = $"mvlab-{Guid.NewGuid().ToString("N")[..8]}";
    private IReadOnlyList<Uri> _ready = [];
    private CgroupTree? _cgroups;
    private string? _problem;
    private TimeSpan _notBefore;
    private int _number;

    /// <summary>Replicas that there are to be (`spec.replicas`).</summary>
    public int Replicas { get; set; } = 1;

    /// <summary>All replicas that ever were, but for those that went in order, whose counters are in <see cref="Departed"/>.</summary>
    public IReadOnlyList<WebReplica> All => _replicas;

    /// <summary>Replicas that are gone, for their counters.</summary>
    public List<WebReplica> Departed { get; } = [];

    /// <summary>Addresses that take requests. Any thread.</summary>
    public IReadOnlyList<Uri> Ready => Volatile.Read(ref _ready);

    /// <summary>Whether replicas are held by cgroups.</summary>
    public bool IsHeld { get; private set; } = true;

    /// <summary>As the controller sees them.</summary>
    public IReadOnlyList<ReplicaState> States => [.. _replicas.Select(replica => replica.State)];

    /// <summary>Does what is to be done now: call it often.</summary>
    public async Task ReconcileAsync(CancellationToken stop)
    {
        var now = clock.Now;
        foreach (var gone in _replicas.Where(replica => replica is { Process.HasExited: true }).ToArray())
        {
            if (gone.Leaving is null)
                throw gone.Process!.Failure($"a replica ended by itself with {gone.Process.Code}");
            _replicas.Remove(gone);
            Departed.Add(gone);
        }
        var active = _replicas.Where(replica => replica.IsActive).ToArray();
        foreach (var surplus in active.Reverse().Take(active.Length - Replicas))
        {
            surplus.Leaving = now;
            surplus.Process?.Look();
            surplus.Process?.Signal("TERM");
        }
        for (var missing = Replicas - active.Length; missing > 0 && now >= _notBefore; missing--)
            _replicas.Add(Place(now));
        await ProbeAsync(now, stop);
        Volatile.Write(ref _ready, [.. _replicas.Where(replica => replica.Serves).Select(replica => replica.Address!)]);
    }

    /// <summary>The metrics server's round.</summary>
    public void MeasureCpu()
    {
        foreach (var replica in _replicas)
        {
            replica.Look();
            replica.MeasureCpu(clock.Now, clock, options.CoreScale);
        }
    }

    /// <summary>Reads every replica's counters.</summary>
    public void Look()
    {
        foreach (var replica in _replicas)
            replica.Look();
    }

    private WebReplica Place(TimeSpan now)
    {
        var name = $"php-apache-{++_number}";
        // Failed pods hold no place; those that are going do until they are gone.
        if (options.OtherPods + _replicas.Count(replica => replica.Process is not null) >= options.NodePods)
        {
            _notBefore = now + options.RetryAfter;
            return new WebReplica { Name = name, Request = options.RequestCores, Started = now, Phase = PodPhase.Failed };
        }
        var cgroup = MakeCgroup(name);
        var address = new Uri($"http://127.0.0.1:{FreePort.Take()}/");
        var serve = $"exec '{Programs.Require("php", WebPage.Package)}' -n -S {address.Authority} -t '{Path.GetDirectoryName(page)}' '{page}' > /dev/null 2>&1";
        var process = context.Processes.Start(new ProcessPlan(name, CpuRole.Application, "/bin/sh", "-c", cgroup is null ? serve : $"{cgroup.JoinCommand} && {serve}"));
        return new WebReplica { Name = name, Request = options.RequestCores, Started = now, Process = process, Cgroup = cgroup, Address = address };
    }

    private ReplicaCgroup? MakeCgroup(string name)
    {
        if (!IsHeld)
            return null;
        _cgroups ??= CgroupTree.TryCreate(context.Left, _group, out _problem);
        if (_cgroups is not null && ReplicaCgroup.TryMake(_cgroups, name, options.RequestCores * options.CoreScale, out _problem) is { } cgroup)
            return cgroup;
        IsHeld = false;
        context.Note($"No cgroup can be made here ({_problem}): a replica is one process that no limit holds, and throttling is not seen.");
        return null;
    }

    private async Task ProbeAsync(TimeSpan now, CancellationToken stop)
    {
        // A web server that is busy answers no probe in time, and stays in service: what is asked is whether it listens.
        foreach (var replica in _replicas.Where(replica => replica is { Address: not null, Leaving: null, IsReady: false }))
        {
            if (_probed.TryGetValue(replica.Name, out var last) && now - last < options.ProbePeriod)
                continue;
            _probed[replica.Name] = now;
            replica.Probe(await ListensAsync(replica.Address!, stop), now);
        }
    }

    private static async Task<bool> ListensAsync(Uri address, CancellationToken stop)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(address.Host, address.Port, stop);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
