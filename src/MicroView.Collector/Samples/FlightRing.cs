using System.Threading;

namespace MicroView.Collector;

/// <summary>
/// The last rows of a pod, in order: the LMAP writes, one other thread reads. No lock, no wait, nothing allocated: the writer overwrites the oldest row, and a reader who was
/// overtaken sees it.
/// </summary>
/// <remarks>
/// The contract. A row has a position, counted from the pod's first. The writer (1) announces that it begins row n, which takes the place of row n − capacity; (2) writes word and
/// values; (3) publishes n + 1 as the head. Stores of (2) pass neither the announcement, for which a write barrier stands between, nor the head, which is a release store. A reader
/// takes positions below the head alone (an acquire load), copies, and then looks, behind a read barrier, whether the row that takes this place has been announced: if it has, the copy
/// may be of two rows and is thrown away. Words lie apart from values, so that going through times touches one cache line per eight rows.
/// </remarks>
internal sealed class FlightRing
{
    private readonly long[] _words; // time, ms, and the alarm in the lowest bit
    private readonly double[] _rows;
    private long _first, _begun, _head;

    /// <param name="slots">Values of a row.</param>
    /// <param name="capacity">Rows.</param>
    public FlightRing(int slots, int capacity)
    {
        (Slots, Capacity) = (slots, capacity);
        _words = new long[capacity];
        _rows = new double[checked(capacity * slots)];
    }

    /// <summary>Values of a row.</summary>
    public int Slots { get; }

    /// <summary>Rows that it holds.</summary>
    public int Capacity { get; }

    /// <summary>Rows of it that are left to the writer while the reader is on its way.</summary>
    public int Reserve { get; init; } = 1;

    /// <summary>What it takes.</summary>
    public long Bytes => BytesOf(Slots, Capacity);

    /// <summary>The position of the next row: all below are whole.</summary>
    public long Head => Volatile.Read(ref _head);

    /// <summary>The lowest position that may still be read.</summary>
    public long Oldest => Math.Max(_first, Volatile.Read(ref _begun) - Capacity);

    public static long BytesOf(int slots, long capacity) => capacity * (slots + 1) * sizeof(double);

    /// <summary>Begins a row: its values, to be filled. For the writer.</summary>
    public Span<double> Begin()
    {
        Volatile.Write(ref _begun, _head + 1);
        Volatile.WriteBarrier();
        return _rows.AsSpan((int)(_head % Capacity) * Slots, Slots);
    }

    /// <summary>Publishes the row that was begun. For the writer.</summary>
    public void Publish(long timeMs, bool isAlarm)
    {
        _words[(int)(_head % Capacity)] = timeMs << 1 | (isAlarm ? 1L : 0);
        Volatile.Write(ref _head, _head + 1);
    }

    /// <summary>When a row was sampled, and whether the alarm was open after it; false when it is gone.</summary>
    public bool TryTime(long position, out long timeMs, out bool isAlarm)
    {
        var word = _words[(int)(position % Capacity)];
        (timeMs, isAlarm) = (word >> 1, (word & 1) != 0);
        return IsWhole(position);
    }

    /// <summary>A row's values; false when it is gone.</summary>
    public bool TryRow(long position, Span<double> row)
    {
        _rows.AsSpan((int)(position % Capacity) * Slots, Slots).CopyTo(row);
        return IsWhole(position);
    }

    /// <summary>Takes over the newest rows of another ring, at their positions. For the writer of both, before this one is published.</summary>
    /// <param name="former">The other.</param>
    /// <param name="behind">How many values stand behind the slots in either; they stay last. What is new between is NaN.</param>
    public void TakeOver(FlightRing former, int behind)
    {
        var head = former._head;
        var count = (int)Math.Min(Math.Min(former.Capacity, head - former._first), Capacity);
        var slots = Math.Min(former.Slots, Slots) - behind;
        _first = _begun = _head = head - count;
        for (var position = head - count; position < head; position++)
        {
            var from = former._rows.AsSpan((int)(position % former.Capacity) * former.Slots, former.Slots);
            var to = Begin();
            to.Fill(double.NaN);
            from[..slots].CopyTo(to);
            from[^behind..].CopyTo(to[^behind..]);
            var word = former._words[(int)(position % former.Capacity)];
            Publish(word >> 1, (word & 1) != 0);
        }
    }

    private bool IsWhole(long position)
    {
        Volatile.ReadBarrier(); // the loads before must not pass the next one
        return position >= _first && Volatile.Read(ref _begun) - position <= Capacity;
    }
}
