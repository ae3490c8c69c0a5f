using Microsoft.Win32.SafeHandles;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>
/// Opens page sources for pods of a layout. Opening is done by the layout follower, reading by the LMAPs.
/// </summary>
public abstract class PageTransport
{
    /// <summary>The name that <c>--transport</c> takes.</summary>
    public abstract string Name { get; }

    /// <summary>
    /// True when sources are made of the files that the agent hands out, and a source takes over those of the one before; false when each is
    /// opened for itself, and the one before is disposed once no LMAP reads it.
    /// </summary>
    public virtual bool TakesFiles => true;

    /// <summary>Opens a source over a pod's objects.</summary>
    /// <param name="layout">The pod.</param>
    /// <param name="slots">Slots to read.</param>
    /// <param name="former">The source of the same pod until now; null at first, and in a new session. With <see cref="TakesFiles"/> the new
    /// one takes it over with the objects it holds, and it is not to be disposed.</param>
    /// <param name="files">The files of the objects that <paramref name="former"/> does not hold, in order; owned by the source.</param>
    /// <exception cref="IOException">An object cannot be read: what, and why.</exception>
    public abstract PageSource Open(PodLayout layout, int slots, PageSource? former, IReadOnlyList<SafeFileHandle> files);

    /// <summary>The session with the agent is over, by whoever's fault: what is read through its connection alone is stale from now on. Called by the layout follower's caller.</summary>
    internal virtual void EndSession()
    {
    }

    /// <summary>What one LMAP's reads go through; null when they need nothing. Asked once per LMAP.</summary>
    internal virtual ScrapeReads? ReadsOf(int lmap) => null;
}

/// <summary>A source whose opened objects its successor takes over.</summary>
internal interface IHeldObjects
{
    /// <summary>They, in order.</summary>
    IReadOnlyList<ObjectReader> Held { get; }
}

/// <summary>Pods of this machine, through the descriptors that the agent's socket hands out.</summary>
public sealed class SharedMemoryTransport : PageTransport
{
    private ReaderSession _session = new();

    /// <inheritdoc/>
    public override string Name => "shm";

    /// <summary>Reads by way of copies, which can be recorded.</summary>
    internal bool Copies { get; init; }

    /// <inheritdoc/>
    public override PageSource Open(PodLayout layout, int slots, PageSource? former, IReadOnlyList<SafeFileHandle> files)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(files);
        var held = (former as IHeldObjects)?.Held ?? [];
        var opened = new List<ObjectReader>();
        try
        {
            for (var i = 0; i < files.Count; i++)
                opened.Add(Open(layout.Kind, layout.Objects[held.Count + i], files[i]));
            ObjectReader[] all = [.. held, .. opened];
            return Copies
                ? new CopiedSource(all, [.. all.Select((_, i) => ImageReaders.Of(layout.Objects[i]))], slots, _session)
                : new SharedMemorySource(all, slots, _session);
        }
        catch
        {
            foreach (var reader in opened)
                reader.Dispose();
            foreach (var file in files)
                file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    internal override void EndSession()
    {
        _session.IsOver = true;
        _session = new();
    }

    private static ObjectReader Open(PodKind kind, ObjectLayout layout, SafeFileHandle file)
    {
        if (!SlotGeometry.IsValid(layout.Capacity, layout.Stripes, out var problem))
            throw new InvalidDataException($"object {layout.Index}: {problem}");
        var geometry = new SlotGeometry(layout.Capacity, layout.Stripes);
        var reader = kind == PodKind.Rest ? ObjectReader.Positional(file, geometry, layout.Epoch, layout.HeartbeatMs)
            : ObjectReader.Map(file, geometry, layout.Epoch, layout.HeartbeatMs);
        reader.HasRows = layout.RowSlots > 0;
        return reader;
    }
}

/// <summary>A session with the agent of this machine, as those see it who read the memory that it handed out: nothing else tells them as soon that the agent is gone.</summary>
internal sealed class ReaderSession
{
    private volatile bool _isOver;

    /// <summary>Whether it has ended. Thread-safe.</summary>
    public bool IsOver { get => _isOver; set => _isOver = value; }
}

/// <summary>Readers of images for objects that the control plane told of.</summary>
internal static class ImageReaders
{
    /// <exception cref="InvalidDataException">What was told contradicts the page format.</exception>
    public static ImageReader Of(ObjectLayout pages)
    {
        if (!SlotGeometry.IsValid(pages.Capacity, pages.Stripes, out var problem))
            throw new InvalidDataException($"object {pages.Index}: {problem}");
        var geometry = new SlotGeometry(pages.Capacity, pages.Stripes);
        if (pages.RowSlots != 0 && !geometry.CanStamp(pages.RowSlots))
            throw new InvalidDataException($"object {pages.Index}: a row of {pages.RowSlots} slots and its stamp do not fit");
        return new(geometry, pages.Epoch, pages.RowSlots, pages.HeartbeatMs);
    }
}
