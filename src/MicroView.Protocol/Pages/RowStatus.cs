namespace MicroView.Protocol;

/// <summary>What one read of an object gave.</summary>
public enum RowStatus : byte
{
    /// <summary>New values: a row of live stores, or a batch row not seen before.</summary>
    Fresh,

    /// <summary>The batch row is the one that was read last time, or there is none yet; no values are written.</summary>
    Unchanged,

    /// <summary>The writer was inside the row at each try; read it at the next scrape.</summary>
    Torn,

    /// <summary>The heartbeat stands still: the agent is gone or the view is detached. The values must not pass for fresh.</summary>
    Stale,

    /// <summary>Magic, version or epoch are not what was announced: the pod is quarantined.</summary>
    Quarantined,

    /// <summary>The object could not be read at all: it is shorter than its layout says, or the read failed.</summary>
    Unreadable,
}
