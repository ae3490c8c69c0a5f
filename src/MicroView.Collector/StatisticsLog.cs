using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>
/// A line per LMAP every 10 s (<see cref="CollectorOptions.StatisticsPeriod"/>), and at the end a file per LMAP as the artifact writes it: <c>stats_LMAP_i.csv</c> with
/// num_scrapes, time_total (seconds) and scrape_rate_i, a row for each such stretch and one for the last.
/// </summary>
internal sealed class StatisticsLog(IReadOnlyList<Lmap> lmaps, string? folder, ILogger logger)
{
    // A day of rows; a collector that runs for months keeps the last of them.
    private const int MaxRows = 8640;
    private readonly List<(long Scrapes, double Seconds)>[] _rows = [.. lmaps.Select(_ => new List<(long, double)>())];
    private readonly long[] _scrapes = new long[lmaps.Count];
    private long _sinceNs = Clocks.MonotonicNs;

    public void Report()
    {
        var now = Clocks.MonotonicNs;
        var seconds = (now - _sinceNs) / 1e9;
        _sinceNs = now;
        for (var i = 0; i < lmaps.Count && seconds > 0; i++)
            Report(i, seconds);
    }

    /// <summary>Writes the files; a folder that cannot be written costs the statistics and nothing else.</summary>
    public void Write()
    {
        if (folder is null)
            return;
        try
        {
            Directory.CreateDirectory(folder);
            for (var i = 0; i < lmaps.Count; i++)
                File.WriteAllText(Path.Combine(folder, $"stats_LMAP_{i}.csv"), Table(i));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            logger.LogError("The statistics cannot be written to {Folder}: {Error}", folder, error.Message);
        }
    }

    private void Report(int i, double seconds)
    {
        var statistics = lmaps[i].Statistics;
        var scrapes = statistics.Scrapes - _scrapes[i];
        _scrapes[i] += scrapes;
        if (_rows[i].Count == MaxRows)
            _rows[i].RemoveAt(0);
        _rows[i].Add((scrapes, seconds));
        logger.LogInformation(
            "LMAP {Index}: {Scrapes} scrapes in {Seconds:F1} s, rate {Rate:F1}/s, {Pods} pods, cpu {Cpu:P1}, classified {Classified}, "
            + "missed ticks {Missed}, torn {Torn}, stale {Stale}, unreadable {Unreadable}, quarantined {Quarantined}",
            i, scrapes, seconds, scrapes / seconds, lmaps[i].Pods.Count, statistics.CpuShare, statistics.ClassifiedRows, statistics.MissedTicks,
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
