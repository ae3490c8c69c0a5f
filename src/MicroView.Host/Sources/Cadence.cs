namespace MicroView.Host;

/// <summary>
/// Decides which pods are due at a tick: the busiest at each, the others once per slow interval and spread over its ticks. A pod that
/// becomes busy is promoted at once; it is demoted only when it was not among the busiest for 30 s, so that its cadence stands still.
/// </summary>
internal sealed class Cadence
{
    internal const long HoldNs = 30_000_000_000;
    private const double LeastCores = 0.002; // below it no one is busier than another

    private static readonly Comparison<SourcePod> BusiestFirst = static (a, b) =>
    {
        var byCores = Quantised(b).CompareTo(Quantised(a));
        return byCores != 0 ? byCores : b.Pace.IsFast.CompareTo(a.Pace.IsFast); // among equals nobody moves
    };

    private readonly int _busiest, _mostWeight;
    private readonly int[] _phases;
    private SourcePod[] _order = [];
    private double _bar = double.PositiveInfinity;

    internal Cadence(int busiest, int slowTicks)
    {
        _busiest = busiest;
        _mostWeight = 4 * busiest;
        _phases = new int[slowTicks];
    }

    internal int Fast { get; private set; }

    internal bool IsDue(Pace pace, long tick) => pace.IsFast || tick % _phases.Length == pace.Phase;

    internal void Join(SourcePod pod)
    {
        pod.Pace.Phase = Array.IndexOf(_phases, _phases.Min());
        _phases[pod.Pace.Phase]++;
    }

    internal void Leave(SourcePod pod)
    {
        _phases[pod.Pace.Phase]--;
        if (pod.Pace.IsFast)
            Fast--;
        pod.Pace.IsFast = false;
    }

    /// <summary>After a slow pod's row: the tick is its own from now on if it is clearly busier than the last of the busiest.</summary>
    internal void Promote(SourcePod pod, long nowNs)
    {
        if (pod.Pace.IsFast || pod.Pace.Cores <= _bar + LeastCores || pod.Pace.Weight > _mostWeight || Fast >= 2 * _busiest)
            return;
        Raise(pod, nowNs);
    }

    /// <summary>Once per slow interval: ranks all pods.</summary>
    internal void Rank(List<SourcePod> pods, long nowNs)
    {
        if (_order.Length < pods.Count)
            _order = new SourcePod[Math.Max(64, pods.Count * 2)];
        pods.CopyTo(_order);
        var order = _order.AsSpan(0, pods.Count);
        order.Sort(BusiestFirst);
        var (rank, weight) = (0, 0);
        _bar = double.PositiveInfinity;
        foreach (var pod in order)
        {
            var fits = rank < _busiest && weight + pod.Pace.Weight <= _mostWeight;
            if (fits)
            {
                (rank, weight) = (rank + 1, weight + pod.Pace.Weight);
                _bar = pod.Pace.Cores;
                Raise(pod, nowNs);
            }
            else if (pod.Pace.IsFast && nowNs - pod.Pace.LastBusyNs > HoldNs)
            {
                pod.Pace.IsFast = false;
                Fast--;
            }
        }
        if (rank == pods.Count || rank < _busiest)
            _bar = Math.Min(_bar, 0);
        _order.AsSpan(pods.Count).Clear();
    }

    private void Raise(SourcePod pod, long nowNs)
    {
        pod.Pace.LastBusyNs = nowNs;
        if (pod.Pace.IsFast || Fast >= 2 * _busiest)
            return;
        pod.Pace.IsFast = true;
        Fast++;
    }

    private static int Quantised(SourcePod pod) => (int)(pod.Pace.Cores / LeastCores);
}
