using System.Numerics;
using System.Runtime.InteropServices;

namespace MicroView.Client;

/// <summary>
/// From tags, as a caller passes them, to a metric. Reading takes no lock and allocates nothing; an entry, once published, does not
/// change, except for its metric. Only strings, numbers, booleans, enumerations and nulls are kept as values: others may change.
/// </summary>
internal sealed class TagTable
{
    private readonly object _gate = new(); // System.Threading.Lock is not in net8.0
    private Entry?[] _entries = new Entry?[8];

    /// <summary>How many sets of tags are kept.</summary>
    internal int Count { get; private set; }

    /// <summary>Hashes the values; false when one of them cannot be kept.</summary>
    internal static bool TryHash(ReadOnlySpan<KeyValuePair<string, object?>> tags, out int hash)
    {
        var mixed = (ulong)tags.Length;
        hash = 0;
        foreach (ref readonly var tag in tags)
        {
            if (tag.Value is string text)
                mixed = (mixed ^ Digest(text)) * 0x9E37_79B9_7F4A_7C15;
            else if (tag.Value is null)
                mixed *= 31;
            else if (tag.Value.GetType() is { IsPrimitive: true } or { IsEnum: true })
                mixed = (mixed ^ (uint)tag.Value.GetHashCode()) * 0x9E37_79B9_7F4A_7C15;
            else
                return false;
        }
        hash = (int)(mixed >> 32);
        return true;
    }

    /// <summary>The metric of these tags in this order, or null.</summary>
    internal Metric? Find(ReadOnlySpan<KeyValuePair<string, object?>> tags, int hash) => FindEntry(tags, hash)?.Metric;

    /// <summary>Adds or replaces.</summary>
    internal void Set(ReadOnlySpan<KeyValuePair<string, object?>> tags, int hash, Metric metric)
    {
        lock (_gate)
        {
            if (FindEntry(tags, hash) is { } known)
            {
                known.Metric = metric;
                return;
            }
            if (Count * 2 >= _entries.Length)
                Volatile.Write(ref _entries, Grown());
            Put(_entries, new(hash, tags.ToArray(), metric));
            Count++;
        }
    }

    private static void Put(Entry?[] entries, Entry entry)
    {
        var at = entry.Hash & (entries.Length - 1);
        while (entries[at] is not null)
            at = (at + 1) & (entries.Length - 1);
        Volatile.Write(ref entries[at], entry);
    }

    /// <summary>Length, first and last eight bytes: enough to tell real values apart; equality decides.</summary>
    private static ulong Digest(string text)
    {
        if (text.Length >= 4)
        {
            var bytes = MemoryMarshal.AsBytes(text.AsSpan());
            var ends = MemoryMarshal.Read<ulong>(bytes) ^ BitOperations.RotateLeft(MemoryMarshal.Read<ulong>(bytes[^8..]), 23);
            return ends + (ulong)text.Length;
        }
        var digest = (ulong)text.Length;
        foreach (var c in text)
            digest = digest << 16 | c;
        return digest;
    }

    private Entry? FindEntry(ReadOnlySpan<KeyValuePair<string, object?>> tags, int hash)
    {
        var entries = _entries;
        for (var at = hash & (entries.Length - 1); entries[at] is { } entry; at = (at + 1) & (entries.Length - 1))
            if (entry.Hash == hash && Same(entry.Tags, tags))
                return entry;
        return null;
    }

    private static bool Same(KeyValuePair<string, object?>[] kept, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (kept.Length != tags.Length)
            return false;
        for (var i = 0; i < kept.Length; i++)
        {
            if (!string.Equals(kept[i].Key, tags[i].Key))
                return false;
            var (a, b) = (kept[i].Value, tags[i].Value);
            if (ReferenceEquals(a, b))
                continue;
            if (a is string text ? !(b is string other && string.Equals(text, other)) : a is null || !a.Equals(b))
                return false;
        }
        return true;
    }

    private Entry?[] Grown()
    {
        var grown = new Entry?[_entries.Length * 2];
        foreach (var entry in _entries)
            if (entry is not null)
                Put(grown, entry);
        return grown;
    }

    private sealed class Entry(int hash, KeyValuePair<string, object?>[] tags, Metric metric)
    {
        internal readonly int Hash = hash;
        internal readonly KeyValuePair<string, object?>[] Tags = tags;
        internal volatile Metric Metric = metric;
    }
}
