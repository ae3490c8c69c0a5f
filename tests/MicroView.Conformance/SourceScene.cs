using MicroView.Collector;
using MicroView.Protocol;

namespace MicroView.Conformance;

/// <summary>
/// A transport of pages as the cases see it: it opens sources over real pages and reads them pass by pass, with the time that the case says. Each kind of page source has one; a scene serves one case.
/// </summary>
public abstract class SourceScene : IDisposable
{
    /// <summary>Smallest object: two pages.</summary>
    public static SlotGeometry Small(int stripes = 1) => new(2 * PageFormat.PageSize, stripes);

    /// <summary>Rows that a case about races is to take: more where reading is quick.</summary>
    public virtual int ManyRows => 5000;

    /// <summary>A pod with one object, of this process.</summary>
    /// <param name="geometry">The object's; null: the smallest.</param>
    /// <param name="rowSlots">Slots of its rows, where they are stamped.</param>
    /// <param name="mayVanish">The case takes the object away with <see cref="Vanish"/>.</param>
    public virtual ScenePod Create(SlotGeometry? geometry = null, int rowSlots = 0, bool mayVanish = false)
    {
        var page = PageObject.Create("conformance", geometry ?? Small());
        page.RowSlots = rowSlots;
        return new ScenePod($"pod{Guid.NewGuid():N}", PodKind.Socket, page);
    }

    /// <summary>Opens a source; it is read from the next pass on, in place of the former one.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="slots">Slots that its layout has now.</param>
    /// <param name="former">The source of the same pod until now.</param>
    public abstract PageSource Open(ScenePod pod, int slots, PageSource? former = null);

    /// <summary>Makes a pass in which this source is read.</summary>
    public abstract RowStatus Read(PageSource source, Span<double> row, long nowNs);

    /// <summary>Makes a pass in which its headers are looked at.</summary>
    public abstract RowStatus Look(PageSource source, long nowNs);

    /// <summary>The object of a pod that may vanish cannot be read any more.</summary>
    public abstract void Vanish(ScenePod pod);

    public abstract void Dispose();
}
