using MicroView.Protocol;

namespace MicroView.Client;

/// <summary>Observations counted in buckets, and their sum; for any number of threads.</summary>
public sealed class Histogram : Metric
{
    private readonly BucketBounds _bounds;
    private SlotCell[] _buckets = [];
    private SlotCell _sum;
    private int _mask;

    internal Histogram(MetricIdentity identity) : base(identity) => _bounds = new(identity.Info?.Bounds ?? DefaultBounds);

    /// <summary>Bounds for durations in seconds, from 5 ms to 10 s: those that .NET itself and OpenTelemetry use.</summary>
    public static IReadOnlyList<double> DefaultBounds { get; } =
        [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    /// <summary>Inclusive upper bounds of the buckets, without the last, which is +Inf.</summary>
    public IReadOnlyList<double> Bounds => _bounds.Values;

    /// <summary>The sum of the observations.</summary>
    public double Sum => Counter.Sum(_sum, _mask + 1);

    /// <summary>The number of observations.</summary>
    public double Count
    {
        get
        {
            var count = 0.0;
            for (var bucket = 0; bucket < _buckets.Length; bucket++)
                count += CountIn(bucket);
            return count;
        }
    }

    /// <summary>Observations in one bucket, not cumulated.</summary>
    /// <param name="bucket">0 to the number of bounds, which is the bucket of +Inf; any other has none.</param>
    public double CountIn(int bucket) =>
        (uint)bucket < (uint)_buckets.Length ? Counter.Sum(_buckets[bucket], _mask + 1) : 0;

    /// <summary>Records an observation; a non-finite one is ignored.</summary>
    public void Record(double value)
    {
        if (!double.IsFinite(value))
            return;
        var buckets = _buckets;
        var bucket = _bounds.Find(value);
        if ((uint)bucket >= (uint)buckets.Length)
            return;
        var stripe = ThreadStripe.Place & _mask;
        if (!buckets[bucket].TryAdd(1, stripe))
            Counter.AddElsewhere(buckets[bucket], 1, _mask);
        if (!_sum.TryAdd(value, stripe))
            Counter.AddElsewhere(_sum, value, _mask);
    }

    internal override SlotDescriptor[] Describe() =>
        [.. _bounds.Values.Select(bound => Descriptor(SlotRole.Bucket, bound)), Descriptor(SlotRole.Bucket), Descriptor(SlotRole.Sum)];

    private protected override void Bind(SlotCell[] cells, int stripes)
    {
        (_sum, _mask) = (cells[^1], stripes - 1);
        _buckets = cells[..^1];
    }
}
