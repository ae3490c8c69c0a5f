using MicroView.Analysis;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>
/// Has the next pod's memory fetched while an LMAP works on this one's: with more pods than the core's own cache holds, a scrape would otherwise wait for most of its lines.
/// Where they are is looked up once and, because objects move, again: where scrapes follow each other closely for one pod each time; where they are far apart, which it would take minutes to come
/// round, for every pod whose objects have moved. Whether it is worth it is tried out (<see cref="PassTrial"/>). For one thread.
/// </summary>
internal sealed class PodPrefetch(long intervalNs)
{
    // Less than this stays in the core's own cache by itself.
    private const int FewestLines = 512 * 1024 / WorkingSet.LineBytes;

    // Between scrapes so far apart the core does other things, and its cache keeps nothing.
    private const long ColdNs = 10_000_000;

    // More than this of the next pod would push out the present one. RFD has some 35 ranges, and 200 lines for 64 metrics.
    private const int MostRanges = 48, MostLines = 512;

    // What <see cref="After"/> does not see move is looked up at every so many-th scrape (a mask): a pod's takes a cold cache longer than five pods' rows.
    private const int ColdPasses = 15;

    // While nothing is to be fetched, sizes are looked at only so often (a mask): a scrape of one small pod takes less than a look.
    private const int IdlePasses = 63;

    private static readonly Func<long> s_clock = () => Clocks.MonotonicNs;
    private readonly WorkingSet _set = new();
    private readonly PassTrial _trial = new();
    private MonitoredPod[] _pods = [];
    private readonly bool _isCold = intervalNs >= ColdNs;
    private nint[] _ranges = [], _marks = [];
    private int[] _counts = [], _lines = [];
    private long _total;
    private int _next, _passes;

    /// <summary>Whether it fetches in this scrape.</summary>
    public bool Acts { get; private set; }

    /// <summary>Scrapes in which it did.</summary>
    public long Acted { get; private set; }

    /// <summary>To be called when a scrape of <paramref name="pods"/> begins.</summary>
    /// <param name="pods">In the order in which they will be scraped.</param>
    /// <param name="nowNs">About now, ns.</param>
    public void Begin(MonitoredPod[] pods, long nowNs)
    {
        if (!CacheLines.CanPrefetch)
            return;
        if (!ReferenceEquals(pods, _pods))
            TakeAll(pods);
        var exceeds = pods.Length > 0 && (_total > FewestLines || _isCold);
        if (pods.Length > 0 && (++_passes & (_isCold ? ColdPasses : exceeds ? 0 : IdlePasses)) == 0)
        {
            _next = _next + 1 < pods.Length ? _next + 1 : 0;
            Take(_next);
        }
        Acts = exceeds && (_isCold || _trial.Begin(nowNs, s_clock));
        if (!Acts)
            return;
        Acted++;
        Fetch(0);
    }

    /// <summary>To be called when the scrape has ended.</summary>
    public void End()
    {
        if (_trial.IsOn)
            _trial.End(Clocks.MonotonicNs);
    }

    /// <summary>To be called before pod <paramref name="index"/> is scraped.</summary>
    public void Before(int index)
    {
        if (Acts && index + 1 < _counts.Length)
            Fetch(index + 1);
    }

    /// <summary>To be called when pod <paramref name="index"/> has been scraped: what it would now take to look at is at hand.</summary>
    public void After(int index)
    {
        if (_isCold && Acts && _pods[index].MemoryMark != _marks[index])
            Take(index);
    }

    private void TakeAll(MonitoredPod[] pods)
    {
        _pods = pods;
        (_ranges, _marks, _counts, _lines) = (new nint[pods.Length * MostRanges], new nint[pods.Length], new int[pods.Length], new int[pods.Length]);
        (_total, _next) = (0, 0);
        for (var i = 0; i < pods.Length; i++)
            Take(i);
    }

    private void Take(int index)
    {
        _set.Clear();
        _pods[index].AddTo(_set);
        var (count, lines) = (0, 0);
        while (count < Math.Min(_set.Ranges.Length, MostRanges) && (lines += CacheLines.In(_set.Ranges[count])) <= MostLines)
            count++;
        _set.Ranges[..count].CopyTo(_ranges.AsSpan(index * MostRanges));
        _counts[index] = count;
        _marks[index] = _pods[index].MemoryMark;
        _total += _set.Lines - _lines[index];
        _lines[index] = _set.Lines;
    }

    private void Fetch(int index) => CacheLines.Prefetch(_ranges.AsSpan(index * MostRanges, _counts[index]));
}
