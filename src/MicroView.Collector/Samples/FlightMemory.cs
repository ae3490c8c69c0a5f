using System.Threading;
using Microsoft.Extensions.Logging;

namespace MicroView.Collector;

/// <summary>
/// Gives pods their recorders, within one bound for all. Where it does not reach, every recorder is cut to the same share, a half, a quarter and so on; a quarter of the bound stays
/// free, so that rings can be exchanged within it. For one thread, the sender's.
/// </summary>
/// <param name="limit">Bytes.</param>
/// <param name="interval">From one scrape to the next; the recorder takes a row per millisecond at most.</param>
/// <param name="logger">Told when recorders are cut.</param>
internal sealed class FlightMemory(long limit, TimeSpan interval, ILogger logger)
{
    private const int DeepestCut = 20, FewestRows = 4, MostValues = 1 << 30;
    private const double SlackSeconds = 2; // of rows for a sender that is late
    private readonly double _rowsPerSecond = 1 / Math.Max(1e-3, interval.TotalSeconds);
    private long _allocated;
    private int _cut, _told, _without;

    /// <summary>Bytes of all recorders.</summary>
    public long Allocated => Volatile.Read(ref _allocated);

    /// <summary>Share of its length that a recorder has: 1, a half, a quarter…</summary>
    public double Share => 1.0 / (1 << Volatile.Read(ref _cut));

    /// <summary>Has every pod's recorder as large as it should be, as far as there is room: what an LMAP has not given up yet is freed later.</summary>
    public void Fit(IReadOnlyCollection<PodSamples> pods)
    {
        Choose(pods);
        _allocated = pods.Sum(pod => pod.Monitored?.Flight is { } flight ? flight.Ring.Bytes + (flight.Offered?.Bytes ?? 0) : 0);
        foreach (var pod in pods)
        {
            if (pod.Monitored is not { } monitored || monitored.Flight?.Offered is not null)
                continue;
            var (slots, rows) = (SlotsOf(monitored), RowsOf(pod, _cut));
            if (monitored.Flight?.Ring is { } ring && ring.Slots >= slots && ring.Capacity == rows)
                continue;
            var bytes = FlightRing.BytesOf(slots, rows);
            if (_allocated + bytes > limit)
                continue;
            var made = new FlightRing(slots, rows) { Reserve = Math.Max(1, Math.Min(SlackRows / 2, rows / 8)) };
            _allocated += bytes;
            if (monitored.Flight is { } flight)
                flight.Offer(made);
            else
                monitored.Flight = new PodFlight(made);
        }
        TellWithout(pods.Count(pod => pod.Monitored is { Flight: null }));
    }

    /// <summary>Where not even the shortest recorders fit.</summary>
    private void TellWithout(int pods)
    {
        var isNews = _cut == DeepestCut && pods > 0 && _without == 0;
        _without = _cut == DeepestCut ? pods : 0;
        if (isNews)
            logger.LogError("{Pods} pods send no samples: {Limit} MiB do not hold a few rows of each pod; --flight-recorder-memory gives more", pods, limit >> 20);
    }

    private int SlackRows => (int)Math.Ceiling(SlackSeconds * _rowsPerSecond) + 16;

    private void Choose(IReadOnlyCollection<PodSamples> pods)
    {
        while (_cut < DeepestCut && Total(pods, _cut) > limit / 4 * 3)
            Volatile.Write(ref _cut, _cut + 1);
        while (_cut > 0 && Total(pods, _cut - 1) < limit / 2)
            Volatile.Write(ref _cut, _cut - 1);
        if (_cut == _told)
            return;
        _told = _cut;
        if (_cut > 0)
            logger.LogWarning("Flight recorders hold 1/{Part} of the time that they should: those of {Pods} pods would take {Wanted} MiB, and may take {Limit} MiB; --flight-recorder-memory gives more",
                1 << _cut, pods.Count, Total(pods, 0) >> 20, limit >> 20);
        else
            logger.LogInformation("Flight recorders hold all of their time again");
    }

    private long Total(IReadOnlyCollection<PodSamples> pods, int cut) =>
        pods.Sum(pod => pod.Monitored is { } monitored ? FlightRing.BytesOf(SlotsOf(monitored), RowsOf(pod, cut)) : 0);

    private int RowsOf(PodSamples pod, int cut)
    {
        var wanted = (long)Math.Ceiling(pod.WindowMs / 1e3 * _rowsPerSecond) + SlackRows;
        return (int)Math.Clamp(wanted >> cut, FewestRows, MostValues / SlotsOf(pod.Monitored!));
    }

    private static int SlotsOf(MonitoredPod pod) => MonitoredPod.Padded(pod.Schema.Slots) + PodFlight.Behind;
}
