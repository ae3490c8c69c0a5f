using System.Buffers.Binary;
using System.Threading;

namespace MicroView.Collector;

/// <summary>
/// Events on their way from one LMAP to the recorder's thread: one writer, one reader, no lock, nothing allocated after the start. Events lie in it whole; the writer commits
/// a pass at once, so that the reader never sees half of one.
/// </summary>
internal sealed class RecordingRing
{
    private readonly byte[] _bytes;
    private readonly int _mask;
    private long _head, _tail; // bytes ever written and read; the writer publishes _head, the reader _tail
    private long _staged, _tailSeen; // the writer's own

    /// <param name="bytes">Capacity, a power of two.</param>
    public RecordingRing(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(System.Numerics.BitOperations.PopCount((uint)bytes), 1);
        _bytes = GC.AllocateUninitializedArray<byte>(bytes, pinned: true);
        _mask = bytes - 1;
    }

    /// <summary>What has been committed.</summary>
    public long Head => Volatile.Read(ref _head);

    /// <summary>What has been read.</summary>
    public long Tail => _tail;

    /// <summary>Room for an event, behind those that are staged; empty when there is none.</summary>
    /// <param name="size">Bytes, a multiple of 8.</param>
    public Span<byte> Stage(int size)
    {
        var at = (int)_staged & _mask;
        var skip = size > _bytes.Length - at ? _bytes.Length - at : 0;
        if (_staged + skip + size - _tailSeen > _bytes.Length)
        {
            _tailSeen = Volatile.Read(ref _tail);
            if (_staged + skip + size - _tailSeen > _bytes.Length)
                return default;
        }
        if (skip > 0)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(_bytes.AsSpan(at), 0); // a skip
            (_staged, at) = (_staged + skip, 0);
        }
        Staged = _staged;
        _staged += size;
        return _bytes.AsSpan(at, size);
    }

    /// <summary>Where the event that was staged last begins. For the writer.</summary>
    public long Staged { get; private set; }

    /// <summary>An event that is staged and not committed. For the writer.</summary>
    public Span<byte> Again(long position, int size) => _bytes.AsSpan((int)position & _mask, size);

    /// <summary>Forgets what was staged and not committed.</summary>
    public void Rollback() => _staged = _head;

    /// <summary>Hands over what is staged.</summary>
    public void Commit() => Volatile.Write(ref _head, _staged);

    /// <summary>The committed events up to a position, as many as lie in one piece; empty when there are none. For the reader.</summary>
    public Span<byte> Peek(long limit)
    {
        if (_tail < limit && IsSkip((int)_tail & _mask))
            Release(_bytes.Length - ((int)_tail & _mask));
        var (at, end) = ((int)_tail & _mask, (int)_tail & _mask);
        while (_tail + (end - at) < limit && end < _bytes.Length && !IsSkip(end))
            end += RecordingFormat.SizeOf(BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(end)));
        return _bytes.AsSpan(at, end - at);
    }

    /// <summary>Gives room back. For the reader.</summary>
    public void Release(int bytes) => Volatile.Write(ref _tail, _tail + bytes);

    private bool IsSkip(int at) => _bytes[at + 4] == (byte)RecordedKind.Skip;
}
