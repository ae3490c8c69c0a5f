using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MicroView.Analysis;

/// <summary>
/// A row of doubles that starts on a cache line: a 64-byte load from an ordinary array crosses two of them at each step. Zero at
/// first. Its memory never moves; it is freed with the last reference. Copies are the same row; not thread-safe where one of them writes.
/// </summary>
public readonly struct AlignedRow
{
    private const int LineBytes = 64;

    // Of rows that long, the same value of several would lie in the same few lines of the nearest cache, or pass for each other on the way there.
    private const int LongRow = 128;

    private readonly double[] _array;
    private readonly int _start;

    /// <summary>A row of <paramref name="length"/> doubles.</summary>
    public AlignedRow(int length) : this(length, Allocate(length, out var start), start)
    {
    }

    private AlignedRow(int length, double[] array, int start) => (Length, _array, _start) = (length, array, start);

    /// <summary>Rows of <paramref name="length"/> doubles behind one another in one array, whose length, read at each use of a row, is then one more line for all of them and not for each.</summary>
    public static AlignedRow[] Block(int rows, int length)
    {
        var pitch = RowMatrix.Padded(length);
        if (pitch >= LongRow)
            pitch += LineBytes / sizeof(double);
        var array = Allocate(rows * pitch, out var start);
        return [.. Enumerable.Range(0, rows).Select(row => new AlignedRow(length, array, start + row * pitch))];
    }

    /// <summary>Doubles in the row.</summary>
    public int Length { get; }

    /// <summary>The row.</summary>
    public Span<double> Span
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _array.AsSpan(_start, Length);
    }

    /// <summary>Adds its memory to what a pod's row touches.</summary>
    public void AddTo(WorkingSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        AddTo(set, Length);
    }

    /// <summary>Adds the first <paramref name="count"/> values alone, and before a block's first row, or a row by itself, the line with the array's length.</summary>
    internal void AddTo(WorkingSet set, int count)
    {
        if (_array is null || count == 0)
            return;
        var before = _start < LineBytes / sizeof(double) ? LineBytes : 0;
        set.Add(Marshal.UnsafeAddrOfPinnedArrayElement(_array, _start) - before, count * sizeof(double) + before);
    }

    /// <summary>One value.</summary>
    public ref double this[int index] => ref _array.AsSpan(_start, Length)[index];

    private static double[] Allocate(int length, out int start)
    {
        var array = GC.AllocateArray<double>(length + LineBytes / sizeof(double) - 1, pinned: true);
        var past = (int)(Marshal.UnsafeAddrOfPinnedArrayElement(array, 0) % LineBytes);
        start = past == 0 ? 0 : (LineBytes - past) / sizeof(double);
        return array;
    }

    /// <summary>The row as a span.</summary>
    public static implicit operator Span<double>(AlignedRow row) => row.Span;

    /// <summary>The row as a span for reading.</summary>
    public static implicit operator ReadOnlySpan<double>(AlignedRow row) => row.Span;
}
