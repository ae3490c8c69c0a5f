using System.Threading;

namespace MicroView.Collector;

/// <summary>
/// The last two minutes of one pod's score and threshold, a point a second: the highest of that second against its threshold. A second without a
/// judged row is NaN. Its LMAP's thread writes it, which costs a few ns a row and no wake-up of another thread; any thread reads it.
/// </summary>
internal sealed class ScoreHistory
{
    /// <summary>Points kept.</summary>
    public const int Capacity = 120;

    private const int Ring = 128; // more than is shown: the second that is written must not be the oldest one shown
    private const long SecondNs = 1_000_000_000;
    private static readonly long s_nothing = Pack(float.NaN, float.NaN);
    private readonly long[] _points = new long[Ring]; // a score and its threshold, so that no reader sees half of a point
    private long _first = long.MaxValue, _last = long.MinValue; // seconds

    /// <summary>Takes a judged row's score; for the LMAP's thread.</summary>
    public void Take(long nowNs, double score, double threshold)
    {
        if (!(threshold > 0) || !double.IsFinite(score))
            return;
        var second = nowNs / SecondNs;
        ref var point = ref _points[second % Ring];
        if (second != _last)
        {
            Begin(second);
            Volatile.Write(ref point, Pack((float)score, (float)threshold));
            return;
        }
        var (highest, its) = Unpack(point);
        if (!(score * its <= highest * threshold))
            Volatile.Write(ref point, Pack((float)score, (float)threshold));
    }

    /// <summary>The points of the seconds that are over, oldest first. One that is written meanwhile may be a newer one's.</summary>
    public (float Score, float Threshold)[] Read(long nowNs)
    {
        var (first, last, now) = (Volatile.Read(ref _first), Volatile.Read(ref _last), nowNs / SecondNs);
        first = Math.Max(first, now - Capacity);
        if (first >= now)
            return [];
        var points = new (float, float)[now - first];
        for (var i = 0; i < points.Length; i++)
            points[i] = first + i <= last ? Unpack(Volatile.Read(ref _points[(first + i) % Ring])) : (float.NaN, float.NaN);
        return points;
    }

    private void Begin(long second)
    {
        if (second < _last || _last == long.MinValue)
            Volatile.Write(ref _first, second); // the first row, or a clock that went back
        else
            for (var gap = Math.Max(_last + 1, second - Ring + 1); gap < second; gap++)
                Volatile.Write(ref _points[gap % Ring], s_nothing);
        Volatile.Write(ref _last, second);
    }

    private static long Pack(float score, float threshold) => (long)((ulong)BitConverter.SingleToUInt32Bits(score) << 32 | BitConverter.SingleToUInt32Bits(threshold));

    private static (float Score, float Threshold) Unpack(long point) =>
        (BitConverter.UInt32BitsToSingle((uint)((ulong)point >> 32)), BitConverter.UInt32BitsToSingle((uint)point));
}
