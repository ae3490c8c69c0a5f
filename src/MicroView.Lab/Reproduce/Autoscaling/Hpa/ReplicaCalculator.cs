namespace MicroView.Lab;

/// <summary>What one metric asks for.</summary>
/// <param name="Replicas">Replicas.</param>
/// <param name="Ratio">The metric by its target, as it was first measured: without pods that miss it or are not ready.</param>
internal readonly record struct Proposal(int Replicas, double Ratio);

/// <summary>
/// How many replicas a metric asks for: ceil(replicas × metric ÷ target), and what becomes of pods that are failed, leaving, not ready or without a metric. Source:
/// "Horizontal Pod Autoscaling, Algorithm details" of Kubernetes' documents, in the order of its controller (pkg/controller/podautoscaler/replica_calculator.go). Pure.
/// </summary>
internal static class ReplicaCalculator
{
    /// <summary>By CPU utilisation. Null when no pod that counts has a metric: the controller then does nothing.</summary>
    public static Proposal? ByUtilization(int current, IReadOnlyList<ReplicaState> pods, HpaOptions options, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(pods);
        ArgumentNullException.ThrowIfNull(options);
        var groups = pods.ToLookup(pod => GroupOf(pod, options, now));
        ReplicaState[] ready = [.. groups[Group.Counts]], unready = [.. groups[Group.Unready]], missing = [.. groups[Group.Missing]];
        if (ready.Length == 0)
            return null;
        var target = options.TargetUtilization / 100.0;
        var usage = ready.Sum(pod => pod.Cpu!.Value.Cores);
        var ratio = usage / ready.Sum(pod => pod.Request) / target;
        var upWithUnready = unready.Length > 0 && ratio > 1;
        if (!upWithUnready && missing.Length == 0)
            return new(IsNear(ratio, options) ? current : Ceiling(ratio * ready.Length), ratio);

        // Pods without a metric are taken to hold back the change: idle before replicas come, busy before they go. Those not ready yet are idle before replicas come.
        var counted = ready.Concat(missing).Concat(upWithUnready ? unready : []).ToArray();
        var assumed = ratio < 1 ? missing.Sum(pod => pod.Request * Math.Max(1, target)) : 0;
        var careful = (usage + assumed) / counted.Sum(pod => pod.Request) / target;
        if (IsNear(careful, options) || (ratio < 1 && careful > 1) || (ratio > 1 && careful < 1))
            return new(current, ratio);
        var wanted = Ceiling(careful * counted.Length);
        // Pods come and go while this is worked out: a ratio never changes the replicas against its own direction.
        return new((careful < 1 && wanted > current) || (careful > 1 && wanted < current) ? current : wanted, ratio);
    }

    /// <summary>By an external metric with a target of type Value. Null when the metric cannot be had.</summary>
    public static Proposal? ByValue(int current, double? value, double target, IReadOnlyList<ReplicaState> pods, HpaOptions options)
    {
        ArgumentNullException.ThrowIfNull(pods);
        ArgumentNullException.ThrowIfNull(options);
        if (value is not { } known || !double.IsFinite(known))
            return null;
        var ratio = known / target;
        var ready = pods.Count(pod => pod is { Phase: PodPhase.Running, IsReady: true, IsLeaving: false });
        return new(IsNear(ratio, options) ? current : Ceiling(ratio * ready), ratio);
    }

    private enum Group
    {
        Ignored,
        Unready,
        Missing,
        Counts,
    }

    private static Group GroupOf(ReplicaState pod, HpaOptions options, TimeSpan now)
    {
        if (pod.IsLeaving || pod.Phase == PodPhase.Failed)
            return Group.Ignored;
        if (pod.Phase == PodPhase.Pending)
            return Group.Unready;
        if (pod.Cpu is not { } cpu)
            return Group.Missing;
        var young = pod.Started + options.CpuInitialization > now;
        var unready = young
            ? !pod.IsReady || cpu.At < pod.ReadyChanged + cpu.Window // a window that began before it was ready is of its start
            : !pod.IsReady && pod.Started + options.InitialReadinessDelay > pod.ReadyChanged;
        return unready ? Group.Unready : Group.Counts;
    }

    private static bool IsNear(double ratio, HpaOptions options) => Math.Abs(ratio - 1) <= options.Tolerance;

    private static int Ceiling(double replicas) => (int)Math.Min(int.MaxValue, Math.Ceiling(replicas));
}
