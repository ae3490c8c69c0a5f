using System.Buffers.Binary;
using System.Threading;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>
/// Takes down what one LMAP reads: a pass, and in it an event for each object, or for a pod of which nothing could be fetched. For the LMAP's thread; neither allocates,
/// locks nor waits: what the ring has no room for is left out and counted.
/// </summary>
internal sealed class LmapRecorder(int lmap, RecordingRing ring)
{
    private static readonly int s_passSize = RecordingFormat.SizeOf(RecordingFormat.PassPayload);
    private long _lost, _lostTold, _pass;
    private uint _reads;
    private bool _inPass;
    private volatile bool _stopped;

    public RecordingRing Ring => ring;

    /// <summary>Images left out so far. For any thread.</summary>
    public long Lost => Volatile.Read(ref _lost);

    /// <summary>Nothing is to be taken down any more. For any thread.</summary>
    public void Stop() => _stopped = true;

    public void Begin(long nowNs, bool looks)
    {
        (_inPass, _reads) = (false, 0);
        ring.Rollback();
        if (_stopped || Stage(RecordedKind.Pass, looks ? RecordingFormat.LooksFlag : (byte)0, (uint)lmap, RecordingFormat.PassPayload) is not { IsEmpty: false } payload)
            return;
        BinaryPrimitives.WriteInt64LittleEndian(payload, nowNs);
        (_inPass, _pass) = (true, ring.Staged);
    }

    /// <summary>An image of an object; false: it is left out.</summary>
    public bool Image(uint source, int index, ReadOnlySpan<byte> bytes, bool isConfirmed)
    {
        var flags = isConfirmed ? RecordingFormat.ConfirmedFlag : (byte)0;
        if (!_inPass || Stage(RecordedKind.Image, flags, source, RecordingFormat.ImagePrefix + bytes.Length) is not { IsEmpty: false } payload)
            return Lose();
        BinaryPrimitives.WriteUInt64LittleEndian(payload, (uint)index);
        bytes.CopyTo(payload[RecordingFormat.ImagePrefix..]);
        _reads++;
        return true;
    }

    /// <summary>Nothing of a pod could be fetched.</summary>
    public void Missing(uint source, RowStatus why)
    {
        if (!_inPass || Stage(RecordedKind.Missing, 0, source, RecordingFormat.MissingPayload) is not { IsEmpty: false } payload)
        {
            Lose();
            return;
        }
        BinaryPrimitives.WriteUInt32LittleEndian(payload, (uint)why);
        _reads++;
    }

    /// <summary>The pass is over, and the recorder's thread may have it.</summary>
    public void End()
    {
        if (!_inPass)
            return;
        var payload = ring.Again(_pass, s_passSize)[RecordingFormat.EventSize..];
        BinaryPrimitives.WriteUInt32LittleEndian(payload[8..], _reads);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[12..], (uint)Math.Min(_lost - _lostTold, uint.MaxValue));
        _lostTold = _lost;
        ring.Commit();
    }

    private bool Lose()
    {
        if (!_stopped)
            Volatile.Write(ref _lost, _lost + 1);
        return false;
    }

    private Span<byte> Stage(RecordedKind kind, byte flags, uint id, int payload)
    {
        var at = ring.Stage(RecordingFormat.SizeOf(payload));
        if (at.IsEmpty)
            return default;
        RecordingFormat.WriteEvent(at, kind, flags, id, payload);
        return at[RecordingFormat.EventSize..];
    }
}

/// <summary>Where a source's images go, and what was last recorded of each of its objects. For the LMAP's thread, from the source's first read on.</summary>
/// <param name="recorder">Its LMAP's recorder.</param>
/// <param name="id">The source's id.</param>
/// <param name="objects">How many objects.</param>
internal sealed class ImageTap(LmapRecorder recorder, uint id, int objects)
{
    private const ulong Unknown = ulong.MaxValue; // odd: no row has it
    private readonly ulong[] _recorded = Enumerable.Repeat(Unknown, objects).ToArray();
    private readonly bool[] _isWhole = new bool[objects];

    /// <summary>An image from which a row was taken, or was to be.</summary>
    /// <param name="index">The object.</param>
    /// <param name="image">The image; empty: the object could not be read.</param>
    /// <param name="status">What it gave.</param>
    /// <param name="isConfirmed">Its sequence was looked at twice.</param>
    public void Read(int index, ReadOnlySpan<byte> image, RowStatus status, bool isConfirmed)
    {
        if (status == RowStatus.Unreadable || image.Length < PageFormat.HeaderSize)
        {
            if (recorder.Image(id, index, [], isConfirmed: false))
                _isWhole[index] = false;
            return;
        }
        // Where the row does not count, a reader looks no further than the header, once it has had an image.
        var sequence = PageFormat.RowSequenceOf(image);
        if (_isWhole[index] && status is not (RowStatus.Fresh or RowStatus.Torn) && (status != RowStatus.Unchanged || sequence == _recorded[index]))
            recorder.Image(id, index, image[..PageFormat.HeaderSize], isConfirmed);
        else if (recorder.Image(id, index, image, isConfirmed))
            (_isWhole[index], _recorded[index]) = (true, status is RowStatus.Fresh or RowStatus.Unchanged ? sequence : Unknown);
    }

    /// <summary>An image of which only the header was looked at.</summary>
    public void Look(int index, ReadOnlySpan<byte> image) => recorder.Image(id, index, image[..Math.Min(image.Length, PageFormat.HeaderSize)], isConfirmed: false);

    /// <summary>Nothing could be fetched.</summary>
    public void Missing(RowStatus why) => recorder.Missing(id, why);
}
