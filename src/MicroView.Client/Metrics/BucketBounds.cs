using System.Runtime.Intrinsics;

namespace MicroView.Client;

/// <summary>Rising bounds of buckets, and the search for the bucket of a value. Immutable.</summary>
internal sealed class BucketBounds
{
    private const int Lanes = 4, MaxScanned = 64; // beyond that, halving costs less than comparing with all

    private readonly double[] _padded;

    internal BucketBounds(IReadOnlyList<double> values)
    {
        Values = [.. values];
        _padded = new double[(Values.Length + Lanes - 1) / Lanes * Lanes];
        _padded.AsSpan().Fill(double.PositiveInfinity);
        Values.CopyTo(_padded.AsSpan());
    }

    internal double[] Values { get; }

    /// <summary>Null, or what is wrong with bounds that a caller gave.</summary>
    internal static string? Check(IReadOnlyList<double>? values)
    {
        for (var i = 0; i < values?.Count; i++)
        {
            if (!double.IsFinite(values[i]))
                return $"bound {i} is {values[i]}; bounds are finite, the bucket of +Inf comes by itself";
            if (i > 0 && values[i] <= values[i - 1])
                return $"bound {i} ({values[i]}) does not rise above bound {i - 1} ({values[i - 1]})";
        }
        return null;
    }

    /// <summary>How many bounds are below the value: its bucket, since bounds are inclusive.</summary>
    internal int Find(double value)
    {
        if (_padded.Length > MaxScanned)
            return Halve(value);
        ReadOnlySpan<double> bounds = _padded;
        var below = Vector256<long>.Zero;
        var wanted = Vector256.Create(value);
        for (; bounds.Length >= Lanes; bounds = bounds[Lanes..])
            below -= Vector256.GreaterThan(wanted, Vector256.Create(bounds)).AsInt64(); // a lane of -1 each
        return (int)Vector256.Sum(below);
    }

    private int Halve(double value)
    {
        var (low, high) = (0, Values.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (Values[middle] < value)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
