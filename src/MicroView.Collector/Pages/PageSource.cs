using MicroView.Analysis;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>
/// What reads one pod's pages into a row of slots: by shared memory, by RDMA, or out of a recording. Belongs to
/// one LMAP's thread from <see cref="Activate"/> on. A read neither allocates nor throws.
/// </summary>
public abstract class PageSource : IDisposable
{
    /// <summary>The generation that stood in the pod's header at the last read; 0: no read has seen one.</summary>
    public ulong Generation { get; protected set; }

    /// <summary>
    /// When the last fresh row was sampled, CLOCK_MONOTONIC of the host, ns; 0 for live stores, which the reader times itself.
    /// </summary>
    public long RowTimeNs { get; protected set; }

    /// <summary>False when rows are timed by another machine's clock, of which only differences mean something here.</summary>
    public virtual bool SharesClock => true;

    /// <summary>Slots that a read fills; the rest of the row is left as it is.</summary>
    public abstract int Slots { get; }

    /// <summary>Called by the LMAP's thread when it adopts the source, before the first read.</summary>
    public abstract void Activate();

    /// <summary>Reads the pod's row, folded over stripes.</summary>
    /// <param name="row">At least <see cref="Slots"/> doubles; written when the answer is Fresh or Torn.</param>
    /// <param name="nowNs">The reader's monotonic clock, ns.</param>
    public abstract RowStatus Read(Span<double> row, long nowNs);

    /// <summary>Looks at the headers alone, and takes no row.</summary>
    /// <param name="nowNs">The reader's monotonic clock, ns.</param>
    /// <returns>Fresh when nothing is wrong with them, else what is.</returns>
    public abstract RowStatus Look(long nowNs);

    /// <summary>Adds what a read touches in this machine's memory.</summary>
    internal virtual void AddTo(WorkingSet set) => set.Add(this, 128);

    /// <summary>Gives the memory back. Only when no LMAP reads it any more; a read after it finds the pod unreadable.</summary>
    public abstract void Dispose();
}
