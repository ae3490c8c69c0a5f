namespace MicroView.Analysis;

/// <summary>
/// Count, mean and standard deviation per column, in its unit; one pass, numerically stable. Merges. Non-finite values are missing. Not thread-safe.
/// <para>Source: Welford, Technometrics 1962; merging by Chan, Golub and LeVeque, COMPSTAT 1982.</para>
/// </summary>
public sealed class RunningStatistics(int dimension)
{
    private readonly long[] _count = new long[dimension];
    private readonly double[] _mean = new double[dimension];
    private readonly double[] _squares = new double[dimension];
    private readonly bool[] _fraction = new bool[dimension];

    /// <summary>Adds a row; <paramref name="row"/> holds at least one value per column.</summary>
    public void Add(ReadOnlySpan<double> row)
    {
        for (var i = 0; i < _mean.Length; i++)
        {
            var value = row[i];
            if (!double.IsFinite(value))
                continue;
            var delta = value - _mean[i];
            _mean[i] += delta / ++_count[i];
            _squares[i] += delta * (value - _mean[i]);
            _fraction[i] |= value != Math.Floor(value);
        }
    }

    /// <summary>Adds all rows that <paramref name="other"/> has seen.</summary>
    /// <exception cref="ArgumentException">The number of columns differs.</exception>
    public void Merge(RunningStatistics other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Dimension != Dimension)
            throw new ArgumentException($"The other statistics are of {other.Dimension} columns, these of {Dimension}.", nameof(other));
        for (var i = 0; i < _mean.Length; i++)
        {
            if (other._count[i] == 0)
                continue;
            var count = _count[i] + other._count[i];
            var delta = other._mean[i] - _mean[i];
            var part = other._count[i] / (double)count;
            _squares[i] += other._squares[i] + delta * delta * _count[i] * part;
            _mean[i] += delta * part;
            _count[i] = count;
            _fraction[i] |= other._fraction[i];
        }
    }

    /// <summary>Columns.</summary>
    public int Dimension => _mean.Length;

    /// <summary>Finite values seen in column <paramref name="index"/>.</summary>
    public long Count(int index) => _count[index];

    /// <summary>Mean of column <paramref name="index"/>; 0 without values.</summary>
    public double Mean(int index) => _mean[index];

    /// <summary>Population standard deviation (divisor n, as numpy's std) of column <paramref name="index"/>; 0 without values.</summary>
    public double Deviation(int index) => _count[index] == 0 ? 0 : Math.Sqrt(_squares[index] / _count[index]);

    /// <summary>Whether all finite values of column <paramref name="index"/> were whole numbers.</summary>
    public bool IsWhole(int index) => _count[index] > 0 && !_fraction[index];
}
