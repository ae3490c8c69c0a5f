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
    private readonly double[] _array;
    private readonly int _start;

    /// <summary>A row of <paramref name="length"/> doubles.</summary>
    public AlignedRow(int length)
    {
        Length = length;
        _array = GC.AllocateArray<double>(length + LineBytes / sizeof(double) - 1, pinned: true);
        var past = (int)(Marshal.UnsafeAddrOfPinnedArrayElement(_array, 0) % LineBytes);
        _start = past == 0 ? 0 : (LineBytes - past) / sizeof(double);
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
        set.Add(_array);
    }

    /// <summary>One value.</summary>
    public ref double this[int index] => ref _array.AsSpan(_start, Length)[index];

    /// <summary>The row as a span.</summary>
    public static implicit operator Span<double>(AlignedRow row) => row.Span;

    /// <summary>The row as a span for reading.</summary>
    public static implicit operator ReadOnlySpan<double>(AlignedRow row) => row.Span;
}
