using MicroView.Protocol;

namespace MicroView.Conformance;

/// <summary>A pod whose pages a case writes, as its client and its agent would.</summary>
/// <param name="name">Its id.</param>
/// <param name="kind">How shared memory reads it.</param>
/// <param name="pages">Its objects, in order; more may be added.</param>
public sealed class ScenePod(string name, PodKind kind, params PageObject[] pages)
{
    private ulong _beats;

    public string Name => name;

    public PodKind Kind => kind;

    public List<PageObject> Pages { get; } = [.. pages];

    /// <summary>Its first object.</summary>
    public PageObject Page => Pages[0];

    /// <summary>Moves the heartbeat of every object.</summary>
    public void Beat()
    {
        _beats++;
        foreach (var page in Pages)
            page.Heartbeat = _beats;
    }

    /// <summary>What the control plane would tell of it, but for what a transport adds.</summary>
    public PodLayout Layout(int slots) => new()
    {
        Pod = name, Kind = kind, Slots = slots, Generation = 1,
        Descriptors = [.. Enumerable.Range(0, slots).Select(slot => new SlotDescriptor { Name = $"m{slot}", Type = MetricType.Gauge })],
        Objects = [.. Pages.Select((page, index) => new ObjectLayout(index, page.Geometry.Capacity, page.Geometry.Stripes, page.Epoch) { RowSlots = page.RowSlots })],
    };

    /// <summary>Overwrites a field of an object's header, as a client can that has gone mad.</summary>
    /// <param name="field">Its offset in the header.</param>
    /// <param name="bits">What is to stand there.</param>
    /// <param name="page">The object.</param>
    public void Scribble(int field, ulong bits, int page = 0) =>
        Expect.True(MemoryFile.WriteAt(Pages[page].File, PageFormat.HeaderOffset + field, bits), "the header can be written");
}
