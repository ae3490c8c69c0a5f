using CsCheck;

namespace MicroView.Lab.Tests;

/// <summary>The HPA's algorithm against what Kubernetes' documents say it does, on a clock that nobody waits for.</summary>
public sealed class HpaTests
{
    private static readonly HpaOptions s_plain = new() { MaxReplicas = 100 };

    [Theory]
    [InlineData(4, 1.0, 8)] // twice the target: "if the current metric value is 200m and the desired value is 100m, the number of replicas will be doubled"
    [InlineData(4, 0.25, 2)] // half of it
    [InlineData(4, 0.64, 6)] // 5.12: rounded up
    [InlineData(3, 0.549, 3)] // the ratio 1.098 is within the tolerance
    [InlineData(3, 0.451, 3)]
    [InlineData(3, 0.56, 4)]
    public void Replicas_follow_the_ratio_of_metric_and_target(int replicas, double utilization, int wanted) =>
        Assert.Equal(wanted, ReplicaCalculator.ByUtilization(replicas, Pods(replicas, utilization), s_plain, Minutes(10))!.Value.Replicas);

    [Fact]
    public void Failed_and_leaving_pods_do_not_count()
    {
        ReplicaState[] pods = [.. Pods(2, 1.0), Pod("failed", 0) with { Phase = PodPhase.Failed, IsReady = false }, Pod("leaving", 0) with { IsLeaving = true }];
        Assert.Equal(4, ReplicaCalculator.ByUtilization(4, pods, s_plain, Minutes(10))!.Value.Replicas);
    }

    [Fact]
    public void A_pod_without_a_metric_is_idle_before_replicas_come_and_busy_before_they_go()
    {
        ReplicaState[] up = [.. Pods(2, 1.0), Pod("missing", 0) with { Cpu = null }];
        // (1 + 1 + 0) / 3 of the request is 1.33 of the target: 4, not 6.
        Assert.Equal(4, ReplicaCalculator.ByUtilization(3, up, s_plain, Minutes(10))!.Value.Replicas);
        ReplicaState[] down = [.. Pods(3, 0.1), Pod("missing", 0) with { Cpu = null }];
        // (0.3 + 1) / 4 is 0.65 of the target: 3, not 1.
        Assert.Equal(3, ReplicaCalculator.ByUtilization(4, down, s_plain, Minutes(10))!.Value.Replicas);
        // (0.1 + 1) / 2 is 1.1: it would reverse the direction, so nothing is done.
        Assert.Equal(2, ReplicaCalculator.ByUtilization(2, [.. Pods(1, 0.1), Pod("missing", 0) with { Cpu = null }], s_plain, Minutes(10))!.Value.Replicas);
    }

    [Fact]
    public void Pods_that_are_not_ready_dampen_what_comes_and_not_what_goes()
    {
        var starting = Pod("starting", 0.9) with { IsReady = false, Started = Minutes(9), ReadyChanged = Minutes(9) };
        Assert.Equal(4, ReplicaCalculator.ByUtilization(3, [.. Pods(2, 1.0), starting], s_plain, Minutes(10))!.Value.Replicas);
        Assert.Equal(1, ReplicaCalculator.ByUtilization(3, [.. Pods(2, 0.1), starting], s_plain, Minutes(10))!.Value.Replicas);
        var pending = Pod("pending", 0) with { Phase = PodPhase.Pending, IsReady = false, Cpu = null };
        Assert.Equal(4, ReplicaCalculator.ByUtilization(3, [.. Pods(2, 1.0), pending], s_plain, Minutes(10))!.Value.Replicas);
    }

    [Fact]
    public void A_window_that_began_before_the_pod_was_ready_is_not_its_work()
    {
        var fresh = Pod("fresh", 1.0) with { Started = Minutes(9), ReadyChanged = Minutes(9.9) };
        var early = fresh with { Cpu = new CpuSample(2, Minutes(10), TimeSpan.FromSeconds(15)) };
        Assert.Null(ReplicaCalculator.ByUtilization(1, [early], s_plain, Minutes(10)));
        var later = fresh with { Cpu = new CpuSample(2, Minutes(10.2), TimeSpan.FromSeconds(15)) };
        Assert.Equal(2, ReplicaCalculator.ByUtilization(1, [later], s_plain, Minutes(10.2))!.Value.Replicas);
        // After five minutes a pod counts, unless it never was ready.
        Assert.NotNull(ReplicaCalculator.ByUtilization(1, [later with { IsReady = false }], s_plain, Minutes(15)));
        Assert.Null(ReplicaCalculator.ByUtilization(1, [later with { IsReady = false, ReadyChanged = Minutes(9) }], s_plain, Minutes(15)));
    }

    [Fact]
    public void Nothing_measured_is_nothing_done()
    {
        var decision = new HpaController(s_plain).Sync(Minutes(10), 3, [Pod("a", 0) with { Cpu = null }]);
        Assert.Equal((3, null), (decision.Replicas, decision.Wanted));
        Assert.True(double.IsNaN(decision.CpuRatio));
    }

