using Microsoft.Win32.SafeHandles;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>Pods out of a recording. For the replay's thread.</summary>
internal sealed class RecordingTransport : PageTransport
{
    private readonly Dictionary<string, RecordedSource> _told = new(StringComparer.Ordinal);
    private readonly Dictionary<uint, RecordingSource> _sources = [];

    /// <inheritdoc/>
    public override string Name => "recording";

    /// <inheritdoc/>
    public override bool TakesFiles => false;

    /// <summary>The pass whose images the sources hold; passes of all LMAPs are counted up from 1.</summary>
    public long Pass { get; private set; }

    public void BeginPass() => Pass++;

    /// <summary>The sources of the layout that is applied next.</summary>
    public void Announce(IReadOnlyList<RecordedSource> sources)
    {
        _told.Clear();
        foreach (var source in sources)
            _told[source.Pod] = source;
    }

    /// <summary>The source of images with an id; null: there is none now.</summary>
    public RecordingSource? Find(uint id) => _sources.GetValueOrDefault(id);

    /// <inheritdoc/>
    public override PageSource Open(PodLayout layout, int slots, PageSource? former, IReadOnlyList<SafeFileHandle> files)
    {
        ArgumentNullException.ThrowIfNull(layout);
        if (!_told.TryGetValue(layout.Pod, out var told))
            throw new InvalidDataException("it could not be read when it was recorded either");
        if (told.Objects > layout.Objects.Count || told.Slots > slots)
            throw new InvalidDataException($"the recording reads {told.Slots} slots in {told.Objects} objects of it, and the layout has fewer");
        var source = new RecordingSource(told, [.. layout.Objects.Take(told.Objects).Select(ImageReaders.Of)], this);
        _sources[told.Id] = source;
        return source;
    }

    /// <summary>A source was disposed.</summary>
    public void Forget(RecordingSource source)
    {
        if (ReferenceEquals(_sources.GetValueOrDefault(source.Id), source))
            _sources.Remove(source.Id);
    }
}
