using System.Threading;
using MicroView.Analysis;

namespace MicroView.Collector;

/// <summary>What a detector said of a row.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="UnixNs">When the row was sampled.</param>
/// <param name="Score">Its score; 0 while learning.</param>
/// <param name="Threshold">What it was held against; infinite while learning.</param>
/// <param name="Anomalous">It exceeded that.</param>
/// <param name="AlarmOpen">The alarm was open after it.</param>
internal readonly record struct Decision(MonitoredPod Pod, long UnixNs, double Score, double Threshold, bool Anomalous, bool AlarmOpen);

/// <summary>
/// Decisions on their way from an LMAP to their file: one writer, one reader, no lock, nothing allocated after the start. A full ring costs decisions, which are counted, and in a
/// replay time instead.
/// </summary>
/// <param name="capacity">Decisions, a power of two.</param>
/// <param name="clock">The collector's.</param>
/// <param name="waits">The writer waits for room while the reader takes.</param>
internal sealed class DecisionRing(int capacity, CollectorClock clock, bool waits)
{
    private readonly Decision[] _decisions = new Decision[capacity];
    private long _head, _tail, _lost;
    private volatile bool _closed;

    /// <summary>Decisions there was no room for. For any thread.</summary>
    public long Lost => Volatile.Read(ref _lost);

    /// <summary>Takes a decision, if the row counted at all. For the LMAP's thread.</summary>
    /// <param name="pod">The pod, its row time that of the row.</param>
    /// <param name="seen">What was said.</param>
    /// <param name="nowNs">When the row was read.</param>
    public void Take(MonitoredPod pod, in Observation seen, long nowNs)
    {
        if (seen.Row != RowOutcome.Accepted || seen.State == PodState.Off)
            return;
        while (_head - Volatile.Read(ref _tail) == _decisions.Length)
        {
            if (!waits || _closed)
            {
                Volatile.Write(ref _lost, _lost + 1);
                return;
            }
            Thread.Sleep(1);
        }
        _decisions[_head & (_decisions.Length - 1)] = new(pod, pod.RowUnixNs(clock, nowNs), seen.Score, seen.Threshold, seen.Anomalous, seen.AlarmOpen);
        Volatile.Write(ref _head, _head + 1);
    }

    /// <summary>The oldest decision that was not read yet. For the reader.</summary>
    public bool TryRead(out Decision decision)
    {
        decision = default;
        if (_tail == Volatile.Read(ref _head))
            return false;
        ref var place = ref _decisions[_tail & (_decisions.Length - 1)];
        (decision, place) = (place, default); // a pod that is gone must not stay
        Volatile.Write(ref _tail, _tail + 1);
        return true;
    }

    /// <summary>Nothing is read any more.</summary>
    public void Close() => _closed = true;
}
