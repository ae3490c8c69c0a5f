using System.Threading;
using MicroView.Analysis;
using MicroView.Export;

namespace MicroView.Collector;

/// <summary>
/// A pod's flight recorder as its LMAP sees it: takes each fresh row with what the detector said of the last one that was classified. The sender makes it, sizes it by handing
/// over other rings, and reads it.
/// </summary>
/// <param name="ring">The first ring.</param>
internal sealed class PodFlight(FlightRing ring)
{
    /// <summary>Values behind the slots of a row: score, threshold, alarm, as <see cref="PodScoreRow"/> has them.</summary>
    public const int Behind = PodScoreRow.Length;

    private const long NsPerMs = 1_000_000;
    private const long LongestDelayNs = 10_000_000_000; // of a batch row; one that claims to be older, or of the future, is timed by its reader

    private FlightRing _ring = ring;
    private FlightRing? _offered;
    private long _lastMs = long.MinValue, _skipped;

    /// <summary>The ring that is written; the positions in it go on when it is exchanged.</summary>
    public FlightRing Ring => Volatile.Read(ref _ring);

    /// <summary>A ring that the LMAP has not taken yet.</summary>
    public FlightRing? Offered => Volatile.Read(ref _offered);

    /// <summary>Rows left out, because another one of the same millisecond is in it.</summary>
    public long Skipped => Volatile.Read(ref _skipped);

    /// <summary>Has the LMAP go on with another ring, from its next row on. For the sender.</summary>
    public void Offer(FlightRing other) => Volatile.Write(ref _offered, other);

    /// <summary>Takes the pod's newest row. For the LMAP's thread: neither allocates, locks nor logs.</summary>
    /// <param name="pod">The pod, which has just read a fresh row and classified it where it was due.</param>
    /// <param name="nowNs">When it was read.</param>
    public void Take(MonitoredPod pod, long nowNs)
    {
        if (Volatile.Read(ref _offered) is { } offered)
            Exchange(offered);
        var age = nowNs - pod.RowTimeNs;
        var timeMs = (pod.Source.SharesClock && age is >= 0 and < LongestDelayNs ? pod.RowTimeNs : nowNs) / NsPerMs;
        if (timeMs <= _lastMs)
        {
            timeMs = nowNs / NsPerMs; // a row clock that stood still or went back
            if (timeMs <= _lastMs)
            {
                Volatile.Write(ref _skipped, _skipped + 1);
                return;
            }
        }
        _lastMs = timeMs;
        var row = _ring.Begin();
        var front = pod.CurrentRow.Front;
        var slots = Math.Min(front.Length, row.Length - Behind);
        front[..slots].CopyTo(row);
        row[slots..^Behind].Fill(double.NaN);
        PodScoreRow.Write(pod, row[^Behind..]);
        _ring.Publish(timeMs, pod.AlarmOpen);
    }

    private void Exchange(FlightRing offered)
    {
        offered.TakeOver(_ring, Behind);
        Volatile.Write(ref _ring, offered);
        Volatile.Write(ref _offered, null);
    }
}