    [Fact]
    public void Of_several_metrics_the_largest_counts_and_a_missing_one_only_keeps_replicas_from_going()
    {
        Assert.Equal(6, Decide(Pods(2, 0.5), new ExternalValue(3, 1)));
        Assert.Equal(4, Decide(Pods(2, 1.0), new ExternalValue(null, 1)));
        Assert.Equal(2, Decide(Pods(2, 0.1), new ExternalValue(null, 1)));
        Assert.Equal(2, Decide(Pods(2, 0.5), new ExternalValue(double.NaN, 1)));

        static int Decide(ReplicaState[] pods, ExternalValue external) => new HpaController(s_plain).Sync(Minutes(10), 2, pods, external).Replicas;
    }

    [Fact]
    public void Replicas_go_only_when_five_minutes_asked_for_no_more()
    {
        var hpa = new HpaController(s_plain);
        var replicas = 4;
        TimeSpan? went = null;
        for (var now = TimeSpan.Zero; now < Minutes(10); now += s_plain.SyncPeriod)
        {
            var utilization = now < Minutes(2) ? 0.5 : 0.1;
            replicas = hpa.Sync(now + Minutes(60), replicas, Pods(replicas, utilization)).Replicas;
            if (replicas < 4)
                went ??= now;
        }
        // The last recommendation of 4 was at 1:45.
        Assert.Equal(Minutes(6.75), went);
        Assert.Equal(1, replicas);
    }

    [Fact]
    public void Replicas_double_or_grow_by_four_each_fifteen_seconds()
    {
        var hpa = new HpaController(s_plain);
        List<int> seen = [1];
        for (var sync = 0; sync < 6; sync++)
            seen.Add(hpa.Sync(Minutes(60) + sync * s_plain.SyncPeriod, seen[^1], Pods(seen[^1], 100)).Replicas);
        Assert.Equal([1, 5, 10, 20, 40, 80, 100], seen);
    }

    [Fact]
    public void Within_a_policys_period_changes_add_up()
    {
        // The documents' example: 80 replicas, at most 10 % or 4 pods a minute, whichever is more: 8, then 7 of 72, …
        var slow = s_plain with
        {
            ScaleDown = new(TimeSpan.Zero, [new(PolicyUnit.Percent, 10, Minutes(1)), new(PolicyUnit.Pods, 4, Minutes(1))]),
        };
        var hpa = new HpaController(slow);
        List<int> seen = [80];
        for (var sync = 0; sync < 9; sync++)
            seen.Add(hpa.Sync(Minutes(60) + sync * slow.SyncPeriod, seen[^1], Pods(seen[^1], 0.01)).Replicas);
        Assert.Equal([80, 72, 72, 72, 72, 64, 64, 64, 64, 57], seen);
    }

    [Fact]
    public void Bounds_hold_whatever_the_metrics_say()
    {
        var hpa = new HpaController(new HpaOptions { MinReplicas = 2, MaxReplicas = 5 });
        Assert.Equal(5, hpa.Sync(Minutes(60), 9, Pods(9, 0.5)).Replicas);
        Assert.Equal(2, hpa.Sync(Minutes(61), 1, Pods(1, 0.5)).Replicas);
        var limited = hpa.Sync(Minutes(62), 4, Pods(4, 1.0));
        Assert.Equal((5, 8, true), (limited.Replicas, limited.Wanted, limited.IsLimited));
        Assert.Equal(0, hpa.Sync(Minutes(63), 0, []).Replicas);
    }

    [Fact]
    public void However_busy_replicas_stay_within_bounds_and_grow_no_faster_than_allowed() =>
        Gen.Double[0, 3].Array[1, 40].Sample(utilizations =>
        {
            var options = new HpaOptions { MinReplicas = 1, MaxReplicas = 12 };
            var hpa = new HpaController(options);
            var replicas = 1;
            for (var sync = 0; sync < utilizations.Length; sync++)
            {
                var next = hpa.Sync(Minutes(60) + sync * options.SyncPeriod, replicas, Pods(replicas, utilizations[sync])).Replicas;
                Assert.InRange(next, 1, Math.Min(12, Math.Max(2 * replicas, replicas + 4)));
                if (utilizations[sync] >= 0.46)
                    Assert.True(next >= replicas);
                replicas = next;
            }
        });

    private static ReplicaState[] Pods(int count, double utilization) => [.. Enumerable.Range(0, count).Select(i => Pod($"pod-{i}", utilization))];

    private static ReplicaState Pod(string name, double utilization) =>
        new() { Name = name, Request = 2, Cpu = new CpuSample(2 * utilization, Minutes(10), TimeSpan.FromSeconds(15)) };

    private static TimeSpan Minutes(double minutes) => TimeSpan.FromMinutes(minutes);
}
