namespace MicroView.Export;

/// <summary>Gives a series group its row of values at each scrape: one call per group, never one per value.</summary>
public interface IRowSource
{
    /// <summary>
    /// Fills <paramref name="row"/> with one consistent snapshot, indexed by slot. Called by the scraping thread, under the
    /// document's lock: it must only copy, and not touch the document. A slot that it leaves alone is absent, as is a histogram with a NaN
    /// among its buckets.
    /// </summary>
    /// <returns>False when there is nothing fresh: the group's series are then absent from this scrape.</returns>
    bool TryRead(Span<double> row);
}
