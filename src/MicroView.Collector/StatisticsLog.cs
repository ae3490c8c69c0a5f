using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>
/// A line per LMAP every 10 s (<see cref="CollectorOptions.StatisticsPeriod"/>), and at the end a file per LMAP as the artifact writes it: <c>stats_LMAP_i.csv</c> with
/// num_scrapes, time_total (seconds) and scrape_rate_i, a row for each such stretch and one for the last.
/// </summary>
internal sealed class StatisticsLog : IDisposable
{
    private const long DebugNs = 1_000_000_000;
    private readonly long _periodNs;
    // A day of rows; a collector that runs for months keeps the last of them.
    private const int MaxRows = 8640;
    private readonly IReadOnlyList<Lmap> _lmaps;
    private readonly string? _folder;
    private readonly DebugValues? _debug;
    private readonly ILogger _logger;
    private readonly WakingThread _thread;
    private readonly List<(long Scrapes, double Seconds)>[] _rows;
    private readonly long[] _scrapes;
    private long _sinceNs = Clocks.MonotonicNs, _dueNs;

    /// <param name="lmaps">Whose statistics.</param>
    /// <param name="folder">Where the files go; null: nowhere.</param>
    /// <param name="period">From one line to the next.</param>
    /// <param name="debug">Values to be shown each second; null: none.</param>
    /// <param name="logger">Where the lines go.</param>
    public StatisticsLog(IReadOnlyList<Lmap> lmaps, string? folder, TimeSpan period, DebugValues? debug, ILogger logger)
    {
        (_lmaps, _folder, _periodNs, _debug, _logger) = (lmaps, folder, period.Ticks * 100, debug, logger);
        (_rows, _scrapes) = ([.. lmaps.Select(_ => new List<(long, double)>())], new long[lmaps.Count]);
        _thread = new WakingThread("statistics", Turn, error => logger.LogError("The collector's log missed a line: {Error}", error.Message));
    }

    public void Start()
    {
        _dueNs = Clocks.MonotonicNs + _periodNs;
        _thread.Start();
    }

    /// <summary>Ends the regular lines; the last one and the files are the caller's to ask for.</summary>
    public void Dispose() => _thread.Dispose();

    private long Turn(long nowNs)
    {
        if (nowNs >= _dueNs)
        {
            _dueNs = nowNs + _periodNs;
            Report();
        }
        _debug?.Print();
        return _debug is null ? _dueNs : Math.Min(_dueNs, nowNs + DebugNs);
    }

    /// <summary>A line and a row per LMAP for the time since the last.</summary>
    public void Report()
    {
        var now = Clocks.MonotonicNs;
        var seconds = (now - _sinceNs) / 1e9;
        _sinceNs = now;
        for (var i = 0; i < _lmaps.Count && seconds > 0; i++)
            Report(i, seconds);
    }

    /// <summary>Writes the files; a folder that cannot be written costs the statistics and nothing else.</summary>
    public void Write()
    {
        if (_folder is null)
            return;
        try
        {
            Directory.CreateDirectory(_folder);
            for (var i = 0; i < _lmaps.Count; i++)
                File.WriteAllText(Path.Combine(_folder, $"stats_LMAP_{i}.csv"), Table(i));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _logger.LogError("The statistics cannot be written to {Folder}: {Error}", _folder, error.Message);
        }
    }

    private void Report(int i, double seconds)
    {
        var statistics = _lmaps[i].Statistics;
        var scrapes = statistics.Scrapes - _scrapes[i];
        _scrapes[i] += scrapes;
        if (_rows[i].Count == MaxRows)
            _rows[i].RemoveAt(0);
        _rows[i].Add((scrapes, seconds));
        _logger.LogInformation(
            "LMAP {Index}: {Scrapes} scrapes in {Seconds:F1} s, rate {Rate:F1}/s, {Pods} pods, cpu {Cpu:P1}, classified {Classified}, "
            + "missed ticks {Missed}, torn {Torn}, stale {Stale}, unreadable {Unreadable}, quarantined {Quarantined}",
            i, scrapes, seconds, scrapes / seconds, _lmaps[i].Pods.Count, statistics.CpuShare, statistics.ClassifiedRows, statistics.MissedTicks,
            statistics.TornRows, statistics.StaleReads, statistics.UnreadableReads, statistics.Quarantines);
    }

    private string Table(int i)
    {
        var text = new StringBuilder($"num_scrapes,time_total,scrape_rate_{i}\n");
        foreach (var (scrapes, seconds) in _rows[i])
            text.Append(CultureInfo.InvariantCulture, $"{scrapes},{seconds:F6},{scrapes / seconds:F6}\n");
        return text.ToString();
    }
}
