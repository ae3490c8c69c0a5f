namespace MicroView.Collector;

/// <summary>What one LMAP has done since it began. Written by its thread, read by any: each figure is one aligned word.</summary>
public sealed class LmapStatistics
{
    /// <summary>Scrapes: passes over all pods, but for those in which the transport could not read anything.</summary>
    public long Scrapes { get; internal set; }

    /// <summary>Rows read that were new.</summary>
    public long FreshRows { get; internal set; }

    /// <summary>Reads of a batch row that had not moved.</summary>
    public long UnchangedRows { get; internal set; }

    /// <summary>Reads given up because the writer was inside the row.</summary>
    public long TornRows { get; internal set; }

    /// <summary>Reads of a pod whose heartbeat stood still.</summary>
    public long StaleReads { get; internal set; }

    /// <summary>Pods quarantined.</summary>
    public long Quarantines { get; internal set; }

    /// <summary>Reads that failed.</summary>
    public long UnreadableReads { get; internal set; }

    /// <summary>Rows handed to a detector.</summary>
    public long ClassifiedRows { get; internal set; }

    /// <summary>Ticks that were over before the LMAP came to them.</summary>
    public long MissedTicks { get; internal set; }

    /// <summary>Times a moved generation asked for a new layout.</summary>
    public long LayoutRequests { get; internal set; }

    /// <summary>Pods taken out because reading or analysing them threw.</summary>
    public long Faults { get; internal set; }

    /// <summary>CPU time of its thread, ns, as of its last look at the clock.</summary>
    public long CpuNs { get; internal set; }

    /// <summary>When it last looked at its pods, in a scrape or between two, CLOCK_MONOTONIC, ns.</summary>
    public long LastLookNs { get; internal set; }

    /// <summary>Scrapes per second over its last second or scrape, whichever is longer.</summary>
    public double ScrapeRate { get; internal set; }

    /// <summary>Share of a core that its thread used in that time.</summary>
    public double CpuShare { get; internal set; }
}
