namespace MicroView.Host;

/// <summary>
/// The series of one target by the bytes of their text, each with its cell. A target writes its series in the same order each time, so the one that
/// followed last time is tried first and the hash is for the rest. Finding allocates nothing. For one thread.
/// </summary>
internal sealed class SeriesTable
{
    /// <summary>A series that is known and passed over.</summary>
    internal const int Ignored = -1;

    /// <summary>A series whose cell was taken away: to be looked at as a new one.</summary>
    internal const int Unbound = -2;

    /// <summary>A series that a page cannot take: counted each time, and passed over.</summary>
    internal const int Invalid = -3;

    private const int MaxBytes = 32 << 20; // with hostile label values; 10,000 usual series have 1 MiB

    private byte[] _bytes = new byte[4096];
    private Entry[] _entries = new Entry[64];
    private int[] _buckets = new int[128]; // an entry's number plus 1
    private int _used, _expected, _last = -1, _first;

    /// <summary>Series known, in all spellings, the ignored ones included.</summary>
    internal int Count { get; private set; }

    /// <summary>The next line is the first of a scrape.</summary>
    internal void Restart() => (_expected, _last) = (_first, -1);

    /// <summary>Finds the series that a line begins with by what followed the last one; -1 when it is another.</summary>
    internal int Expect(ReadOnlySpan<byte> line, out int length)
    {
        length = 0;
        if ((uint)_expected >= (uint)Count)
            return -1;
        ref var entry = ref _entries[_expected];
        length = entry.Length;
        if (line.Length <= length || line[length] is not ((byte)' ' or (byte)'\t') || !line.StartsWith(_bytes.AsSpan(entry.Offset, length)))
            return -1;
        var behind = SeriesText.SkipBlanks(line, length);
        if (behind < line.Length && line[behind] == (byte)'{')
            return -1; // its labels follow: a longer series
        return Follow(_expected);
    }

    /// <summary>Finds a series by its text; -1 when it is new.</summary>
    internal int Find(ReadOnlySpan<byte> series)
    {
        var hash = Hash(series);
        for (var i = _buckets[hash & (uint)(_buckets.Length - 1)] - 1; i >= 0; i = _entries[i].Next)
            if (_entries[i].Hash == hash && series.SequenceEqual(_bytes.AsSpan(_entries[i].Offset, _entries[i].Length)))
                return Follow(i);
        return -1;
    }

    /// <summary>The cell of an entry, <see cref="Ignored"/> or <see cref="Unbound"/>.</summary>
    internal int CellOf(int entry) => _entries[entry].Cell;

    internal void Bind(int entry, int cell) => _entries[entry].Cell = cell;

    /// <summary>Series whose cell is in the stretch that begins at a cell get those of <paramref name="to"/>.</summary>
    internal void Rebind(int firstCell, int[] to)
    {
        for (var i = 0; i < Count; i++)
            if (_entries[i].Cell >= firstCell && _entries[i].Cell < firstCell + to.Length)
                _entries[i].Cell = to[_entries[i].Cell - firstCell];
    }

    /// <summary>Adds a series that is not there; false when its text finds no room.</summary>
    internal bool TryAdd(ReadOnlySpan<byte> series, int cell)
    {
        if (_used + series.Length > MaxBytes)
            return false;
        if (_used + series.Length > _bytes.Length)
            Array.Resize(ref _bytes, Math.Min(Math.Max(_bytes.Length * 2, _used + series.Length), MaxBytes));
        if (Count == _entries.Length)
            Grow();
        series.CopyTo(_bytes.AsSpan(_used));
        var hash = Hash(series);
        ref var bucket = ref _buckets[hash & (uint)(_buckets.Length - 1)];
        _entries[Count] = new() { Offset = _used, Length = series.Length, Hash = hash, Cell = cell, Next = bucket - 1, Follower = Count + 1 };
        bucket = ++Count;
        _used += series.Length;
        return true;
    }

    private int Follow(int entry)
    {
        if (_last < 0)
            _first = entry;
        else
            _entries[_last].Follower = entry;
        _last = entry;
        _expected = _entries[entry].Follower;
        return entry;
    }

    private void Grow()
    {
        Array.Resize(ref _entries, Count * 2);
        _buckets = new int[_entries.Length * 2];
        for (var i = 0; i < Count; i++)
        {
            ref var bucket = ref _buckets[_entries[i].Hash & (uint)(_buckets.Length - 1)];
            _entries[i].Next = bucket - 1;
            bucket = i + 1;
        }
    }

    /// <summary>Seeded per process: nobody can make all series of a target fall into one bucket.</summary>
    private static uint Hash(ReadOnlySpan<byte> series)
    {
        var hash = new HashCode();
        hash.AddBytes(series);
        return (uint)hash.ToHashCode();
    }

    private struct Entry
    {
        internal int Offset, Length, Cell, Next, Follower;
        internal uint Hash;
    }
}
