using System.Threading;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>
/// A layout on its way into a recording. Made by the layout follower, told by each LMAP where in its own passes it began to work by it, and written there by the recorder's thread.
/// </summary>
internal sealed class RecordedStep(LayoutUpdate update, bool isNewSession, long timeNs, int lmaps)
{
    private const long NotWaited = -2, Waited = -1;
    private readonly long[] _positions = [.. Enumerable.Repeat(NotWaited, lmaps)];

    public long TimeNs => timeNs;

    /// <summary>What was opened.</summary>
    public List<RecordedSource> Sources { get; } = [];

    /// <summary>An LMAP is going to apply the step.</summary>
    public void WaitFor(int lmap) => _positions[lmap] = Waited;

    /// <summary>It does so now, between two passes. On its thread.</summary>
    public void Applied(LmapRecorder recorder, int lmap) => Volatile.Write(ref _positions[lmap], recorder.Ring.Head);

    /// <summary>Where an LMAP applied it; null: it has not, or need not.</summary>
    public long? PositionOf(int lmap) => Volatile.Read(ref _positions[lmap]) is >= 0 and var position ? position : null;

    /// <summary>True when all that comes before it has been taken out of the rings.</summary>
    public bool IsReached(LmapRecorder[] recorders)
    {
        for (var i = 0; i < recorders.Length; i++)
            if (_positions[i] != NotWaited && (PositionOf(i) is not { } position || recorders[i].Ring.Tail < position))
                return false;
        return true;
    }

    /// <summary>As it is written: the keys to pods' memory are nobody's business.</summary>
    public RecordedLayout ToLayout() => new(update with { Pods = [.. update.Pods.Select(pod => pod with { Regions = null })] }, isNewSession, Sources);
}
