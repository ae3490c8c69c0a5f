namespace MicroView.Collector;

/// <summary>
/// What an LMAP's transport does around its reads, where it has several in flight: it posts those of a whole pass at once. For the LMAP's thread;
/// neither allocates nor throws, but when the pods have changed.
/// </summary>
internal abstract class ScrapeReads
{
    /// <summary>False while nothing can be read, so that the LMAP need not hurry.</summary>
    public abstract bool IsReady { get; }

    /// <summary>Posts the reads of a pass over <paramref name="pods"/>; the same array means the same pods and sources as before.</summary>
    public abstract void Begin(MonitoredPod[] pods, long nowNs);

    /// <summary>Ends the pass: when it returns, no read is in flight, and no memory that one could land in is touched any more.</summary>
    public abstract void End();
}
