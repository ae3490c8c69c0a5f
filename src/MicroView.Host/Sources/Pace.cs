namespace MicroView.Host;

/// <summary>How often one pod gets a row. A steady cadence matters: rates over 100 ms vary more than rates over 1 s.</summary>
internal sealed class Pace
{
    /// <summary>At every tick; else once per slow interval, at its phase.</summary>
    internal bool IsFast { get; set; }

    /// <summary>The tick of the slow interval at which a slow pod is due.</summary>
    internal int Phase { get; set; }

    /// <summary>Cores used of late: half of it forgotten each second.</summary>
    internal double Cores { get; private set; }

    /// <summary>When it was last among the busiest.</summary>
    internal long LastBusyNs { get; set; }

    /// <summary>Processes that ran since the last row: what a row costs.</summary>
    internal int Weight { get; set; } = 1;

    internal void Measure(long cpuNs, long elapsedNs)
    {
        if (elapsedNs <= 0)
            return;
        var keep = double.Exp2(-elapsedNs / 1e9);
        Cores = keep * Cores + (1 - keep) * Math.Max(0, cpuNs) / elapsedNs;
    }
}
