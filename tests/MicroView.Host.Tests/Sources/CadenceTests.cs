using MicroView.Protocol;

namespace MicroView.Host.Tests;

public sealed class CadenceTests
{
    private const long Second = 1_000_000_000;

    private sealed class Pod() : SourcePod(new("pod"))
    {
        protected override long CpuNs => 0;

        protected override SlotDescriptor[] Describe() => [];

        protected override void Sample(SampleContext context) { }

        protected override void Fill(Span<double> row) { }

        internal override void Close(SampleContext context) { }

        internal void Use(double cores) => Pace.Measure((long)(cores * 20 * Second), 20 * Second); // long enough to forget the past
    }

    private static (Cadence Cadence, List<SourcePod> Pods) Node(int count, int busiest = 50)
    {
        var cadence = new Cadence(busiest, 10);
        List<SourcePod> pods = [.. Enumerable.Range(0, count).Select(_ => new Pod())];
        pods.ForEach(cadence.Join);
        cadence.Rank(pods, Second);
        return (cadence, pods);
    }

    [Fact]
    public void Up_to_fifty_pods_are_all_at_the_tick()
    {
        var (cadence, pods) = Node(50);
        Assert.All(pods, pod => Assert.True(cadence.IsDue(pod.Pace, 3)));
        Assert.Equal(50, cadence.Fast);
    }

    [Fact]
    public void The_others_are_due_once_per_slow_interval_and_spread_over_its_ticks()
    {
        var (cadence, pods) = Node(350);
        Assert.Equal(50, cadence.Fast);
        var slow = pods.Where(pod => !pod.Pace.IsFast).ToList();
        var perTick = Enumerable.Range(0, 10).Select(tick => slow.Count(pod => cadence.IsDue(pod.Pace, tick))).ToArray();
        Assert.Equal(300, perTick.Sum());
        Assert.All(pods.GroupBy(pod => pod.Pace.Phase), phase => Assert.Equal(35, phase.Count()));
    }

    [Fact]
    public void A_pod_that_becomes_busy_is_promoted_at_once_and_demoted_after_thirty_idle_seconds()
    {
        var (cadence, pods) = Node(60);
        foreach (var pod in pods.Take(50).Cast<Pod>())
            pod.Use(0.1);
        cadence.Rank(pods, 2 * Second);
        var late = (Pod)pods.First(pod => !pod.Pace.IsFast);
        late.Use(0.05);
        cadence.Promote(late, 3 * Second);
        Assert.False(late.Pace.IsFast); // fifty are busier
        late.Use(0.5);
        cadence.Promote(late, 3 * Second);
        Assert.True(late.Pace.IsFast);
        late.Use(0);
        cadence.Rank(pods, 32 * Second);
        Assert.True(late.Pace.IsFast);
        cadence.Rank(pods, 34 * Second);
        Assert.False(late.Pace.IsFast);
        Assert.Equal(50, cadence.Fast);
    }

    [Fact]
    public void Idle_pods_keep_their_cadence()
    {
        var (cadence, pods) = Node(100);
        var fast = pods.Where(pod => pod.Pace.IsFast).ToHashSet();
        for (var second = 2; second < 200; second++)
            cadence.Rank(pods, second * Second);
        Assert.Equal(fast, pods.Where(pod => pod.Pace.IsFast).ToHashSet());
    }

    [Fact]
    public void A_group_of_hundreds_that_run_is_not_read_at_the_tick()
    {
        var (cadence, pods) = Node(60, busiest: 10);
        var crowd = (Pod)pods.First(pod => !pod.Pace.IsFast);
        crowd.Use(3);
        crowd.Pace.Weight = 400;
        cadence.Promote(crowd, 2 * Second);
        cadence.Rank(pods, 3 * Second);
        Assert.False(crowd.Pace.IsFast);
    }

    [Fact]
    public void A_pod_that_leaves_makes_room()
    {
        var (cadence, pods) = Node(60);
        foreach (var pod in pods.Where(pod => pod.Pace.IsFast).Take(5).ToList())
        {
            cadence.Leave(pod);
            pods.Remove(pod);
        }
        cadence.Rank(pods, 2 * Second);
        Assert.Equal(50, cadence.Fast);
        Assert.Equal(50, pods.Count(pod => pod.Pace.IsFast));
    }
}
