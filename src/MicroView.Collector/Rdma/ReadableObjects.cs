using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>What of a pod can be read by RDMA: its objects in order, as far as they are registered for what the layout says they hold.</summary>
/// <param name="Readers">A reader per object; at least one, even when nothing is registered.</param>
/// <param name="Slots">The slots in them.</param>
/// <param name="Regions">Where they are; none: nothing can be read.</param>
/// <param name="Problem">What cannot be read, and why; null: everything can.</param>
internal sealed record ReadableObjects(IReadOnlyList<ImageReader> Readers, int Slots, IReadOnlyList<ObjectRegion> Regions, string? Problem)
{
    /// <exception cref="InvalidDataException">The layout contradicts the page format.</exception>
    public static ReadableObjects Of(PodLayout layout, int slots)
    {
        var told = layout.Regions ?? [];
        var readers = new List<ImageReader>();
        var regions = new List<ObjectRegion>();
        var (left, readable) = (slots, 0);
        string? problem = null;
        foreach (var pages in layout.Objects)
        {
            var reader = ImageReaders.Of(pages);
            var wanted = Math.Min(left, reader.Geometry.Slots);
            if (wanted == 0 && readers.Count > 0)
                break; // nothing is in it yet
            var region = readers.Count < told.Count && told[readers.Count].Index == pages.Index ? told[readers.Count] : null;
            var fits = region is null ? -1 : Math.Min(wanted, Fitting(reader, region.Values.Size));
            if (fits > 0 || fits == wanted)
            {
                readers.Add(reader);
                regions.Add(region!);
                (readable, left) = (readable + fits, left - fits);
            }
            if (fits == wanted)
                continue;
            // Objects are full but for the last, so what lies behind a gap has no place in the row.
            problem = $"{slots - readable} of its {slots} slots are not registered for RDMA and not read; the agent's log says why (often the memlock limit)";
            break;
        }
        if (readers.Count == 0 && layout.Objects.Count > 0)
            readers.Add(ImageReaders.Of(layout.Objects[0]));
        return new(readers, readable, regions, problem);
    }

    /// <summary>Slots whose lines are all inside a region that begins at the header. A stamped row is read whole or not at all.</summary>
    private static int Fitting(ImageReader reader, long size)
    {
        if (reader.RowSlots > 0)
            return reader.Geometry.StampedBytes(reader.RowSlots) - PageFormat.HeaderOffset <= size ? reader.RowSlots : 0;
        var lines = (size - PageFormat.HeaderSize) / (PageFormat.LineSize * reader.Geometry.Stripes);
        return (int)Math.Clamp(lines * PageFormat.SlotsPerLine, 0, reader.Geometry.Slots);
    }
}
