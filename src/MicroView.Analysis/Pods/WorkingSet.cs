using System.Runtime.CompilerServices;

namespace MicroView.Analysis;

/// <summary>
/// The memory that a pod's next row will touch, line by line, so that whoever goes from pod to pod can have the next one's fetched while it works on this one's. The
/// addresses are hints and only that: by the time they are used an object may have moved or be gone, which costs time and nothing else. Not thread-safe.
/// </summary>
public sealed class WorkingSet
{
    /// <summary>Bytes of a cache line.</summary>
    public const int LineBytes = 64;

    private const int MostLinesPerRange = LineBytes - 1;

    private nint[] _ranges = new nint[32];
    private int _count;

    /// <summary>The ranges added, in order: the address of the first line, and in its low six bits how many lines.</summary>
    public ReadOnlySpan<nint> Ranges => _ranges.AsSpan(0, _count);

    /// <summary>Lines in all ranges.</summary>
    public int Lines { get; private set; }

    /// <summary>Forgets all ranges.</summary>
    public void Clear() => (_count, Lines) = (0, 0);

    /// <summary>Adds <paramref name="bytes"/> bytes from <paramref name="address"/> on; nothing when there is none.</summary>
    public void Add(nint address, int bytes)
    {
        if (address == 0 || bytes <= 0)
            return;
        var line = address & ~(nint)(LineBytes - 1);
        for (var lines = (int)((address + bytes - line + LineBytes - 1) / LineBytes); lines > 0; lines -= MostLinesPerRange, line += MostLinesPerRange * LineBytes)
            Append(line, Math.Min(lines, MostLinesPerRange));
    }

    /// <summary>Where three objects lie, in one number; it tells that one of them has moved, not where to.</summary>
    public static nint Mark(object? first, object? second, object? third) =>
        Unsafe.As<object?, nint>(ref first) ^ nint.RotateLeft(Unsafe.As<object?, nint>(ref second), 21) ^ nint.RotateLeft(Unsafe.As<object?, nint>(ref third), 42);

    /// <summary>Adds an object of about <paramref name="bytes"/> bytes.</summary>
    public void Add(object? target, int bytes)
    {
        if (target is not null)
            Add(Unsafe.As<object, nint>(ref target), bytes);
    }

    /// <summary>Adds an array with its elements.</summary>
    public void Add<T>(T[]? array)
    {
        if (array is { Length: > 0 })
            Add(array, 2 * sizeof(long) + array.Length * Unsafe.SizeOf<T>());
    }

    private void Append(nint line, int lines)
    {
        if (_count == _ranges.Length)
            Array.Resize(ref _ranges, 2 * _count);
        _ranges[_count++] = line | lines;
        Lines += lines;
    }
}
