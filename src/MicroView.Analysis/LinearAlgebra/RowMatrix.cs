namespace MicroView.Analysis;

/// <summary>
/// Rows of equal width in one array, each padded with zeros to a multiple of eight doubles, which is the form in which
/// detectors take rows. Grows by appending. Not thread-safe.
/// </summary>
public sealed class RowMatrix
{
    private double[] _data;

    /// <summary>An empty matrix of rows of <paramref name="dimension"/> values.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="dimension"/> is less than 1.</exception>
    public RowMatrix(int dimension, int capacity = 16)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        Dimension = dimension;
        Stride = Padded(dimension);
        _data = new double[capacity * Stride];
    }

    /// <summary>Values per row.</summary>
    public int Dimension { get; }

    /// <summary>Doubles from one row to the next: <see cref="Dimension"/> rounded up to a multiple of eight.</summary>
    public int Stride { get; }

    /// <summary>Rows held.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// The padded row <paramref name="index"/>, <see cref="Stride"/> long; what lies beyond <see cref="Dimension"/> is 0.
    /// </summary>
    public Span<double> this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            return _data.AsSpan(index * Stride, Stride);
        }
    }

    /// <summary><paramref name="dimension"/> rounded up to a multiple of eight, the widest vector in doubles.</summary>
    public static int Padded(int dimension) => (dimension + 7) & ~7;

    /// <summary>Appends a copy of <paramref name="row"/> (at least <see cref="Dimension"/> long; the rest is ignored).</summary>
    public void Add(ReadOnlySpan<double> row)
    {
        if ((Count + 1) * Stride > _data.Length)
            Array.Resize(ref _data, Math.Max(Count + 1, Count + Count / 2 + 8) * Stride);
        row[..Dimension].CopyTo(_data.AsSpan(Count * Stride));
        Count++;
    }

    /// <summary>Keeps rows 0, 2, 4, …: halves the matrix and leaves it spread evenly over the same stretch of time.</summary>
    internal void DropEverySecond()
    {
        var kept = (Count + 1) / 2;
        for (var i = 1; i < kept; i++)
            this[2 * i].CopyTo(this[i]);
        Count = kept;
    }
}
